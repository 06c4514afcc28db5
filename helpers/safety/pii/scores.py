"""Precision and recall of a filter for personal data."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.metrics.intervals import wilson_interval
from helpers.safety.pii.filter import KINDS, Found


def core(text: str, span: Found) -> Found:
    """Return a span without the punctuation at its ends; the end is inclusive.

    Args:
        text: The text.
        span: (kind, start, end) in it, end exclusive.
    """
    kind, start, end = span
    signs = [i for i in range(start, end) if text[i].isalnum()]
    return (kind, signs[0], signs[-1]) if signs else span


def score(
    texts: Sequence[str], marked: Sequence[Sequence[Found]], found: Sequence
) -> dict[str, dict]:
    """Compare what was found with what is marked.

    A find is right if kind, first and last letter or digit agree: half a number is
    wrong twice, as a false alarm and as a miss.

    Args:
        texts: The texts.
        marked: For each text its (kind, start, end).
        found: The same, as the filter gives them.

    Returns:
        For each kind and for "all": precision and recall, each an `Interval`
        (Wilson, 95 %; None if there is nothing to divide by), and the counts
        right, found, marked.
    """
    rows = list(zip(texts, marked, found, strict=True))
    wanted = {(i, *core(t, s)) for i, (t, m, _) in enumerate(rows) for s in m}
    given = {(i, *core(t, s)) for i, (t, _, f) in enumerate(rows) for s in f}
    table = {}
    for name in (*KINDS, "all"):
        a, b = (
            {one for one in some if name in ("all", one[1])} for some in (wanted, given)
        )
        right = len(a & b)
        table[name] = {
            "precision": wilson_interval(right, len(b)) if b else None,
            "recall": wilson_interval(right, len(a)) if a else None,
            "right": right, "found": len(b), "marked": len(a),
        }  # fmt: skip
    return table
