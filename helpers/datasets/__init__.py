"""The one door to every dataset of the course: find, verify, read."""

from helpers.datasets.loading import Dataset, DatasetUnavailable, catalogue, load

__all__ = ["Dataset", "DatasetUnavailable", "catalogue", "load"]
