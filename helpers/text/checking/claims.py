"""Find what a short text claims and its source does not: numbers, names, promises."""

from __future__ import annotations

import re
from collections.abc import Iterable

WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
NUMBER = re.compile(r"\d+(?:[.:,]\d+)*")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'A-Z0-9])")
NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve dozen twenty thirty "
    "forty fifty hundred thousand million half double twice"
).split()
CLAIMS = (  # words that promise something: a brief has to say them first
    "award best certified cheapest clinically cure discount eco-friendly exclusive "
    "environmentally fastest free finest first guarantee guaranteed handmade heal "
    "healthy leather limited money-back natural new organic patented prize proven "
    "recycled safe sale save silver gold steel cotton silk sustainable titanium unique "
    "waterproof wooden world-class aluminium stainless plastic bpa-free dishwasher"
).split()
COLOURS = (
    "black white red green blue yellow orange purple pink brown grey silver".split()
)


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return WORD.findall(text.lower())


def sentences(text: str) -> list[str]:
    """Cut a text after each full stop, exclamation or question mark."""
    return SENTENCE.split(text)


def unsupported(text: str, known: set[str], banned: Iterable[str] = ()) -> list[str]:
    """Return banned words, and what a text claims that its source does not say.

    It looks at numbers, also in words, at names (capital letters inside a sentence),
    colours, and words that promise something. It cannot see an invented claim that is
    made of plain words.

    Args:
        text: the text, or one sentence of it.
        known: the source's words, in small letters, and its numbers.
        banned: words that must not be there, whatever the source says.
    """
    words = words_of(text)
    found = [f"banned word {word!r}" for word in banned if word.lower() in words]
    found += [f"number {n!r}" for n in NUMBER.findall(text) if n not in known]
    hyphened = re.findall(r"[a-z]+-[a-z]+", text.lower())
    listed = {*NUMBER_WORDS, *CLAIMS, *COLOURS} - known
    found += [f"claim {word!r}" for word in (*words, *hyphened) if word in listed]
    for sentence in sentences(text):
        inside = sentence.lstrip("\"'(")[1:]
        names = re.findall(r"\b[A-Z][a-z]+", inside)
        found += [f"name {name!r}" for name in names if name.lower() not in known]
    if re.search(r"[\[\]{}<>#*_|@]|https?:|www\.", text):
        found.append("markup, a place to fill in, or an address")
    return found
