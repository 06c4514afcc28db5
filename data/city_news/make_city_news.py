"""Compose city_news.csv from hand-written story kernels, the same every time.

A kernel is one story told in several ways: headlines (H), leads (L), details (D),
quotations (Q) and endings (E); a topic adds sentences on the district (C). The script
chooses one of each, fills in people, places and numbers, and keeps the grammar right.

    python data/city_news/make_city_news.py            # writes both tables
    python data/city_news/make_city_news.py --measure  # prints the datasheet's table

city_news_zh.csv is zh.txt as a table.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
from collections import Counter
from pathlib import Path

from helpers.files import csv_text, write_texts

HERE = Path(__file__).resolve().parent
ITEMS_PER_KERNEL = 24
COLUMNS = (
    "id headline body topic picture_key city district person organisation number date"
    " kernel"
).split()
ZH_COLUMNS = "title author text collection".split()


def read_lists(name: str) -> dict[str, list[str]]:
    """Read `key: a | b | c` lines."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if line.strip())
    return {key: [part.strip() for part in rest.split("|")] for key, rest in pairs}


def read_items() -> dict[str, tuple[str, str, list[str]]]:
    """Read the ten picture keys: name for one, for several, and how it may look."""
    items = {}
    for line in (HERE / "items.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            key, one, several, looks = (part.strip() for part in line.split("|"))
            items[key] = (one, several, looks.split(", "))
    return items


def read_kernels(path: Path) -> tuple[dict, list[dict]]:
    """Read one topic's file: its shared sentences and organisations, its kernels."""
    shared: dict = {"C": [], "orgs": []}
    kernels: list[dict] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("orgs:"):
            shared["orgs"] = [part.strip() for part in line[5:].split("|")]
        elif line.startswith("== "):
            name, items, numbers, *months = (p.strip() for p in line[3:].split("|"))
            low, high = map(int, numbers.split("-"))
            kernels.append({"name": name, "items": items.split(), "low": low})
            kernels[-1].update(high=high, months=months[0].split() if months else [])
        elif line[:2] == "C ":
            shared["C"].append(line[2:])
        elif line.strip():
            kernels[-1].setdefault(line[0], []).append(line[2:])
    return shared, kernels


def pick(rng: random.Random, options: list):
    """Choose one option; unlike `choice`, defined by `random()` alone."""
    return options[int(rng.random() * len(options))]


def shuffled(rng: random.Random, options: list) -> list:
    """Return the options in random order, defined by `random()` alone."""
    return [x for _, x in sorted(((rng.random(), i), x) for i, x in enumerate(options))]


def item_words(one: str, several: str, look: str) -> dict[str, str]:
    """Put an item into the forms that sentences need, article included."""
    noun = one.removeprefix("pair of ")
    name = f"{look} {noun}" if noun == one else f"pair of {look} {noun}"
    article = "an" if name[0] in "aeiou" else "a"
    counted = several if noun == one else f"pairs of {several}"
    return {
        "item_a": f"{article} {name}",
        "items": several,
        "items_cap": several[0].upper() + several[1:],
        "that": one,
        "counted": counted,
    }


def draw_facts(rng: random.Random, kernel: dict, orgs: list, names: dict) -> dict:
    """Invent the people, places and numbers of one item."""
    city, base = pick(rng, names["cities"]), pick(rng, orgs)
    named = rng.random() < 0.5 and " of " not in base and " for " not in base
    return {
        "city": city,
        "district": pick(rng, names["districts"]),
        "person": f"{pick(rng, names['first'])} {pick(rng, names['last'])}",
        "org": f"{city} {base}" if named else base,
        "number": str(
            kernel["low"] + int(rng.random() * (kernel["high"] - kernel["low"]))
        ),
        "date": f"{1 + int(rng.random() * 28)} "
        f"{pick(rng, kernel['months'] or names['months'])}",
    }


def fill(template: str, words: dict[str, str]) -> str:
    """Fill a sentence's slots and begin it with a capital letter."""
    article = "an" if words["city"][0] in "AEIOU" else "a"
    text = template.replace(" a {city}", f" {article} {{city}}").format(**words)
    first = 1 if text[0] == '"' else 0
    return text[:first] + text[first].upper() + text[first + 1 :]


def compose(rng, topic, kernel, choice, context, key, look, shared, names) -> dict:
    """Write one item from the chosen sentences."""
    facts = draw_facts(rng, kernel, shared["orgs"], names)
    one, several, _ = ITEMS[key]
    words = facts | item_words(one, several, look)
    words["counted"] = f"{facts['number']} {words['counted']}"
    lead, detail, quote, end = (
        kernel[part][i] for part, i in zip("LDQE", choice, strict=True)
    )
    middle = [context, detail] if rng.random() < 0.6 else [detail, context]
    sentences = [lead, *middle, quote, end]
    headline = pick(rng, kernel["H"])
    return {
        "headline": fill(headline, words),
        "body": " ".join(fill(sentence, words) for sentence in sentences),
        "topic": topic,
        "picture_key": key.replace("-boot", " boot"),
        "organisation": facts.pop("org"),
        "kernel": kernel["name"],
    } | facts


def choices_of(rng: random.Random, kernel: dict) -> list[tuple[int, ...]]:
    """Choose which sentences go together, so that no two items share most of them."""
    ways = itertools.product(*(range(len(kernel[part])) for part in "LDQE"))
    left, chosen = shuffled(rng, list(ways)), []
    while len(chosen) < ITEMS_PER_KERNEL:

        def overlap(way: tuple[int, ...]) -> int:
            same = (sum(a == b for a, b in zip(way, o, strict=True)) for o in chosen)
            return sum(4**count for count in same)

        best = min(left, key=overlap)
        left.remove(best)
        chosen.append(best)
    return chosen


ITEMS = read_items()


def make() -> list[dict]:
    """Make every item, in a fixed random order, with its id."""
    rng, names, used, rows = (
        random.Random(20_260),
        read_lists("names.txt"),
        Counter(),
        [],
    )
    for path in sorted((HERE / "kernels").glob("*.txt")):
        shared, kernels = read_kernels(path)
        for kernel in kernels:
            contexts: list[str] = []
            for choice in choices_of(rng, kernel):
                contexts = contexts or shuffled(rng, shared["C"])
                key = min(kernel["items"], key=lambda item: (used[item], item))
                used[key] += 1
                look = pick(rng, ITEMS[key][2])
                context = contexts.pop()
                parts = (choice, context, key, look, shared, names)
                rows.append(compose(rng, path.stem, kernel, *parts))
    rows = shuffled(rng, rows)
    numbered = ({"id": f"cn-{i:04d}"} | row for i, row in enumerate(rows, 1))
    return [{column: row[column] for column in COLUMNS} for row in numbered]


def make_zh() -> list[dict]:
    """Read the Chinese pieces: a line `# title | author | collection`, then verse."""
    rows = []
    for block in (HERE / "zh.txt").read_text(encoding="utf-8").split("# ")[1:]:
        head, *lines = block.strip().splitlines()
        title, author, collection = (part.strip() for part in head.split("|"))
        values = (title, author, "\n".join(lines), collection)
        rows.append(dict(zip(ZH_COLUMNS, values, strict=True)))
    return rows


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the set of a text's word trigrams, without capitals and punctuation."""
    words = re.findall(r"[\w'-]+", text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def near_duplicate_pairs(texts: list[str], threshold: float) -> list[tuple[int, int]]:
    """Find the pairs whose exact Jaccard similarity reaches the threshold."""
    sets, pairs = [shingles(text) for text in texts], []
    for (i, a), (j, b) in itertools.combinations(enumerate(sets), 2):
        shared = len(a & b)
        if shared >= threshold * (len(a) + len(b) - shared):
            pairs.append((i, j))
    return pairs


def measure(rows: list[dict]) -> None:
    """Print the numbers that the datasheet states."""
    bodies = [row["body"] for row in rows]
    tokens = [re.findall(r"[\w'-]+|[^\w\s]", body.lower()) for body in bodies]
    bigrams = [pair for words in tokens for pair in itertools.pairwise(words)]
    lengths = sorted(len(body.split()) for body in bodies)
    print("items", len(rows), "kernels", len({row["kernel"] for row in rows}))
    print("words a body", lengths[0], lengths[len(lengths) // 2], lengths[-1])
    print("word types", len({word for words in tokens for word in words}))
    print("distinct-2", round(len(set(bigrams)) / len(bigrams), 3))
    print("exact duplicates", len(bodies) - len(set(bodies)))
    print("headlines", len({row["headline"] for row in rows}))
    for threshold in (0.8, 0.5):
        pairs = near_duplicate_pairs(bodies, threshold)
        print(f"items in a pair at {threshold}", len(set(itertools.chain(*pairs))))
    print("topics", dict(sorted(Counter(row["topic"] for row in rows).items())))
    print("pictures", dict(sorted(Counter(r["picture_key"] for r in rows).items())))


def main() -> None:
    """Write the file, or measure it."""
    rows = make()
    if "--measure" in sys.argv[1:]:
        measure(rows)
        return
    tables = {"city_news.csv": rows, "city_news_zh.csv": make_zh()}
    write_texts(HERE, {name: csv_text(table) for name, table in tables.items()})


if __name__ == "__main__":
    main()
