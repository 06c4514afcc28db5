"""Does a passage support all that an answer says? A strict check by sentences."""

from __future__ import annotations

import re

from helpers.text.checking.claims import NUMBER, sentences
from helpers.text.reading.questions import EMPTY

WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
NEGATIVE = re.compile(
    r"\b(?:not?|never|nothing|cannot|neither|nor|none)\b|n['’]t\b", re.I
)
FREE = EMPTY | frozenset(  # words that promise nothing
    "able according also both case does following have here however including once"
    " only passage question says soon take takes through until when which while within"
    " yourself their there those each used using".split()
)
STRICT = frozenset(  # small words that change what a sentence says
    "only once until within while each both no not yes some most any all".split()
)


def stem(word: str) -> str:
    """Cut the endings that a verb or noun changes by; "returned" gives "return".

    Args:
        word: One word.
    """
    word = word.lower().replace("’", "'").removesuffix("'s")
    for ending in (
        "ations",
        "ation",
        "ings",
        "ing",
        "ies",
        "ied",
        "ed",
        "es",
        "s",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word.removesuffix("y") if len(word) > 4 else word


def _stems(text: str) -> set[str]:
    """Return the stems of a text's words, and its numbers."""
    return {stem(word) for word in WORD.findall(text)} | set(NUMBER.findall(text))


def _units(text: str) -> set[tuple[str, str]]:
    """Return each number with the word behind it."""
    pairs = re.findall(r"(\d+(?:[.:,]\d+)*)\W{0,2}([A-Za-z]+)", text)
    return {(number, stem(word)) for number, word in pairs if word.lower() not in EMPTY}


def unsupported_in(answer: str, passage: str, question: str = "") -> list[str]:
    """Return what an answer says and no single sentence of the passage does.

    Each sentence of the answer has to take its words from one sentence of the passage,
    or from the question; its numbers with their units from the passage; and it may
    only deny where that sentence denies. The check is strict: it refuses many answers
    that are right in other words. It cannot see that words of one sentence have been
    put into another order, or that the passage does not answer the question.

    Args:
        answer: What is checked.
        passage: What it has to rest on.
        question: Its words may be used, its numbers not.

    Returns:
        The faults in words; none if the answer is supported.
    """
    faults = [] if answer.strip() else ["says nothing"]
    if re.search(r"[\[\]{}<>#*_|@]|https?:|www\.", answer):
        faults.append("markup or an address")
    parts = sentences(passage)
    asked = {one for one in _stems(question) if not NUMBER.fullmatch(one)}
    for sentence in sentences(answer.strip()):
        faults += min((_faults(sentence, part, asked) for part in parts), key=len)
    return faults


def _faults(sentence: str, part: str, asked: set[str]) -> list[str]:
    """Compare one sentence of the answer with one of the passage."""
    said, known = _stems(sentence), _stems(part)
    free = {stem(word) for word in FREE} - {stem(word) for word in STRICT}
    faults = [f"says {one!r}" for one in sorted(said - known - asked - free)]
    faults += [f"number {one!r}" for one in sorted(said - known) if one[0].isdigit()]
    faults += [
        f"unit {' '.join(one)}" for one in sorted(_units(sentence) - _units(part))
    ]
    if not (said & known) - asked - free:
        faults.append("only repeats the question")
    if bool(NEGATIVE.search(sentence)) != bool(NEGATIVE.search(part)):
        faults.append("denies where the passage does not, or the other way round")
    return faults
