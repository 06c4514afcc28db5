"""Metrics, thin over the libraries that define them."""
