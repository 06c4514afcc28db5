"""A probabilistic grammar whose entropy is known exactly."""

from helpers.grammar.grammar import Grammar

__all__ = ["Grammar"]
