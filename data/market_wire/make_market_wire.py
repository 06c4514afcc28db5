"""Write market_wire's files from the hand-written lists, the same on every machine.

    python data/market_wire/make_market_wire.py

A kernel is one kind of event, told with several heads and several tails. Headlines pair
a head with a tail, or stand alone; near-duplicates are dropped. Times are drawn over
a hundred trading days; eight planted events draw some headlines to themselves.
"""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from pathlib import Path

from helpers.files import csv_text, write_texts
from helpers.text.duplicates import deduplicate

HERE = Path(__file__).resolve().parent
COUNT, START, DAYS, CHAT_FROM = 1_500, datetime(2031, 1, 6), 100, 80  # a Monday
SENTIMENTS = {"+": "positive", "0": "neutral", "-": "negative"}
CITIES = "Lisbon Tampere Graz Leeds Gdansk Bergen Turin Lyon Cork Malmo Porto Brno"
MONTHS = "January February March April May June July August September October"
SURNAMES = "Aldous Berger Castro Dunne Ekholm Farkas Grieve Hartog Ilves Jansen Krol"
SURNAMES += " Lindt Moreau Novak Okafor Petrov Quist Rossi Sato Tiller Ueda Vidal"
SMALLER = {"loss-narrows", "profit-down", "missed", "fire-sale"}  # {m} below {m2}

# topic, sentiment, first day, trading days, headlines that are drawn there
EVENTS = [
    ("law", "-", 53, 3, 12),
    ("deals", "+", 57, 3, 8),
    ("operations", "-", 62, 3, 5),
    ("results", "-", 66, 4, 16),
    ("people", "-", 71, 3, 8),
    ("orders", "+", 75, 3, 10),
    ("law", "+", 84, 3, 6),
    ("operations", "-", 91, 4, 14),
]


def read(name: str) -> list[list[str]]:
    """Read a list's lines, cut at " | ", without comments and blank ones."""
    text = (HERE / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and line[:2] != "# "]
    return [line.split(" | ") for line in lines]


def money(amount: float, form: int) -> str:
    """Write millions as one of five newsrooms would."""
    short = f"{amount:.1f}" if amount < 20 else f"{amount:,.0f}"
    forms = ("EUR {}m", "{}m euros", "${}m", "EUR {} mn", "{} million crowns")
    return forms[form].format(short)


def facts(kernel: str, rng: random.Random, companies: list[list[str]]) -> dict:
    """Draw what fills the gaps of one headline."""
    (co, thing), (co2, _) = rng.sample(companies, 2)
    low = rng.choice([1, 10]) * rng.uniform(2, 45)
    amounts = [low, low * rng.uniform(1.1, 2.2)]
    if kernel not in SMALLER:
        amounts.reverse()
    amounts.append(max(amounts) * rng.uniform(4, 9))
    form = rng.randrange(5)
    person, person2 = rng.sample(SURNAMES.split(), 2)
    quarter = rng.choice(["first", "second", "third", "fourth"])
    half = rng.random() < 0.2
    return {
        "co": co,
        "co2": co2,
        "thing": thing,
        "city": rng.choice(CITIES.split()),
        "month": rng.choice(MONTHS.split()),
        "day": f"{rng.randint(1, 28)} {rng.choice(MONTHS.split())}",
        "p": f"{rng.choice('ABCDEHJKLMNRST')}. {person}",
        "p2": f"{rng.choice('ABCDEHJKLMNRST')}. {person2}",
        "n": str(rng.randint(3, 38)),
        "d": str(rng.randint(2, 6)),
        "k": f"{rng.randint(12, 480) * 10:,}",
        "hall": str(rng.randint(3, 19)),
        "q": "half-year" if half else f"{quarter}-quarter",
        "per": "first half" if half else f"{quarter} quarter",
        **dict(zip(("m", "m2", "m3"), (money(a, form) for a in amounts), strict=True)),
    }


def told(head: str, tail: str, gaps: dict) -> str:
    """Join head and tail and fill the gaps."""
    joined = head if not tail else head + ("" if tail[0] in ",;:" else " ") + tail
    text = re.sub(r"\{(\w+)\}", lambda gap: gaps[gap[1]], joined)
    return (text[0].upper() + text[1:]).replace("s's ", "s' ")


