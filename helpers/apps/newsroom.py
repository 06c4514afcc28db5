"""What a news desk reads: a request, and the words and names that it knows."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers import checkpoints, datasets
from helpers.images.tones import TONES, tones
from helpers.text.bpe import BPETokenizer
from helpers.text.stories import NAMES, source, swap_names


@dataclass(frozen=True)
class Request:
    """What an article is written from.

    Attributes:
        headline: with its facts in it; "" if there is none.
        facts: a value for each name of `helpers.text.stories.FACTS`.
        picture: uint8 (28, 28), as in Fashion-MNIST.
    """

    headline: str
    facts: Mapping[str, str]
    picture: np.ndarray

    @property
    def source(self) -> str:
        """The headline and the facts as the writer reads them."""
        return source(self.headline, self.facts)

    def renamed(self, names: Mapping[str, str]) -> Request:
        """Return the request with other names in headline and facts."""
        facts = {**self.facts, **{name: names[name] for name in NAMES}}
        headline = swap_names(self.headline, self.facts, names)
        return Request(headline, facts, self.picture)

    @property
    def tone(self) -> str:
        """Whether the picture is dark or pale, measured from its pixels."""
        return TONES[tones(self.picture[None])[0]]


def known_names() -> list[dict[str, str]]:
    """Return names of training stories, which the shipped model knows how to spell.

    Districts that begin with "the" are left out: a sentence could not always take
    another name in their place.
    """
    stories = datasets.load("picture_news").tables["stories"]
    rows = stories[stories["split"] == "train"][list(NAMES)].to_dict("records")
    return [row for row in rows if not row["district"].startswith("the ")]


def ordinary_words() -> frozenset[str]:
    """Return words that are no names, in small letters.

    They are all words of the training stories but those of their slots, and the words
    that city_news writes in small letters.
    """
    stories = datasets.load("picture_news").tables["stories"]
    known = " ".join(stories.loc[stories["split"] == "train", "article"])
    plain = re.sub(r"\{\w+\}", " ", known).lower()
    more = " ".join(datasets.load("city_news").table["body"])
    return frozenset(re.findall(r"\b[a-z][a-z'-]+", f"{plain} {more}"))


def shipped_tokenizer() -> BPETokenizer:
    """Return the tokenizer that lies beside the shipped model."""
    content = checkpoints.arrays("news_writer")["tokenizer"].tobytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        path.write_bytes(content)
        return BPETokenizer.load(path)
