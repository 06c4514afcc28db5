"""Write clinic_qa's files from the four hand-written lists, the same every time.

    python data/clinic_qa/make_clinic_qa.py

Questions about one passage stay in one half. Notes and messages are dealt at random
within their kind.
"""

from __future__ import annotations

import random
from pathlib import Path

from helpers.files import csv_text, write_texts

HERE = Path(__file__).resolve().parent
NOTES = {"train": 110, "validation": 30, "test": 60}


def lines(name: str) -> list[str]:
    """Read a list's lines, without comments and blank ones."""
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and line[:2] != "# "]


def passages() -> list[dict[str, str]]:
    """Read the passages: id, topic, title, text."""
    rows, topic = [], ""
    for line in (HERE / "leaflets.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            topic = line[2:]
        elif line:
            name, title, text = line.split(" | ")
            rows.append({"id": name, "topic": topic, "title": title, "text": text})
    return rows


def halves(groups: dict[str, list[dict]], rng: random.Random) -> None:
    """Deal groups, in random order, to the half that has fewer rows."""
    size = {"calibration": 0, "test": 0}
    for name in rng.sample(sorted(groups), len(groups)):
        part = min(size, key=size.get)
        size[part] += len(groups[name])
        for row in groups[name]:
            row["split"] = part


def questions() -> list[dict[str, str]]:
    """Read the questions: text, kind, topic, passage, answer, split."""
    topics = {row["id"]: row["topic"] for row in passages()}
    rows = []
    for line in lines("questions.txt"):
        first, second, *third = line.split(" | ")
        row = {"text": third[-1], "kind": "answerable", "passage": first}
        row |= {"topic": topics.get(first), "answer": second}
        if first == "-":
            row |= {"kind": second, "topic": third[0], "passage": "", "answer": ""}
        rows.append(row)
    rng = random.Random(25)
    for kind in ("answerable", "near", "medical", "unrelated"):
        groups: dict[str, list[dict]] = {}
        for row in (row for row in rows if row["kind"] == kind):
            groups.setdefault(row["passage"] or row["text"], []).append(row)
        halves(groups, rng)
    return rows


def messages() -> list[dict[str, str]]:
    """Read urgent messages and calm ones that look alike: text, urgent, split."""
    rows = []
    for line in lines("urgent.txt"):
        kind, text = line.split(" | ")
        rows.append({"text": text, "urgent": "no" if kind == "c" else "yes"})
        rows[-1]["split"] = "fresh" if kind == "f" else ""
    rng = random.Random(26)
    for kind in ("yes", "no"):
        dealt = [row for row in rows if row["urgent"] == kind and not row["split"]]
        halves({row["text"]: [row] for row in dealt}, rng)
    return rows


def notes() -> list[dict[str, str]]:
    """Read the notes, marked, and deal them to the parts."""
    marked = lines("notes.txt")
    random.Random(27).shuffle(marked)
    parts = [part for part, count in NOTES.items() for _ in range(count)]
    pairs = zip(marked, parts, strict=True)
    return [{"marked": line, "split": part} for line, part in pairs]


def make() -> dict[str, str]:
    """Return the text of every file, by name."""
    tables = (passages, questions, messages, notes)
    return {f"{table.__name__}.csv": csv_text(table()) for table in tables}


if __name__ == "__main__":
    write_texts(HERE, make())
