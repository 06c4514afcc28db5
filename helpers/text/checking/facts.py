"""Find names, numbers, dates and colours of a text that its source does not have.

The source is what the writer was given: a headline and facts, one a line, and the words
that the picture supports. The check knows forms, not meanings: it cannot see that a
name is right and in the wrong place, or that a plain word is untrue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

MONTHS = (
    "january february march april may june july august september october november "
    "december"
).split()
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
COLOURS = frozenset(
    "amber aquamarine azure beige black blond blue brown burgundy charcoal "
    "chestnut cream crimson cyan dark emerald fuchsia gold golden gray green "
    "grey indigo ivory jade khaki lavender-coloured light-colored light-coloured lilac "
    "lime magenta maroon mauve navy ochre olive orange pale pink purple red "
    "rust scarlet silver teal turquoise violet white yellow".split()
)
TITLES = frozenset("mr mrs ms miss dr professor mayor captain director".split())
FUNCTION = frozenset(
    "a about above after again all also although among an and another any anyone as at "
    "be because before below beside both but by can children did do each even every "
    "for from get he her here his how i if in inside into is it its just last later "
    "like many most my near next no nobody not nothing now of on once one only or our "
    "out over people said she since so some somebody someone still that the their then "
    "there these they this those through to today under until up was we were what when "
    "where which while who whoever why will with without would yes you your".split()
)
UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth "
    "twentieth"
).split()
MONTH = "|".join(month.capitalize() for month in MONTHS)
ORDINAL = "|".join(["thirtieth", *ORDINALS, *(f"thirty-{x}" for x in ORDINALS[:1])])
ORDINAL = "|".join([*(f"twenty-{x}" for x in ORDINALS[:9]), ORDINAL])
DAY = rf"\d{{1,2}}(?:st|nd|rd|th)?|{ORDINAL}"
DATE = re.compile(
    rf"\b(?:(?P<day>{DAY}) (?:of )?(?P<month>{MONTH})|"
    rf"(?P<month2>{MONTH}) (?:the )?(?P<day2>{DAY}))\b(?!%)"
)
LONE_MONTH = re.compile(
    rf"\b(?:in|of|by|until|since|from|next|last|early|late|mid|this) "
    rf"(?P<month>{MONTH})\b"
)
DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
SPELLED = re.compile(
    rf"\b(?:(?:{'|'.join([*UNITS, *TENS, 'hundred', 'thousand', 'million', 'dozen'])})"
    r"(?:[ -](?:and )?|\b))+",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?<=[.!?])[\"']?\s+|(?<=[.!?,:])\s+(?=\")|\n+")
CAPITAL = re.compile(r"[A-Z][\w]*(?:[-'][\w]+)*'?(?:[ ][A-Z][\w]*(?:[-'][\w]+)*'?)*")


class Finding(NamedTuple):
    """Something that a text says and its source does not.

    Attributes:
        kind: "name", "number", "date" or "colour".
        text: the words in question.
    """

    kind: str
    text: str


def invented(
    text: str,
    source: str,
    seen: Iterable[str] = (),
    ordinary: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Return what a text names, counts, dates or colours without support.

    Args:
        text: an article.
        source: what it was written from; facts stand on lines of their own.
        seen: words for what the picture shows, such as "dark".
        ordinary: words in small letters that may begin a sentence with a capital and
            are no names.

    Example:
        invented("Ida Voss saw 12 dark coats.", "person Ida Voss", ["dark"])
    """
    found, rest = _dates(text, source)
    found += _numbers(rest, _without_dates(source))
    found += _names(rest, source, ordinary | FUNCTION)
    supported = {word.lower() for word in (*re.findall(r"[\w-]+", source), *seen)}
    for word in re.findall(r"[a-z]+(?:-[a-z]+)*", text.lower()):
        parts = {word, *word.split("-")}
        if parts & COLOURS and not parts & COLOURS <= supported:
            found.append(Finding("colour", word))
    return found


