"""Measure what a model gives away and who wrote a text; label what was made."""
