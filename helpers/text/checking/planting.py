"""Plant errors in true articles, and reword them truly, to test a checker.

These rules are their own: they take names from other stories, spell numbers with other
tables and know other colours than `helpers.text.checking.facts`, so that a checker is
not tested on what it was written from.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from helpers.text.stories import MONTHS_IN_ORDER as MONTHS

ONES = dict(
    enumerate(
        "nought one two three four five six seven eight nine ten eleven twelve "
        "thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
    )
)
DECADES = {
    20: "twenty",
    30: "thirty",
    40: "forty",
    50: "fifty",
    60: "sixty",
    70: "seventy",
    80: "eighty",
    90: "ninety",
}
SHADES = (
    "crimson olive turquoise beige scarlet lilac mustard emerald cherry-red sky-blue "
    "ochre khaki bottle-green snow-white"
).split()


class Planted(NamedTuple):
    """An article with one change.

    Attributes:
        text: the changed article.
        error: the words that are wrong now; "" if the change is true.
        rule: the rule's name.
        source: which of the articles it was.
    """

    text: str
    error: str
    rule: str
    source: int


def spell(number: int) -> str:
    """Return a number below 1,000 in words."""
    if number >= 100:
        rest = f" and {spell(number % 100)}" if number % 100 else ""
        return f"{ONES[number // 100]} hundred{rest}"
    if number < 20:
        return ONES[number]
    tail = f"-{ONES[number % 10]}" if number % 10 else ""
    return DECADES[number // 10 * 10] + tail


def _swap(key: str) -> Callable:
    """Return a rule that puts another story's fact in the place of this one's."""

    def rule(text, facts, others, rng):
        mine = facts[key]
        new = [other[key] for other in others if other[key] not in mine + text]
        new = rng.choice(new) if new else ""
        return text.replace(mine, new or mine), new

    return rule


def _half_person(which: int) -> Callable:
    """Return a rule that changes the first name (0) or the surname (1) only."""

    def rule(text, facts, others, rng):
        parts = facts["person"].split()
        new = rng.choice([o["person"].split()[which] for o in others])
        if new == parts[which]:
            new = "Wolfhart"
        parts[which] = new
        return text.replace(facts["person"], " ".join(parts)), new

    return rule


def _digit(text, facts, others, rng):
    """Change a digit of the number."""
    old = facts["number"]
    place = rng.randrange(len(old))
    digit = rng.choice([d for d in "123456789" if d != old[place]])
    new = old[:place] + digit + old[place + 1 :]
    return text.replace(f" {old} ", f" {new} "), new


def _digit_more(text, facts, others, rng):
    """Put a digit behind the number."""
    new = facts["number"] + rng.choice("0123456789")
    return text.replace(f" {facts['number']} ", f" {new} "), new


def _spelled_wrong(text, facts, others, rng):
    """Spell another number out."""
    new = spell((int(facts["number"]) + rng.randrange(2, 90)) % 997 + 2)
    return text.replace(f" {facts['number']} ", f" {new} "), new


def _other_day(text, facts, others, rng):
    """Change the day of the date."""
    day, month = facts["date"].split()
    new = f"{(int(day) + rng.randrange(1, 20)) % 28 + 1} {month}"
    return text.replace(facts["date"], new), new if new != facts["date"] else ""


def _other_month(text, facts, others, rng):
    """Change the month of the date, and how the date is written."""
    day, month = facts["date"].split()
    new = f"{MONTHS[(MONTHS.index(month) + rng.randrange(1, 12)) % 12]} {day}"
    return text.replace(facts["date"], new), new


def _weekday(text, facts, others, rng):
    """Add a day of the week to the date."""
    day = rng.choice(["Monday", "Thursday", "Sunday"])
    return text.replace(facts["date"], f"{day}, {facts['date']}"), day


def _shade(text, facts, others, rng):
    """Give the thing a colour."""
    new = rng.choice(SHADES)
    return text.replace(f"{facts['tone']} ", f"{new} ", 1), new


def _wrong_tone(text, facts, others, rng):
    """Call a dark thing pale, or a pale one dark."""
    new = {"dark": "pale", "pale": "dark"}[facts["tone"]]
    return text.replace(f"{facts['tone']} ", f"{new} "), new


def _witness(text, facts, others, rng):
    """Add a sentence about somebody who is in no source."""
    new = rng.choice(others)["person"]
    if new == facts["person"]:
        new = "Wolfhart Zander"
    added = rng.choice(
        [f"{new} agreed.", f"Nobody laughed more than {new}.", f'"True," said {new}.']
    )
    return f"{text} {added}", new


def _ordinal(day: int) -> str:
    """Return 1st, 2nd, 3rd, 4th …"""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(0 if 10 < day < 20 else day % 10, "th")
    return f"{day}{ending}"


def _true_date(text, facts, others, rng):
    """Write the date another way."""
    day, month = facts["date"].split()
    ways = [f"{month} {day}", f"the {_ordinal(int(day))} of {month}", f"{month} the "]
    ways[2] += _ordinal(int(day))
    return text.replace(facts["date"], rng.choice(ways)), ""


def _true_number(text, facts, others, rng):
    """Spell the number out."""
    new = spell(int(facts["number"]))
    return text.replace(f" {facts['number']} ", f" {new} "), ""


def _short_name(text, facts, others, rng):
    """Call the person by the surname, with or without a title."""
    last = facts["person"].split()[1]
    new = rng.choice([last, f"Mr {last}", f"Ms {last}", f"{last}'s neighbour"])
    return text.replace(facts["person"], new), ""


def _moved_name(text, facts, others, rng):
    """Begin a sentence with the person or the place."""
    added = [
        f"{facts['person']} laughed.",
        f"{facts['city']}'s council said nothing.",
        f"{facts['city']} has talked of little else.",
        "Everybody was pleased.",
    ]
    return f"{text} {rng.choice(added)}", ""


def _fewer(text, facts, others, rng):
    """Leave the last sentence out."""
    return text[: text.rindex(". ") + 1] if ". " in text else text, ""


ERRORS: dict[str, Callable] = {
    "another person": _swap("person"),
    "another first name": _half_person(0),
    "another surname": _half_person(1),
    "another city": _swap("city"),
    "another district": _swap("district"),
    "another organisation": _swap("organisation"),
    "a digit changed": _digit,
    "a digit more": _digit_more,
    "a wrong number in words": _spelled_wrong,
    "another day": _other_day,
    "another month": _other_month,
    "a day of the week": _weekday,
    "a colour": _shade,
    "the wrong tone": _wrong_tone,
    "one more witness": _witness,
}
TRUE = {
    "the date, reworded": _true_date,
    "the number in words": _true_number,
    "a shorter name": _short_name,
    "a name in front": _moved_name,
    "a sentence less": _fewer,
}


def plant(
    articles: Sequence[str], facts: Sequence[Mapping[str, str]], seed: int = 0
) -> list[Planted]:
    """Change each article once by every rule, wrong and true ones.

    Args:
        articles: true articles.
        facts: of each, with the names of `helpers.text.stories.FACTS` and "tone".
        seed: of the choices.

    Returns:
        Only articles that a rule did change.

    Raises:
        ValueError: If articles and facts are not equally many, two or more.
    """
    if len(articles) != len(facts) or len(facts) < 2:
        raise ValueError(
            "`plant` wants facts for each of two or more articles, received "
            f"{len(articles)} and {len(facts)}"
        )
    rng, made = random.Random(seed), []
    for number, (text, own) in enumerate(zip(articles, facts, strict=True)):
        others = [other for i, other in enumerate(facts) if i != number]
        for name, rule in {**ERRORS, **TRUE}.items():
            new, error = rule(text, own, others, rng)
            if new != text and bool(error) == (name in ERRORS):
                made.append(Planted(new, error, name, number))
    return made
