"""What comes in: level it, tell its script, and keep instructions out of passages."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from helpers.checks import require_text

LONGEST = 500  # characters of a message that are read
ORDERS_A_MODEL = re.compile(
    r"\b(?:assistant|system prompt|prompt|instructions?|to the model|language model)\b"
    r"|\bignore (?:the|all|any|previous)\b|</?\w+>|<\||\b[a-z]+_[a-z]+\b"
    r"|\bfrom now on\b|\breveal|\bstaff code\b",
    re.I,
)


def clean(text: str, most: int = LONGEST) -> str:
    """Level a message: one form for each letter, no invisible signs, not too long.

    Args:
        text: Any text.
        most: Characters that are kept.
    """
    text = unicodedata.normalize("NFKC", require_text(text, "clean")[: 4 * most])
    kept = [c if c.isprintable() else " " if c.isspace() else "" for c in text]
    return " ".join("".join(kept).split())[:most].strip()


def script(text: str) -> str:
    """Return "latin", "han", "other", "mixed" or "none" for a text's letters.

    "mixed" is a word with letters of Latin and another alphabet, as look-alikes have.

    Args:
        text: Any text.
    """
    kinds: Counter[str] = Counter()
    for word in re.findall(r"[^\W\d_]+", require_text(text, "script")):
        found = {_kind(char) for char in word}
        if {"latin", "other"} <= found:
            return "mixed"
        kinds.update(_kind(char) for char in word)
    return kinds.most_common(1)[0][0] if kinds else "none"


def _kind(char: str) -> str:
    """Return the kind of a letter by its Unicode name."""
    name = unicodedata.name(char, "")
    return "latin" if "LATIN" in name else "han" if name.startswith("CJK") else "other"


def commands(passage: str) -> list[str]:
    """Return the words of a passage that speak to a model instead of a customer.

    Such a passage is kept out until a person has read it. The list catches careless
    attacks only: a false fact in plain words passes.

    Args:
        passage: Text that somebody wants to put into the knowledge base.
    """
    return [match[0] for match in ORDERS_A_MODEL.finditer(passage)]
