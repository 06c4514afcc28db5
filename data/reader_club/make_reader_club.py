"""Write reader_club's files from the hand-written books, the same every time.

    python data/reader_club/make_reader_club.py

How much a reader is drawn to a book is a number that this script knows: the book's
appeal, plus the reader's taste for each of its traits. The next book is drawn with
probabilities proportional to exp(number), among the books that the reader has not
read. So the best possible order of recommendations is known exactly.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

from helpers.files import csv_text, write_texts

HERE = Path(__file__).resolve().parent
TRAITS = {
    "c": "crime",
    "l": "love",
    "f": "fantasy",
    "s": "science fiction",
    "h": "history",
    "w": "nature",
    "d": "food",
    "m": "arts",
    "x": "comedy",
    "k": "dark",
    "p": "politics",
    "t": "travel",
    "g": "family",
    "b": "body",
    "n": "ideas",
    "y": "young",
}
WEIGHTS = (1.0, 0.6, 0.4)  # of a book's first, second and third trait
READERS = 300
LAST_PHASE = 16  # the least number of books since a reader's mood last changed
DAY = 86_400
FIRST_DAY = 19_000  # of 1970: 8 January 2022


def books() -> list[dict]:
    """Read the books: item, title, text, traits (letters, the main one first)."""
    rows = []
    for path in sorted(HERE.glob("books_*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and line[:2] != "# ":
                title, text, traits = line.split(" | ")
                row = {"item": len(rows) + 1, "title": title, "text": text}
                rows.append(row | {"traits": traits.split()})
    return rows


def tastes(rng: random.Random) -> dict[str, float]:
    """Draw what a reader likes and avoids; all else is 0."""
    chosen = rng.sample(sorted(TRAITS), rng.choice((4, 5, 6)))
    liked = {name: rng.uniform(0.8, 2.0) for name in chosen[:-2]}
    return liked | {name: -rng.uniform(0.5, 2.0) for name in chosen[-2:]}


def drawn(pull: list[float], rng: random.Random, count: int) -> list[int]:
    """Draw books one after another, each with a chance proportional to exp(pull).

    The order of pull + Gumbel noise is such a draw (Yellott 1977).
    """
    noisy = [x - math.log(-math.log(1 - rng.random())) for x in pull]
    return sorted(range(len(pull)), key=lambda i: -noisy[i])[:count]


def pulls(shelf: list[dict], appeal: list[float], taste: dict) -> list[float]:
    """Return how much a reader is drawn to each book."""
    found = []
    for row, start in zip(shelf, appeal, strict=True):
        pairs = zip(row["traits"], WEIGHTS, strict=False)
        found.append(start + sum(w * taste.get(name, 0.0) for name, w in pairs))
    return found


def read(taste: dict, shelf: list, appeal: list, rng: random.Random) -> tuple:
    """Let a reader read, in moods; return the books in order, and the last taste."""
    total = min(120, 24 + int(rng.expovariate(1 / 22)))
    cuts = [total - LAST_PHASE - rng.randrange(8)]
    while cuts[0] > 18:
        cuts.insert(0, cuts[0] - rng.randrange(9, 18))
    order: list[int] = []
    for end in [cut for cut in cuts if cut > 0] + [total]:
        mood = taste | {(m := rng.choice(sorted(TRAITS))): taste.get(m, 0.0) + 3.0}
        pull = pulls(shelf, appeal, mood)
        pull = [-99.0 if i in order else x for i, x in enumerate(pull)]
        order += drawn(pull, rng, end - len(order))
    return order, mood


def make() -> dict[str, str]:
    """Return each file's text by its name."""
    rng, shelf = random.Random(23), books()
    appeal = [round(rng.gauss(0, 0.6), 3) for _ in shelf]
    readings, tags, people = [], [], []
    for user in range(1, READERS + 1):
        taste = {name: round(value, 3) for name, value in tastes(rng).items()}
        order, mood = read(taste, shelf, appeal, rng)
        people.append({"user": user} | {TRAITS[t]: mood.get(t, 0.0) for t in TRAITS})
        day = FIRST_DAY + rng.randrange(900)
        pull = pulls(shelf, appeal, mood)
        for i in order:
            day += 0 if rng.random() < 0.12 else 1 + int(rng.expovariate(1 / 9))
            row = {"user": user, "item": i + 1}
            stars = max(1, min(5, round(3 + 0.5 * pull[i] + rng.gauss(0, 0.7))))
            readings.append(row | {"rating": stars, "timestamp": day * DAY})
            if rng.random() < 0.06:
                tag = TRAITS[rng.choice(shelf[i]["traits"])]
                tags.append(row | {"tag": tag, "timestamp": day * DAY})
    readings.sort(key=lambda row: (row["user"], row["item"]))  # order is not given away
    weighed = []
    for row, start in zip(shelf, appeal, strict=True):
        own = dict(zip(row["traits"], WEIGHTS, strict=False))
        values = {TRAITS[t]: own.get(t, 0.0) for t in TRAITS}
        weighed.append({"item": row["item"], "appeal": start} | values)
    for row in shelf:
        row["genres"] = TRAITS[row.pop("traits")[0]]
    tables = {"books": shelf, "readings": readings, "tags": tags}
    tables |= {"traits": weighed, "tastes": people}
    return {f"{name}.csv": csv_text(rows) for name, rows in tables.items()}


if __name__ == "__main__":
    write_texts(HERE, make())
