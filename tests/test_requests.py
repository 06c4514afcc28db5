"""Readers of order numbers, days, times and services, against dates worked by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import datasets
from helpers.text.reading.requests import (
    DAYS,
    MONTHS,
    days,
    order_numbers,
    parts_of_day,
    read_request,
    services,
)

TODAY = date(2026, 3, 2)  # a Monday


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("where is MF-30417", ["MF-30417"]),
        ("mf 30417, mf30471 and #30500", ["MF-30417", "MF-30471", "MF-30500"]),
        ("not MF-30417 but MF-30471", ["MF-30471"]),
        ("keep 30417, cancel 30471", ["MF-30471"]),
        ("it isn't here, not MF-30417", ["MF-30417"]),  # nothing else is left
        ("call 0301 304171 in 2026", []),
        ("", []),
    ],
)
def test_order_numbers(text, wanted):
    assert order_numbers(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tomorrow", ["2026-03-03"]),
        ("the day after tomorrow", ["2026-03-04"]),
        ("on Monday", ["2026-03-09"]),
        ("next Friday or Saturday", ["2026-03-13", "2026-03-07"]),
        ("Thursday, the 12th of March", ["2026-03-12"]),
        ("the 1st", ["2026-04-01"]),
        ("13/3 or 14.3.", ["2026-03-13", "2026-03-14"]),
        (
            "2026-05-31, April 3rd, first of May",
            ["2026-05-31", "2026-04-03", "2026-05-01"],
        ),
        ("in two weeks from today, in 3 days", ["2026-03-16", "2026-03-05"]),
        ("Tuesday doesn't suit me, Wednesday does", ["2026-03-04"]),
        ("on 31 June", []),
        ("since 24 February", []),
        ("order 30417", []),
    ],
)
def test_days(text, wanted):
    assert days(text, TODAY) == wanted


@given(st.integers(1, 250))
def test_a_date_is_read_in_every_form(ahead):
    day = TODAY + timedelta(ahead)
    month = MONTHS[day.month - 1].title()
    forms = [
        day.isoformat(),
        f"{day.day} {month}",
        f"{month} {day.day}",
        f"{day.day}/{day.month}",
        f"{DAYS[day.weekday()].title()} {day.day} {month[:3]}",
        f"{day.day:02}.{day.month:02}.{day.year}",
    ]
    for form in forms:
        assert days(f"may I come on {form} please", TODAY) == [day.isoformat()], form


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("at 10 am", ["morning"]),
        ("around 4pm", ["afternoon"]),
        ("half past six in the evening", ["evening"]),
        ("at half past nine", ["morning"]),
        ("Thursday at 3", ["afternoon"]),
        ("7 pm on 26 March", ["evening"]),
        ("morning or afternoon", ["afternoon", "morning"]),
        ("12 March", []),
        ("two lamps", []),
    ],
)
def test_parts_of_day(text, wanted):
    assert parts_of_day(text, TODAY) == wanted


def test_services():
    assert services("my mixer is broken") == ["repair"]
    assert services("advice on how to mount a lamp") == ["advice", "fitting"]
    assert services("hello") == []


def test_the_training_requests_are_read():
    table = datasets.load("support_desk").tables["requests"]
    for row in table[table["split"] == "train"].itertuples():
        found = read_request(row.text, TODAY)
        names = ["order"]
        if row.tool == "book_appointment":
            names = ["service", "date", "part"]
        for name in names:
            said = getattr(row, name)
            assert found[name] == ([said] if said else []), row.text


def test_what_is_no_text_is_refused():
    with pytest.raises(ValueError, match="wants a str"):
        read_request(None, TODAY)
