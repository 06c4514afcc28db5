"""Open the desk: fit its parts on the shop's data, as lesson 21 does step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from helpers import datasets
from helpers.apps.retrieval import Encoder
from helpers.apps.service.desk import Desk, Router
from helpers.apps.service.finder import Bigrams, Finder, Remembered
from helpers.apps.service.tools import Orders

if TYPE_CHECKING:
    import pandas as pd

TODAY = date(2026, 3, 2)  # of the messages in the data
PRECISION = 0.9  # of the answers that are given, on the training questions
FOLDS = 5


@dataclass(frozen=True)
class Parts:
    """What all customers share.

    Attributes:
        finder: Fitted.
        router: Fitted.
        threshold: A passage is cited if its probability is above.
        chinese: Searches Chinese titles.
        orders: The rows of all orders, as they are at first.
    """

    finder: Finder
    router: Router
    threshold: float
    chinese: Bigrams
    orders: tuple[Mapping[str, str], ...]

    def desk(self, write: Callable[[str, str], str] | None = None) -> Desk:
        """Return a desk with orders of its own: nobody sees what another cancels.

        Args:
            write: As `Desk` takes it.
        """
        orders = Orders(self.orders)  # copies the rows
        return Desk(
            self.finder, self.router, orders, self.threshold, self.chinese, write
        )


def prepare(encoder: Encoder) -> Parts:
    """Fit finder and router, and choose the threshold by cross-validation.

    Args:
        encoder: Turns texts into unit vectors.
    """
    tables, encoder = datasets.load("support_desk").tables, Remembered(encoder)
    passages = tables["passages"]
    columns = [list(passages[name]) for name in ("title", "text", "asked")]
    known, answers = _known(tables)
    finder = Finder(*columns, encoder)
    threshold = _threshold(finder, known, answers)
    finder.fit(known, answers)
    asked = [*known, *(one for more in columns[2] for one in more)]
    requests = tables["requests"]
    requests = requests[requests["split"] == "train"]
    routes = ["question"] * len(asked) + list(requests["tool"])
    router = Router(encoder, TODAY).fit([*asked, *requests["text"]], routes)
    chinese = Bigrams(list(passages["title_zh"]))
    orders = tuple(tables["orders"].to_dict("records"))
    return Parts(finder, router, threshold, chinese, orders)


def _known(tables: Mapping[str, pd.DataFrame]) -> tuple[list[str], np.ndarray]:
    """Return the training questions and the number of each one's passage, or -1."""
    place = {name: number for number, name in enumerate(tables["passages"]["id"])}
    rows, outside = (
        tables[name][tables[name]["split"] == "train"]
        for name in ("questions", "outside")
    )
    answers = [*rows["passage"].map(place), *[-1] * len(outside)]
    return [*rows["text"], *outside["text"]], np.array(answers)


def _threshold(finder: Finder, known: list[str], answers: np.ndarray) -> float:
    """Return the lowest probability above which nine of ten answers are right."""
    texts = np.array(known)
    fold = np.random.default_rng(0).permutation(len(known)) % FOLDS
    sure, first = np.zeros(len(known)), np.zeros(len(known), int)
    for held in (fold == k for k in range(FOLDS)):
        finder.fit(list(texts[~held]), answers[~held])
        scores = finder.scores(list(texts[held]))
        sure[held], first[held] = scores.max(axis=1), scores.argmax(axis=1)
    order = np.argsort(-sure)
    right = np.cumsum((first == answers)[order])
    precision = right / np.arange(1, len(order) + 1)
    return float(sure[order][np.flatnonzero(precision >= PRECISION).max()])
