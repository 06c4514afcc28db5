"""Write support_desk's files from the hand-written lists, the same every time.

    python data/support_desk/make_support_desk.py

Of the four questions about a passage, two are for training and two for testing.
"""

from __future__ import annotations

import random
from pathlib import Path

from helpers.files import csv_text, write_texts

HERE = Path(__file__).resolve().parent
PARTS = {"d": "train", "t": "test"}


def fields(name: str, most: int = 9) -> list[list[str]]:
    """Read a list's lines as fields, without comments and blank lines."""
    text = (HERE / name).read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if line and line[:2] != "# "]
    return [line.split(" | ", most - 1) for line in kept]


def passages() -> list[dict[str, str]]:
    """Read the passages: id, intent, title, title_zh, text, asked."""
    asked = dict(fields("asked.txt", 2))
    rows, intent = [], ""
    for line in (HERE / "passages.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            intent = line[2:]
        elif line:
            name, title, chinese, text = line.split(" | ")
            row = {"id": name, "intent": intent, "title": title, "title_zh": chinese}
            rows.append(row | {"text": text, "asked": asked[name]})
    return rows


def halves(rows: list[dict], key: str, rng: random.Random) -> None:
    """Deal the rows of each group in turn, in random order, to the two parts."""
    groups: dict[str, list[dict]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    for group in groups.values():
        for place, row in enumerate(rng.sample(group, len(group))):
            row["split"] = ("train", "test")[place % 2]


def questions() -> list[dict[str, str]]:
    """Read the questions: text, intent, passage, answer, split."""
    intents = {row["id"]: row["intent"] for row in passages()}
    rows = [
        {"text": text, "intent": intents[name], "passage": name, "answer": answer}
        for name, answer, text in fields("questions.txt", 3)
    ]
    halves(rows, "passage", random.Random(21))
    return rows


def chinese() -> list[dict[str, str]]:
    """Read the Chinese questions: text, english, passage."""
    rows = fields("chinese.txt", 3)
    return [{"text": zh, "english": en, "passage": name} for name, zh, en in rows]


def outside() -> list[dict[str, str]]:
    """Read the questions that no passage answers: text, kind, split."""
    rows = [{"text": text, "kind": kind} for kind, text in fields("outside.txt", 2)]
    halves(rows, "kind", random.Random(22))
    return rows


def requests() -> list[dict[str, str]]:
    """Read what customers want done: text, tool, order, service, date, part, split."""
    rows = []
    for split, tool, said, text in fields("requests.txt", 4):
        values = ["" if value == "?" else value for value in said.split()]
        names = ("service", "date", "part") if len(values) == 3 else ("order",)
        row = dict.fromkeys(("order", "service", "date", "part"), "")
        row |= dict(zip(names, values, strict=True))
        rows.append({"text": text, "tool": tool, **row, "split": PARTS[split]})
    return rows


def orders() -> list[dict[str, str]]:
    """Read the invented orders of five invented customers."""
    names = ("order", "customer", "status", "article", "town", "due")
    return [dict(zip(names, row, strict=True)) for row in fields("orders.txt")]


def dialogues() -> list[dict[str, str]]:
    """Read the dialogues: dialogue, text, wanted."""
    rows = fields("dialogues.txt", 3)
    return [{"dialogue": name, "text": t, "wanted": w} for name, w, t in rows]


def hostile() -> list[dict[str, str]]:
    """Read the hostile inputs: kind, text, passage; ``{a*9}`` is not yet repeated."""
    rows = []
    for kind, text, *question in fields("hostile.txt", 3):
        text = text.replace("\\n", "\n").replace("\\t", "\t")
        row = {"kind": kind, "text": text, "passage": ""}
        if question:
            row |= {"text": question[0], "passage": text.removeprefix("passage: ")}
        rows.append(row)
    return rows


def make() -> dict[str, str]:
    """Return the text of every file, by name."""
    tables = (passages, questions, chinese, outside)
    tables += (requests, orders, dialogues, hostile)
    return {f"{table.__name__}.csv": csv_text(table()) for table in tables}


if __name__ == "__main__":
    write_texts(HERE, make())
