"""Write pii_notes.csv from the hand-written list, the same every time.

    python data/pii_notes/make_pii_notes.py

Each note is dealt to development or test at random, half and half.
"""

from __future__ import annotations

import random
from pathlib import Path

from helpers.files import csv_text, write_texts

HERE = Path(__file__).resolve().parent


def notes() -> list[dict[str, str]]:
    """Read the notes, marked, and deal them to the two parts."""
    text = (HERE / "notes.txt").read_text(encoding="utf-8")
    marked = [line for line in text.splitlines() if line and line[:2] != "# "]
    random.Random(26).shuffle(marked)
    half = (len(marked) + 1) // 2
    return [
        {"marked": line, "split": "development" if i < half else "test"}
        for i, line in enumerate(marked)
    ]


def make() -> dict[str, str]:
    """Return the text of the file, by name."""
    return {"pii_notes.csv": csv_text(notes())}


if __name__ == "__main__":
    write_texts(HERE, make())
