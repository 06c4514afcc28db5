"""Lesson 24's studio: chorales, copy, an adventure and clips."""
