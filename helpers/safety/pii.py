"""A filter for personal data: find them, hide them, and score what was found.

It adds to `helpers.text.scrubbing` Chinese identity numbers, accounts, dates of birth,
labelled names and odd spellings, and it looks at the words before a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from helpers.checks import require_text
from helpers.metrics.intervals import wilson_interval
from helpers.safety import pii_patterns as patterns
from helpers.text.plain import cover, plain_copy
from helpers.text.scrubbing import find_pii

Found = tuple[str, int, int]
KINDS = ("EMAIL", "PHONE", "ID", "CARD", "IBAN", "IP", "BIRTH", "NAME")

STEPS = (
    patterns.odd_mails,
    patterns.ibans,
    patterns.resident_ids,
    patterns.births,
    patterns.labelled_phones,
    find_pii,
    patterns.odd_phones,
    patterns.labelled_names,
)
# Words that say what a number is, if it is no personal datum.
_OTHER = {
    "IP": r"version|firmware|patch|update|clause|chapter|section|deploy|release|tag|"
    r"第|版本|条|\bv",
    "CARD": r"order|booking|tracking|serial|parcel|pass|订单|单号|流水|编号|回执",
    "PHONE": r"order|customer no|booking|serial|invoice|model|meeting id|\bno\b|订单"
    r"|单号|流水|编号|会员号|群号|会议号|案号|保单号|门诊号",
}
_NOBODYS = re.compile(r"(?:127|0|255)\.|(?:1\.1\.1\.1|8\.8\.8\.8|1\.2\.3\.4)\b")


def _other(kind: str, text: str, start: int, end: int) -> bool:
    """Tell whether the words before a number, or itself, say it is nobody's."""
    if kind == "IP" and (
        _NOBODYS.match(text, start) or re.search(r"/(?!32$|128$)\d+$", text[start:end])
    ):
        return True
    if kind == "PHONE" and re.search(r"\d[ -]$", text[:start]):
        return True  # the middle of a longer number
    words = _OTHER.get(kind)
    before = re.split(r"[.;。；!！?？]\s", text[max(0, start - 24) : start])[-1]
    return bool(words and re.search(rf"(?:{words})[^,，(（]*$", before, re.IGNORECASE))


def find(text: str, steps: Sequence[Callable] = STEPS) -> list[Found]:
    """Find personal data in a text.

    Args:
        text: Any text, of a note's length or longer.
        steps: What to look for, in this order; what one has found, the next do not see.

    Returns:
        (kind, start, end), end exclusive, in the order of the text; the kinds are
        those of `KINDS`.

    Raises:
        ValueError: If `text` is not a str or not valid Unicode.

    Example:
        >>> find("born 12 May 1961")
        [('BIRTH', 5, 16)]
    """
    rest, found = require_text(text, "find"), []
    for step in steps:
        plain, places = plain_copy(rest)
        spans: list[Found] = []
        for kind, start, end in sorted(step(plain), key=lambda one: one[1]):
            if end - start < 2 or spans and spans[-1][2] > start:
                continue
            spans.append((kind, start, end))
        placed = [(places[start], places[end]) for _, start, end in spans]
        for (kind, start, end), place in zip(spans, placed, strict=True):
            if kind in KINDS and not _other(kind, plain, start, end):
                prefix = re.search(r"/\d+$", plain[start:end]) if kind == "IP" else None
                found.append(
                    (kind, place[0], place[1] - len(prefix[0] if prefix else ""))
                )
        rest = cover(rest, placed)
    return sorted(found, key=lambda one: one[1])


def redact(text: str) -> str:
    """Replace personal data by ``<KIND>``.

    Args:
        text: Any text.

    Returns:
        The text, all else unchanged. It is redacted, not anonymous: names and places
        in running text stay.
    """
    pieces, last = [], 0
    for kind, start, end in find(text):
        pieces += [text[last:start], f"<{kind}>"]
        last = end
    return "".join([*pieces, text[last:]])


def _core(text: str, span: Found) -> tuple[str, int, int]:
    """Return a span without the punctuation at its ends."""
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
    wanted = {(i, *_core(t, s)) for i, (t, m, _) in enumerate(rows) for s in m}
    given = {(i, *_core(t, s)) for i, (t, _, f) in enumerate(rows) for s in f}
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