def wire(rng: random.Random) -> list[dict]:
    """Tell every kernel in all ways; keep what is no near-duplicate, evenly."""
    companies, rows = read("names.txt"), []
    for path in sorted((HERE / "kernels").glob("*.txt")):
        for sign_name, heads, tails in read(f"kernels/{path.name}"):
            sign, name = sign_name.split(" ", 1)
            ways = [(h, t) for h in heads.split(" / ") for t in ["", *split(tails)]]
            for rank, (head, tail) in enumerate(rng.sample(ways, len(ways))):
                text = told(head, tail, facts(name, rng, companies))
                row = {"headline": text, "topic": path.stem, "sentiment": sign}
                rows.append({**row, "kernel": f"{path.stem}/{name}", "rank": rank})
    rows.sort(key=lambda row: row["rank"])  # each kernel's first, then the second ones
    return [rows[i] for i in deduplicate([row["headline"] for row in rows], 0.5)]


def split(tails: str) -> list[str]:
    """Cut a kernel's tails."""
    return [tail.strip() for tail in tails.split(" / ")]


def chat() -> list[dict]:
    """Read the chat room's lines; each is a kernel of its own."""
    rows = []
    for number, (sign, topic, text) in enumerate(read("chat.txt"), 1):
        row = {"headline": text, "topic": topic, "sentiment": sign}
        rows.append({**row, "kernel": f"chat/{number:02}", "source": "chat"})
    return rows


def folds(rows: list[dict], rng: random.Random) -> None:
    """Deal kernels to five folds, topic by topic and sentiment by sentiment."""
    told = [row for row in rows if row["source"] == "wire"]
    kernels = sorted({(r["topic"], r["sentiment"], r["kernel"]) for r in told})
    rng.shuffle(kernels)
    kernels.sort(key=lambda kernel: kernel[:2])
    place = {kernel[2]: number % 5 for number, kernel in enumerate(kernels)}
    for row in rows:
        row["fold"] = place.get(row["kernel"], -1)


def moment(day: int, rng: random.Random) -> datetime:
    """Draw a time on a trading day, between 6 and 20 h, most of them before noon."""
    seconds = int(rng.triangular(0, 14, 4) * 3_600)
    return START + timedelta(days=day // 5 * 7 + day % 5, seconds=6 * 3600 + seconds)


def times(rows: list[dict], rng: random.Random) -> None:
    """Draw a time for each headline; planted events take theirs first."""
    for row in rows:
        first = CHAT_FROM if row["source"] == "chat" else 0
        row["day"], row["event"] = rng.randrange(first, DAYS), ""
    for number, (topic, sign, first, length, count) in enumerate(EVENTS, 1):
        free = [
            row
            for row in rows
            if (row["topic"], row["sentiment"]) == (topic, sign)
            and not row["event"]
            and row["source"] == "wire"
        ]
        for row in rng.sample(free, count):
            row["day"] = first + rng.randrange(length)
            row["event"] = f"e{number}"
    for row in rows:
        row["time"] = moment(row["day"], rng).isoformat()


def headlines() -> list[dict]:
    """Return all rows in the order of their times."""
    rng = random.Random(22)
    extra = chat()
    rows = wire(rng)[: COUNT - len(extra)]
    for row in rows:
        row["source"] = "wire"
    rows += extra
    folds(rows, rng)
    times(rows, rng)
    rows.sort(key=lambda row: (row["time"], row["headline"]))
    names = "id time source topic sentiment headline kernel fold event".split()
    for number, row in enumerate(rows, 1):
        row |= {"id": f"mw-{number:04}", "sentiment": SENTIMENTS[row["sentiment"]]}
    return [{name: row[name] for name in names} for row in rows]


def events() -> list[dict]:
    """Return the planted events: id, topic, direction, first and last day, extra."""
    rows = []
    for number, (topic, sign, first, length, count) in enumerate(EVENTS, 1):
        first_day, last = (
            moment(day, random.Random(0)).date().isoformat()
            for day in (first, first + length - 1)
        )
        row = {"id": f"e{number}", "topic": topic, "direction": SENTIMENTS[sign]}
        rows.append({**row, "first": first_day, "last": last, "headlines": count})
    return rows


def make() -> dict[str, str]:
    """Return the text of both files, by name."""
    tables = (headlines, events)
    return {f"{table.__name__}.csv": csv_text(table()) for table in tables}


if __name__ == "__main__":
    write_texts(HERE, make())
