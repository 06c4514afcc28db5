"""Find drug, dose and frequency in a note by rules: a list of drugs, and patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from helpers.checks import require_text

Span = tuple[str, int, int]  # kind, first character, place after the last one

WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]|_")
MARKS = {"{": ("DRUG", "}"), "<": ("DOSE", ">"), "[": ("FREQ", "]")}
COUNT = r"(?:\d+(?:[.,/]\d+)*|one|two|three|four|half an?|an?)"
UNIT = (
    r"(?:mg|mcg|micrograms?|g|ml|cm|units?|iu|tabs?|tablets?|capsules?|puffs?|drops?"
    r"|sachets?|sprays?|fingertip|layer|pea-sized)"
)
DOSE = re.compile(
    rf"\b{COUNT}(?:\s?(?:-|or)\s?{COUNT})?\s?(?:thin )?{UNIT}\b(?:/5 ml)?"
    r"|\b(?:one|two|half)\b(?=[ ,]*(?:\d-?hourly|\d hourly|each|every|in the|on))",
    re.I,
)
DAY = (
    r"(?:mornings?|evenings?|nights?|days?|weeks?|months?|years?|fortnights?|\d+ h\b"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|workdays?)"
)
NUMBER = r"(?:\d+|two|three|four|six)"
TIMES = rf"(?:once|twice|thrice|{NUMBER}(?: ?x| times| nights)|{NUMBER}(?= an? ))"
OFTEN = rf"(?:up to |maybe |not more than )?{TIMES} ?(?:an?|in|/|per|each)? ?"
FREQUENCY = re.compile(
    rf"\b{OFTEN}(?:{DAY}|daily|weekly|nightly|monthly|hourly)\b"
    r"|\b\d+(?:-\d+)?[- ]hourly\b|\bq ?\d+ ?h\b|\b\d-\d-\d\b|\bx ?\d daily\b"
    r"|(?<!min )\b(?:daily|nightly|weekly|hourly|nocte|mane|teatime|stat|prn|sos)\b"
    rf"|\b(?:every|each) (?:(?:{NUMBER}|other|second|third) )?(?:{DAY}|hours?)\b"
    r"|\b(?:only )?(?:in the|at|on|before|after|with) (?:the )?(?:alternate |main )?"
    rf"(?:{DAY}"
    r"|bedtime|noon|night|onset|waking|demand|\d ?[ap]m|breakfast|meals?|food|supper"
    r"|lunch|exercise)\b"
    r"|\b(?:o\.d\.|b\.d\.|b\.i\.d\.|t\.d\.s\.)|\b(?:od|bd|bid|tds|tid|qds)\b"
    r"|\bas (?:needed|required)\b|\b(?:when|if) (?:wheezy|agitated|needed|required)\b"
    r"|\bmorning and evening\b|\balternate days\b|\bmornings\b",
    re.I,
)
REACH = 45  # a frequency stands at most so many characters behind a drug or a dose


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
        found += [("DOSE", m.start(), m.end()) for m in DOSE.finditer(text)]
        ends = [end for _, _, end in found]
        for match in FREQUENCY.finditer(text):  # "walks twice a day" is none
            if any(0 <= match.start() - end <= REACH for end in ends):
                found.append(("FREQ", match.start(), match.end()))
        return sorted(found, key=lambda span: span[1:])

    def tag(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the IOB2 tags of each note's words.

        Args:
            texts: Notes.
        """
        return [tags_of(text, self.spans(text)) for text in texts]
