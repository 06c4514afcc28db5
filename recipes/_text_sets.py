"""The texts that classifiers are tuned on, in parts; invented news in a test."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from helpers import datasets, splits
from helpers.text.duplicates import near_duplicates

Parts = dict[str, tuple[list[str], list[str]]]


def banking(smoke: bool = False) -> tuple[Parts, str]:
    """Return Banking77's parts train and test, and the name of the set.

    Args:
        smoke: whether to take a few invented headlines instead.
    """
    if smoke:
        return _news(), "city_news"
    table = datasets.load("banking77").table
    return _parts(table, "text", "category"), "banking77"


def phrases(seed: int, smoke: bool = False) -> tuple[Parts, np.ndarray, str]:
    """Split the Financial PhraseBank anew: it has no split of its own.

    Sentences that are the same but for small changes stay on one side.

    Args:
        seed: of the split; a fifth is for testing.
        smoke: whether to take a few invented headlines instead.

    Returns:
        The parts train and test; of each test sentence, whether all annotators agree;
        and the name of the set.
    """
    if smoke:
        parts = _news()
        return parts, np.arange(len(parts["test"][0])) % 2 == 0, "city_news"
    table = datasets.load("financial_phrasebank").table
    alike = near_duplicates(list(table["sentence"]))
    _, for_testing = splits.split(len(table), (0.8, 0.2), seed, groups=alike)
    table["split"] = "train"
    table.loc[for_testing, "split"] = "test"
    agreed = table["agreement"].to_numpy()[for_testing] == 100
    return _parts(table, "sentence", "sentiment"), agreed, "financial_phrasebank"


def few(part: tuple, count: int, seed: int) -> tuple[list[str], list[str]]:
    """Draw so many texts of each class, or all that it has.

    Args:
        part: texts and their classes.
        count: texts of a class.
        seed: of the draw.
    """
    texts, labels = part
    rng, chosen = np.random.default_rng(seed), []
    for label in sorted(set(labels)):
        own = [number for number, one in enumerate(labels) if one == label]
        chosen += rng.permutation(own)[:count].tolist()
    return [texts[i] for i in chosen], [labels[i] for i in chosen]


def words(text: str) -> str:
    """Return a text's words in lower case, joined by blanks: no marks, no white space.

    Example:
        >>> words("Where's  my CARD?")
        'where s my card'
    """
    return " ".join(re.findall(r"\w+", text.lower()))


def same_words(texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Tell of each text whether another has the same words, bool (texts,)."""
    known = {words(text) for text in others}
    return np.array([words(text) in known for text in texts], bool)


def _news(count: int = 60) -> Parts:
    """Return some invented headlines of each split."""
    table = datasets.load("city_news").table.groupby("split").head(count)
    return _parts(table[table["split"] != "validation"], "headline", "topic")


def _parts(table: pd.DataFrame, text: str, label: str) -> Parts:
    """Return texts and classes of each split."""
    groups = table.groupby("split", sort=False)
    return {name: (list(rows[text]), list(rows[label])) for name, rows in groups}
