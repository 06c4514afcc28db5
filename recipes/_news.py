"""Stories for training: new facts, new pictures, and the ids that a model reads."""

from __future__ import annotations

import numpy as np

from helpers import images
from helpers.apps.news import ARTICLE, SOURCE
from helpers.text.bpe import BPETokenizer
from helpers.text.stories import THINGS, TONES, fill, source, source_ids

MADE_UP, NO_HEADLINE = 0.35, 0.1  # shares of names made up, of headlines left out
SYLLABLES = (
    "ba bel bor cas dan del dor el fen gar hal han il jor ka kel lan lor mar mel mor "
    "nar nes nor ol or pel ra ren ros sal sel sol ta tal ten tor ul va vel ver wal wen "
    "win yor zan zel"
).split()
ENDS = {"city": ["ton", "by", "ford", "haven", "mouth", "stead"], "last": ["", "", "s"]}


class Draw:
    """Draw stories with new facts and pictures from the training parts.

    Args:
        stories: the training rows of picture_news.
        pictures: uint8 (n, 28, 28).
        cells: of each picture, 2 × class + tone; -1 where the tone is unclear.
        tokenizer: of the words.
    """

    def __init__(self, stories, pictures, cells, tokenizer):
        self.stories = stories.to_dict("records")
        self.pictures, self.tokenizer = pictures, tokenizer
        self.cells = [np.flatnonzero(cells == cell) for cell in range(20)]
        self.first, self.last = zip(*map(str.split, stories["person"]), strict=True)

    def name(self, rng: np.random.Generator, kind: str) -> str:
        """Make up a name, of two or three syllables."""
        count = 2 if kind == "city" else rng.integers(2, 4)
        word = "".join(rng.choice(SYLLABLES, count)) + rng.choice(ENDS[kind])
        return word.capitalize()

    def facts(self, rng: np.random.Generator, row: dict) -> dict[str, str]:
        """Draw facts for a story, each from another story or made up."""
        other = [self.stories[i] for i in rng.integers(len(self.stories), size=4)]
        first, last = rng.choice(self.first), rng.choice(self.last)
        made = rng.random(4) < MADE_UP
        first = self.name(rng, "last") if made[0] else first
        last = self.name(rng, "last") if made[1] else last
        low, high = (10, 100) if int(row["number"]) < 100 else (100, 1_000)
        district, organisation = other[1]["district"], other[2]["organisation"]
        if made[3]:  # another word in a name of several: "Weavers' Hospital"
            words = other[3]["organisation"].split()
            words[0] = self.name(rng, "city")
            organisation = " ".join(words)
            district = f"{self.name(rng, 'last')} {other[3]['district'].split()[-1]}"
        return {
            "city": self.name(rng, "city") if made[2] else other[0]["city"],
            "district": district,
            "person": f"{first} {last}",
            "organisation": organisation,
            "number": str(rng.integers(low, high)),
            "date": f"{rng.integers(1, 29)} {other[0]['date'].split()[1]}",
        }

    def batch(self, rng: np.random.Generator, size: int):
        """Return pictures, ids (B, SOURCE + ARTICLE + 1)."""
        rows, shown = [], []
        for number in rng.integers(len(self.stories), size=size):
            row, cell = self.stories[number], rng.integers(20)
            shown.append(rng.choice(self.cells[cell]))
            facts = self.facts(rng, row)
            thing, tone = THINGS[cell // 2], TONES[cell % 2]
            head = "" if rng.random() < NO_HEADLINE else row["headline"]
            text = fill(row["article"], facts, thing, tone)
            head = fill(head, facts, thing, tone)
            rows.append(encode(self.tokenizer, source(head, facts), text))
        return images.to_float(self.pictures[shown]), np.stack(rows)


def encode(tokenizer: BPETokenizer, given: str, article: str) -> np.ndarray:
    """Return ids (SOURCE + ARTICLE + 1,): source, article, and end tokens after it."""
    ids = tokenizer.encode(" " + article)[:ARTICLE]
    row = np.full(SOURCE + ARTICLE + 1, tokenizer.end_id, np.int32)
    row[:SOURCE] = source_ids(tokenizer, given, SOURCE)
    row[SOURCE : SOURCE + len(ids)] = ids
    return row


def targets_of(ids: np.ndarray, end_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what follows each id, and weights: 1 on the article and its first end."""
    targets = ids[:, 1:]
    ended = np.cumsum(targets[:, SOURCE - 1 :] == end_id, axis=1)
    weights = np.zeros(targets.shape, np.float32)
    weights[:, SOURCE - 1 :] = (ended == 0) | (
        (ended == 1) & (targets[:, SOURCE - 1 :] == end_id)
    )
    return targets, weights
