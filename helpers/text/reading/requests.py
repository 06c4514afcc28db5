"""Read order numbers, days, times of day and services from a customer's message.

Each reader returns candidates: what the message names, without what it rules out ("not
MF-30417, MF-30471"). A tool's argument can only be one of them.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from helpers.checks import require_text

ORDER = re.compile(r"(?<!\d)(?:\bmf\s?-?\s?|#)?(\d{5})(?!\d)", re.I)
MONTHS = (
    "january february march april may june july august september october november"
    " december"
).split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
FIRST = {"first": 1, "second": 2, "third": 3}
MONTH = rf"(?P<month>{'|'.join(name[:3] for name in MONTHS)})[a-z]*\.?"
NUMBER = r"(?P<day>\d\d?|first|second|third)(?:st|nd|rd|th)?"
WEEKDAY = rf"(?P<name>{'|'.join(name[:3] for name in DAYS)})(?:day|sday|nesday|rsday"
WEEKDAY += r"|urday|s|nes|rs|r|ur)?"
DATES = {  # the first kind that fits a place is taken
    "iso": r"(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)",
    "dotted": r"(?P<day>\d\d?)[./](?P<number>\d\d?)(?:[./](?P<year>\d{4})|\.|(?=\D|$))",
    "day first": rf"{NUMBER}(?: of)? {MONTH}",
    "month first": rf"{MONTH} (?:the )?{NUMBER}",
    "day alone": r"the (?P<day>\d\d?)(?:st|nd|rd|th)",
    "after": r"(?:the )?day after tomorrow",
    "tomorrow": r"tomorrow",
    "in": r"in (?P<count>\d|a|one|two|three|four) (?P<unit>week|day)s?"
    r"(?: from today)?",
    "weekday": rf"(?P<next>next )?{WEEKDAY}",
}
PATTERNS = {k: re.compile(rf"(?<![\w.]){p}(?!\w)", re.I) for k, p in DATES.items()}
RULED_OUT = re.compile(
    r"(?:\bnot|\bleave|\bkeep|\binstead of|\brather than|\bbut not)"
    r"(?: (?:on|for|order|my))?\s*$",
    re.I,
)
RULED_OUT_BEHIND = re.compile(r"\s*(?:doesn'?t|does not|won'?t|isn'?t|is not) ", re.I)
SERVICES = {
    "repair": r"\brepair|\bmend|\bfix|\bbroken?\b|\bstopped\b|\bleak|\brattl"
    r"|\bworkshop|\blooked at|\btechnician|\bbring\b",
    "advice": r"\badvi[cs]e|\badvis|\bconsult|\btalk about",
    "fitting": r"\bfit(?:s|ted|ting)?\b|\bmount|\binstall|\bput up\b",
}
PARTS = {
    "evening": r"\bevening|\btonight\b|\bafter work\b",
    "afternoon": r"\bafternoon|\bafter lunch",
    "morning": r"\bmorning|\bbefore noon\b|\bforenoon",
}
CLOCK = re.compile(
    r"(?P<half>half past )?(?<![\d.:/])(?P<hour>\d\d?|[a-z]+)"
    r"(?:[.:](?P<minute>[0-5]\d))?"
    r"(?![\d/])(?: o'clock)?(?: ?(?P<side>[ap])\.?m\b)?",
    re.I,
)
HOURS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve".split(),
        range(1, 13),
        strict=True,
    )
)


def order_numbers(text: str) -> list[str]:
    """Return the order numbers that a message asks about, each as "MF-30417".

    Args:
        text: Any text. Five digits are an order number, with or without "MF".
    """
    text = require_text(text, "order_numbers")
    return _wanted(text, [(m.start(), m.end(), f"MF-{m[1]}") for m in _orders(text)])


def _orders(text: str) -> list[re.Match]:
    """Return the matches of order numbers in ASCII digits."""
    return [m for m in ORDER.finditer(text) if m[1].isascii()]


def days(text: str, today: date) -> list[str]:
    """Return the days that a message asks for, as "2026-03-12", none in the past.

    "Friday" is the next one to come, "next Friday" that of the following week; "the
    12th" is the next 12th. 12/3 is 12 March. A weekday beside a date is not a day of
    its own.

    Args:
        text: Any text.
        today: The day on which it was written.
    """
    found = [(a, b, day.isoformat()) for a, b, day in _days(text, today) if day]
    return _wanted(text, found)


def _days(text: str, today: date) -> list[tuple[int, int, date | None]]:
    """Return places and days, in the order of the text; None if there is no such."""
    found: list[tuple[int, int, date | None]] = []
    for kind, pattern in PATTERNS.items():
        before = list(found)  # "Thursday, the 12th" is one day, "Monday, Friday" two
        near = 7 if kind == "weekday" else 0
        for match in pattern.finditer(require_text(text, "days")):
            a, b = match.span()
            if all(b + near < c or d + near < a for c, d, _ in before):
                day = _day(kind, match, today)
                found.append((a, b, day if day and day >= today else None))
    return sorted(found, key=lambda one: one[0])


def _day(kind: str, match: re.Match, today: date) -> date | None:
    """Return the day that one match means."""
    part = match.groupdict()
    if kind in ("after", "tomorrow"):
        return today + timedelta(2 if kind == "after" else 1)
    if kind == "in":
        count = COUNTS.get(part["count"].lower()) or int(part["count"])
        return today + timedelta(count * (7 if part["unit"].lower() == "week" else 1))
    if kind == "weekday":
        number = [name[:3] for name in DAYS].index(part["name"].lower())
        ahead = (number - today.weekday() - 1) % 7 + 1
        monday = today - timedelta(today.weekday())
        return (
            monday + timedelta(7 + number) if part["next"] else today + timedelta(ahead)
        )
    day = FIRST.get(part["day"].lower()) or int(part["day"])
    month = int(part.get("number") or 0)
    if part.get("month"):
        month = [name[:3] for name in MONTHS].index(part["month"].lower()) + 1
    if not month:  # "the 12th"
        month = today.month + (day <= today.day)
    try:
        return date(int(part.get("year") or today.year), month, day)
    except ValueError:  # there is no 31 June
        return None


def services(text: str) -> list[str]:
    """Return the services that a message speaks of: repair, advice, fitting.

    Args:
        text: Any text.
    """
    text = require_text(text, "services")
    return [name for name, words in SERVICES.items() if re.search(words, text, re.I)]


def parts_of_day(text: str, today: date) -> list[str]:
    """Return the parts of the day that a message asks for: words first, then clocks.

    Hours from 8 are the morning, from 12 the afternoon, from 17 the evening; a bare
    "at 3" is in the afternoon.

    Args:
        text: Any text.
        today: As in `days`; a date's numbers are no hours.
    """
    said = [name for name, words in PARTS.items() if re.search(words, text, re.I)]
    if said:
        return said
    for a, b, _ in reversed(_days(text, today)):
        text = f"{text[:a]} ; {text[b:]}"
    hours = [hour for hour in map(_hour, CLOCK.finditer(text)) if hour is not None]
    if not hours and re.search(r"\bpm\b", text, re.I):
        return ["afternoon"]
    names = [
        "morning" if hour < 12 else "afternoon" if hour < 17 else "evening"
        for hour in hours
    ]
    return list(dict.fromkeys(names))


def _hour(match: re.Match) -> int | None:
    """Return the hour of the day that a match means, or None if it is no clock time."""
    word, side = match["hour"].lower(), (match["side"] or "").lower()
    hour = int(word) if word.isdigit() else HOURS.get(word)
    before = re.search(
        r"\b(?:at|around|about|after|from|by)(?: ten)? ?$",
        match.string[: match.start()],
    )
    told = side or match["minute"] or match["half"] or before
    if hour is None or not told or hour > 23 or "o'clock" in match[0] and not hour:
        return None
    if side:
        return hour % 12 + (12 if side == "p" else 0)
    return hour + 12 if 1 <= hour <= 7 else hour


def read_request(text: str, today: date) -> dict[str, list[str]]:
    """Return the candidates for every argument of the desk's tools.

    Args:
        text: Any text.
        today: As in `days`.

    Example:
        read_request("Is MF-30417 here by Friday?", date(2026, 3, 2))
    """
    return {
        "order": order_numbers(text),
        "service": services(text),
        "date": days(text, today),
        "part": parts_of_day(text, today),
    }


def _wanted(text: str, found: list[tuple[int, int, str]]) -> list[str]:
    """Drop what the text rules out, unless nothing is left; each once."""
    kept = [
        name
        for a, b, name in found
        if not RULED_OUT.search(text[:a]) and not RULED_OUT_BEHIND.match(text[b:])
    ]
    return list(dict.fromkeys(kept or [name for _, _, name in found]))
