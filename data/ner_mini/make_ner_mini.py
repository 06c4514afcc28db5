"""Write ner_mini's three files from hand-written stories, the same every time.

A story is told several times with other names. Its tellings stay in one split, so no
sentence of the test files has a twin among the training sentences. One name may be a
person, a place, a club or a firm: only the sentence says which.

    python data/ner_mini/make_ner_mini.py
"""

from __future__ import annotations

import random
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
TELLINGS = 5  # of each story
SPLITS = ("train", "validation", "test")
TYPES = {"p": "PER", "l": "LOC", "o": "ORG", "t": "ORG", "m": "MISC", "n": "MISC"}
SLOT = re.compile(r"\{(([plotmn])\d)(\.[su])?\}")

Tagged = list[tuple[str, str]]  # (word, tag)


def lists() -> dict[str, list[str]]:
    """Read the lists of names."""
    lines = (HERE / "names.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if line and line[0] != "#")
    return {key: [part.strip() for part in rest.split("|")] for key, rest in pairs}


def stories() -> list[tuple[str, str, list[str]]]:
    """Read the stories: name, split, sentences."""
    found: list[tuple[str, str, list[str]]] = []
    for line in (HERE / "plots.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            _, name, split = line.split()
            found.append((name, split, []))
        elif line and not line.startswith("#"):
            found[-1][2].append(re.sub(r'^"(?=\{)', '" ', line))
    return found


class Cast:
    """The names of one telling: no two slots of a kind share a name.

    Args:
        names: The lists of `names.txt`.
        rng: Draws the names.
        split: The training stories know only the first three quarters of "both".
    """

    def __init__(self, names: dict[str, list[str]], rng: random.Random, split: str):
        self.names, self.rng, self.taken = names, rng, {}
        both = names["both"]
        quarter = len(both) // 4
        # a few names turn up in nearly every role of one telling
        pool = both[: 3 * quarter] if split == "train" else both[quarter:]
        self.pool = rng.sample(pool, 9)

    def fill(self, pattern: str) -> str:
        """Put ambiguous names into a pattern."""
        one, other = self.rng.sample(self.pool, 2)
        return pattern.replace("{b}", one).replace("{c}", other)

    def draw(self, kind: str, slot: str) -> tuple[str, str]:
        """Draw a name for a slot: its long and its short form."""
        rng, names = self.rng, self.names
        if kind == "p":
            first = rng.choice(names["first"] + names["given"])
            ambiguous = rng.random() < 0.7
            last = rng.choice(self.pool if ambiguous else names["surname"])
            return f"{first} {last}", last
        if kind == "l":
            other = names["place"] + names["given"]
            place = rng.choice(self.pool if rng.random() < 0.6 else other)
            place = self.fill(place)
            return place, place
        if kind == "o":
            long = self.fill(rng.choice(names["organisation"]))
            firm = re.match(r"(\w+) (&|and|Group|Foods|Railways|Insurance)\b", long)
            return long, firm[1] if firm else long
        if kind == "t":
            club = self.fill(rng.choice(names["club"]))
            return club, club
        if kind == "n":
            people = rng.choice(names["people"])
            return people, people
        event = self.fill(rng.choice(names["event" if slot[1] == "1" else "work"]))
        return event, event

    def name(self, slot: str, kind: str, form: str | None) -> str:
        """Return the name in a slot, drawn at its first use."""
        while slot not in self.taken:
            drawn = self.draw(kind, slot)
            same = (n for s, n in self.taken.items() if s[0] == kind)
            if all(drawn[1] != name[1] for name in same):
                self.taken[slot] = drawn
        long, short = self.taken[slot]
        return {None: long, ".s": short, ".u": long.upper()}[form]


def tell(sentence: str, cast: Cast) -> Tagged:
    """Fill a sentence's slots; give every word its tag in IOB2."""
    words: Tagged = []
    place = 0
    for match in SLOT.finditer(sentence):
        words += [(word, "O") for word in sentence[place : match.start()].split()]
        slot, kind, form = match.groups()
        for number, word in enumerate(cast.name(slot, kind, form).split()):
            words.append((word, ("I-" if number else "B-") + TYPES[kind]))
        place = match.end()
    return words + [(word, "O") for word in sentence[place:].split()]


def make() -> dict[str, str]:
    """Return the text of each split's file: word, tab, tag; blank lines between."""
    rng, names = random.Random(2003), lists()
    files = dict.fromkeys(SPLITS, "")
    for _ in range(TELLINGS):
        for _, split, sentences in stories():
            cast = Cast(names, rng, split)
            files[split] += "-DOCSTART-\tO\n\n"
            for sentence in sentences:
                rows = tell(sentence, cast)
                files[split] += "\n".join(f"{word}\t{tag}" for word, tag in rows)
                files[split] += "\n\n"
    return files


def main() -> None:
    """Write the files."""
    for split, text in make().items():
        path = HERE / f"{split}.conll"
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path.name, text.count("\n\n") - text.count("-DOCSTART-"), "sentences")


if __name__ == "__main__":
    main()
