"""A filter for personal data: find them, hide them, and score what was found."""

from helpers.safety.pii.filter import KINDS, STEPS, find, redact
from helpers.safety.pii.scores import core, score

__all__ = ["KINDS", "STEPS", "core", "find", "redact", "score"]
