"""Compose the steps of the filter: what one has found, the next do not see.

It adds to `helpers.text.scrubbing` Chinese identity numbers, accounts, dates of birth,
labelled names and odd spellings, and it looks at the words around a number. Ports and
prefix lengths stay outside of an address, civil titles outside of a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from helpers.checks import require_text
from helpers.safety.numbers import is_card
from helpers.safety.pii.accounts import ibans, odd_cards, resident_ids
from helpers.safety.pii.births import births
from helpers.safety.pii.context import is_other
from helpers.safety.pii.mails import mails
from helpers.safety.pii.names.latin import labelled_names
from helpers.safety.pii.phones import labelled_phones, odd_phones, with_extension
from helpers.safety.pii.servers import odd_addresses
from helpers.safety.pii.spoken import spoken_numbers
from helpers.text.plain import cover, plain_copy
from helpers.text.scrubbing import find_pii

Found = tuple[str, int, int]
KINDS = ("EMAIL", "PHONE", "ID", "CARD", "IBAN", "IP", "BIRTH", "NAME")


def basic_patterns(text: str) -> Iterator[Found]:
    """Find what `scrub_pii` of lesson 04 finds; a card only if it is an issuer's."""
    for kind, start, end in find_pii(text):
        digits = re.sub(r"\D", "", text[start:end])
        yield "NOBODY" if kind == "CARD" and not is_card(digits) else kind, start, end


STEPS = (
    mails,
    ibans,
    resident_ids,
    odd_cards,
    odd_addresses,
    births,
    spoken_numbers,
    labelled_phones,
    odd_phones,
    basic_patterns,
    labelled_names,
)


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
            end = with_extension(plain, end) if kind == "PHONE" else end
            spans.append((kind, start, end))
        placed = [(places[start], places[end]) for _, start, end in spans]
        for (kind, start, end), place in zip(spans, placed, strict=True):
            if kind in KINDS and not is_other(kind, plain, start, end):
                found.append((kind, *place))
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
