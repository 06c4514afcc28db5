"""Find drug, dose and frequency in a note by rules: a list of drugs, and patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from helpers.checks import require_text

Span = tuple[str, int, int]  # kind, first character, place after the last one

WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]|_")
MARKS = {"{": ("DRUG", "}"), "<": ("DOSE", ">"), "[": ("FREQ", "]")}
COUNT = r"(?:\d+(?:[.,]\d+)?|one|two|three|four|half an?|an?)"
UNIT = (
    r"(?:mg|mcg|micrograms?|g|ml|units?|iu|tabs?|tablets?|capsules?|puffs?|drops?"
    r"|sachets?|sprays?)"
)
DOSE = re.compile(rf"\b{COUNT}(?:\s?(?:-|or)\s?{COUNT})?\s?{UNIT}\b", re.I)
TIMES = r"(?:once|twice|thrice|(?:\d|two|three|four|six) ?(?:times|x))"
DAY = r"(?:morning|evening|night|day|week|month|year)s?"
FREQUENCY = re.compile(
    r"\b(?:"
    rf"(?:up to )?{TIMES}(?: an?| in 24|/| per| each)? ?(?:{DAY}|daily|weekly|h\b)"
    r"|(?:once )?(?:daily|nightly|weekly|hourly)"
    rf"|(?:every|each) (?:(?:\d+|two|three|six|other|second|third) )?(?:{DAY}|hours|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|months)"
    r"|(?:in the|at) (?:mornings?|evenings?|night|bedtime|noon)"
    r"|[qbto]\.?[idn]\.?[dsn]?\.?(?=[\s,.;:)]|$)|[qt]ds|prn|nocte|mane|stat|sos"
    r"|q\d+h|\d+[- ]hourly|\d-\d-\d|as (?:needed|required)|on (?:alternate days|demand)"
    r"|(?:before|after|with) (?:breakfast|meals|food|supper|lunch)"
    r")",
    re.I,
)


def read_marks(line: str) -> tuple[str, list[Span]]:
    """Take the marks off a line: {a drug}, <a dose>, [a frequency].

    Args:
        line: A note with marks that do not nest.

    Returns:
        The plain text and its spans.

    Raises:
        ValueError: If a mark is not closed.

    Example:
        read_marks("{velatol} <5 mg>")  # "velatol 5 mg", [("DRUG", 0, 7), …]
    """
    text, spans, place = "", [], 0
    while place < len(line):
        if line[place] in MARKS:
            kind, close = MARKS[line[place]]
            end = line.find(close, place)
            if end < 0:
                raise ValueError(f"`read_marks` wants {close!r} in {line[place:]!r}")
            spans.append((kind, len(text), len(text) + end - place - 1))
            text, place = text + line[place + 1 : end], end + 1
        else:
            text, place = text + line[place], place + 1
    return text, spans


def note_words(text: str) -> list[tuple[str, int, int]]:
    """Cut a note into words, numbers and signs; "40mg" is two words.

    Args:
        text: Any text.

    Returns:
        (word, first character, place after the last one), in order.
    """
    found = WORD.finditer(require_text(text, "note_words"))
    return [(match[0], match.start(), match.end()) for match in found]


def tags_of(text: str, spans: Iterable[Span]) -> list[str]:
    """Write spans of characters as an IOB2 tag for each of the note's words.

    Args:
        text: The note.
        spans: Kinds and places; a word belongs to a span that it overlaps.
    """
    words = note_words(text)
    tags = ["O"] * len(words)
    for kind, start, end in spans:
        inside = [i for i, (_, a, b) in enumerate(words) if a < end and start < b]
        for i in inside:
            tags[i] = f"{'B' if i == inside[0] else 'I'}-{kind}"
    return tags


class Rules:
    """Find drugs by a list of names, doses and frequencies by patterns.

    Args:
        drugs: Known names, in any case.

    Example:
        Rules(["velatol"]).spans("Velatol 5 mg daily")
    """

    def __init__(self, drugs: Iterable[str]):
        self.drugs = {require_text(name, "Rules").casefold() for name in drugs}

    def spans(self, text: str) -> list[Span]:
        """Return what is found in a note, in the order of the text.

        Args:
            text: Any text.
        """
        found = [
            ("DRUG", start, end)
            for word, start, end in note_words(text)
            if word.casefold() in self.drugs
        ]
        for kind, pattern in (("DOSE", DOSE), ("FREQ", FREQUENCY)):
            found += [(kind, m.start(), m.end()) for m in pattern.finditer(text)]
        return sorted(found, key=lambda span: span[1:])

    def tag(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the IOB2 tags of each note's words.

        Args:
            texts: Notes.
        """
        return [tags_of(text, self.spans(text)) for text in texts]