def _dates(text: str, source: str) -> tuple[list[Finding], str]:
    """Return unsupported dates, and the text with all dates taken out."""
    known = {_day_and_month(match) for match in DATE.finditer(source)}
    months = {month for _, month in known}
    found = [
        Finding("date", match[0])
        for match in DATE.finditer(text)
        if _day_and_month(match) not in known
    ]
    rest = DATE.sub(" ", text)
    lone = [m for m in LONE_MONTH.finditer(rest) if m["month"].lower() not in months]
    found += [Finding("date", match["month"]) for match in lone]
    rest = re.sub(rf"\b(?:{MONTH})\b", " ", rest)
    for word in re.findall(r"\b[A-Z][a-z]+day\b", rest):
        if word.lower() in WEEKDAYS and word not in source:
            found.append(Finding("date", word))
    days = "|".join(day.capitalize() for day in WEEKDAYS)
    return found, re.sub(rf"\b(?:{days})\b", " ", rest)


def _day_and_month(match: re.Match) -> tuple[int, str]:
    """Return the day as a number and the month in small letters."""
    day = match["day"] or match["day2"]
    month = (match["month"] or match["month2"]).lower()
    digits = re.match(r"\d+", day)
    return (int(digits[0]) if digits else _ordinal_value(day)), month


def _ordinal_value(word: str) -> int:
    """Return the value of a spelled ordinal up to thirty-first."""
    if word in ORDINALS:
        return ORDINALS.index(word) + 1
    tens, _, unit = word.partition("-")
    whole = {"twenty": 20, "thirty": 30, "thirtieth": 30}[tens]
    return whole + (ORDINALS.index(unit) + 1 if unit else 0)


def _without_dates(source: str) -> str:
    """Return the source without its dates: their days support no number."""
    return DATE.sub(" ", source)


def _numbers(text: str, source: str) -> list[Finding]:
    """Return unsupported numbers, in digits or in words; a lone "one" is none."""
    known = {value for _, value in _all_numbers(source)}
    return [
        Finding("number", said)
        for said, value in _all_numbers(text)
        if value not in known and said.lower() != "one"
    ]


def _all_numbers(text: str) -> list[tuple[str, float]]:
    """Return every number of a text, as written and as a value."""
    found = []
    for said in DIGITS.findall(text):
        plain = re.sub(r",(?=\d{3}\b)", "", said).replace(",", ".")
        found.append((said, float(plain) if plain.count(".") < 2 else float("nan")))
    for match in SPELLED.finditer(text):
        said = re.sub(r"[ -](?:and )?$", "", match[0])
        found.append((said, float(spelled_value(said))))
    return found


def spelled_value(words: str) -> int:
    """Return the value of a number in words: "two hundred and six" is 206."""
    total = current = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in UNITS:
            current += UNITS.index(word)
        elif word in TENS:
            current += 20 + 10 * TENS.index(word)
        elif word in ("hundred", "dozen"):
            current = max(current, 1) * (100 if word == "hundred" else 12)
        elif word in ("thousand", "million"):
            scale = 1_000 if word == "thousand" else 1_000_000
            total, current = total + max(current, 1) * scale, 0
    return total + current


def _names(text: str, source: str, ordinary: frozenset[str]) -> list[Finding]:
    """Return runs of capitalised words that stand on no line of the source."""
    lines = _lines(source)
    found = []
    for sentence in SENTENCE.split(text):
        sentence = sentence.strip(" \"'(“”")
        for match in CAPITAL.finditer(sentence):
            words = [_bare(word) for word in match[0].split()]
            words = [word for word in words if word.lower() not in TITLES]
            starts = match.start() == 0 or sentence[match.start() - 1] in "\"'“("
            if starts and words and not _stands(words, lines):
                words = words[_begins(words, ordinary) :]
            if words and words != ["I"] and not _stands(words, lines):
                found.append(Finding("name", " ".join(words)))
    return found


def _begins(words: list[str], ordinary: frozenset[str]) -> bool:
    """Tell whether the first word has its capital only because it begins a sentence."""
    word = words[0].lower()
    if word in ordinary or word.removesuffix("s") in ordinary:
        return True
    return len(words) == 1 and word.endswith(("ing", "ed"))


@cache
def _lines(source: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of each line of a source."""
    return tuple(
        tuple(_bare(word) for word in re.findall(r"[\w'’-]+", line))
        for line in source.splitlines()
    )


def _bare(word: str) -> str:
    """Return a word without a possessive or a closing apostrophe."""
    return re.sub(r"['’](?:s|m|ll|ve|d|re)?$", "", word)


def _stands(words: list[str], lines: tuple[tuple[str, ...], ...]) -> bool:
    """Tell whether words stand side by side on a line."""
    size, wanted = len(words), tuple(words)
    return any(line[i : i + size] == wanted for line in lines for i in range(len(line)))
