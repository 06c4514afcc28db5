"""Write pii_notes.csv from the hand-written lists, the same every time.

    python data/pii_notes/make_pii_notes.py

Each note of notes.txt is dealt to development or test at random, half and half; those
of second.txt and third.txt, by other authors, follow in their order.
"""

from __future__ import annotations

import random
from pathlib import Path

from helpers.files import csv_text, write_texts

HERE = Path(__file__).resolve().parent


def lines(name: str) -> list[str]:
    """Return the notes of a file, without its headings."""
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and line[:2] != "# "]


def notes() -> list[dict[str, str]]:
    """Read the notes, marked; deal the first author's to two parts."""
    marked = lines("notes.txt")
    random.Random(26).shuffle(marked)
    half = (len(marked) + 1) // 2
    rows = [
        {"marked": line, "split": "development" if i < half else "test"}
        for i, line in enumerate(marked)
    ]
    for split, name in (("second", "second.txt"), ("fresh", "third.txt")):
        rows += [{"marked": line, "split": split} for line in lines(name)]
    return rows


def make() -> dict[str, str]:
    """Return the text of the file, by name."""
    return {"pii_notes.csv": csv_text(notes())}


if __name__ == "__main__":
    write_texts(HERE, make())
