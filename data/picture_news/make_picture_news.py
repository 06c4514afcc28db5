"""Compose stories.csv from kernels.txt, and checks.csv from checks.txt.

A kernel is one story: headlines (H), leads (L), details (D), sentences on the district
(C), quotations (Q) and endings (E). An item is one of each, kept as a template, with
facts beside it and a picture of pictures.npz. Names come from city_news.

    python data/picture_news/make_picture_news.py            # writes two tables
    python data/picture_news/make_picture_news.py --measure  # prints the datasheet's
"""

from __future__ import annotations

import itertools
import random
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from helpers.files import csv_text, write_texts
from helpers.images.tones import TONES, tones

HERE = Path(__file__).resolve().parent
NEWS = HERE.parent / "city_news"
THINGS = (
    "t-shirt | pair of trousers | pullover | dress | coat | pair of sandals | shirt | "
    "pair of sneakers | bag | pair of ankle boots"
).split(" | ")
COLUMNS = (
    "id headline article city district person organisation number date thing tone "
    "picture kernel split"
).split()
SIZES = {"train": 30, "validation": 4, "test": 10, "names": 6}  # of a seen kernel
UNSEEN = 20  # items of an unseen one
KEPT = {"cities": 6, "districts": 5, "first": 6, "last": 7, "orgs": 8}  # for "names"
MONTHS = (
    "January February March April May June July August September October November "
    "December"
).split()


def read_kernels() -> list[dict]:
    """Read the stories: name, low, high, split, and sentences by their letter."""
    kernels: list[dict] = []
    for line in (HERE / "kernels.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            name, numbers, split = (part.strip() for part in line[3:].split("|"))
            low, high = map(int, numbers.split("-"))
            kernels.append({"name": name, "low": low, "high": high, "split": split})
        elif line.strip() and line[0] != "#":
            kernels[-1].setdefault(line[0], []).append(line[2:])
    return kernels


def read_names() -> dict[str, list[str]]:
    """Read the lists of city_news: cities, districts, first, last, orgs."""
    lines = (NEWS / "names.txt").read_text(encoding="utf-8").splitlines()
    for path in sorted((NEWS / "kernels").glob("*.txt")):
        lines += path.read_text(encoding="utf-8").splitlines()[:1]  # orgs: …
    names: dict[str, list[str]] = {}
    for line in filter(str.strip, lines):
        key, rest = line.split(":", 1)
        found = names.setdefault(key, [])
        found += [part.strip() for part in rest.split("|")]
    return {key: names[key] for key in KEPT}


def lists_of(split: str) -> dict[str, list[str]]:
    """Return the names that a split may use: those kept back, or all the others."""
    cut = {k: (v[: -KEPT[k]], v[-KEPT[k] :]) for k, v in read_names().items()}
    return {key: parts[split == "names"] for key, parts in cut.items()}


def pick(rng: random.Random, options: list):
    """Choose one option; unlike `choice`, defined by `random()` alone."""
    return options[int(rng.random() * len(options))]


def shuffled(rng: random.Random, options: list) -> list:
    """Return the options in random order, defined by `random()` alone."""
    return [x for _, x in sorted(((rng.random(), i), x) for i, x in enumerate(options))]


def draw_facts(rng: random.Random, kernel: dict, names: dict) -> dict[str, str]:
    """Invent the names and numbers of one item."""
    return {
        "city": pick(rng, names["cities"]),
        "district": pick(rng, names["districts"]),
        "person": f"{pick(rng, names['first'])} {pick(rng, names['last'])}",
        "organisation": pick(rng, names["orgs"]),
        "number": str(
            kernel["low"] + int(rng.random() * (kernel["high"] - kernel["low"]))
        ),
        "date": f"{1 + int(rng.random() * 28)} {pick(rng, MONTHS)}",
    }


def compose(rng: random.Random, kernel: dict, way: tuple[int, ...]) -> str:
    """Join the chosen sentences, detail and district in either order."""
    lead, detail, district, quote, end = (
        kernel[part][i] for part, i in zip("LDCQE", way, strict=True)
    )
    middle = [detail, district] if rng.random() < 0.5 else [district, detail]
    return " ".join([lead, *middle, quote, end]).replace("{org}", "{organisation}")


def splits_of(kernel: dict) -> list[str]:
    """Return the split of each item of a kernel."""
    if kernel["split"] == "unseen":
        return ["unseen"] * UNSEEN
    return [split for split, count in SIZES.items() for _ in range(count)]


def deal_pictures(rng: random.Random, rows: list[dict]) -> None:
    """Give every row a picture: each thing and tone as often, whatever the story."""
    file = np.load(HERE / "pictures.npz")
    for part in ("train", "test"):
        own = [row for row in rows if (row["split"] == "train") == (part == "train")]
        labels, shades = file[f"{part}_labels"], tones(file[f"{part}_images"])
        cells = {
            cell: shuffled(rng, np.flatnonzero((labels * 2 + shades) == cell).tolist())
            for cell in range(20)
        }
        for number, row in enumerate(shuffled(rng, own)):
            cell = number % 20
            choice = cells[cell][number // 20 % len(cells[cell])]
            row["picture"] = choice
            row["thing"], row["tone"] = THINGS[cell // 2], TONES[cell % 2]


def make() -> list[dict]:
    """Make every item, in a fixed random order, with its id."""
    rng, rows = random.Random(20_261), []
    for kernel in read_kernels():
        ways = itertools.product(*(range(len(kernel[part])) for part in "LDCQE"))
        chosen = shuffled(rng, list(ways))
        for split, way in zip(splits_of(kernel), chosen, strict=False):
            row = {"headline": pick(rng, kernel["H"]), "kernel": kernel["name"]}
            row |= draw_facts(rng, kernel, lists_of(split)) | {"split": split}
            rows.append(row | {"article": compose(rng, kernel, way)})
    deal_pictures(rng, rows)
    rows = shuffled(rng, rows)
    numbered = ({"id": f"pn-{i:04d}"} | row for i, row in enumerate(rows, 1))
    return [{column: row[column] for column in COLUMNS} for row in numbered]


def make_checks() -> list[dict]:
    """Read checks.txt: a sentence, a bar, and what is invented in it."""
    lines = (HERE / "checks.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("|") for line in lines if line.strip() and line[0] != "#")
    return [{"text": a.strip(), "invented": b.strip()} for a, b in pairs]


def measure(rows: list[dict]) -> None:
    """Print the numbers that the datasheet states."""
    lengths = sorted(len(row["article"].split()) for row in rows)
    print("items", len(rows), dict(Counter(row["split"] for row in rows)))
    print("kernels", Counter(k["split"] for k in read_kernels()))
    print("words", lengths[0], lengths[len(lengths) // 2], lengths[-1])
    print("things", dict(Counter(row["thing"] for row in rows)))
    print("tones", dict(Counter(row["tone"] for row in rows)))


def main() -> None:
    """Write the file, or measure it."""
    rows = make()
    if "--measure" in sys.argv[1:]:
        measure(rows)
        return
    tables = {"stories.csv": rows, "checks.csv": make_checks()}
    write_texts(HERE, {name: csv_text(table) for name, table in tables.items()})


if __name__ == "__main__":
    main()
