"""Recommend films: two towers and EASE score them, a weighted sum ranks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from helpers import memory
from helpers.apps import collaborative, signals
from helpers.apps.retrieval import Encoder
from helpers.checks import require_count
from helpers.text.reading.film_titles import film_texts, film_years

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Suggestion:
    """A film, and how high it scored for this reader; scores have no unit."""

    item: int
    title: str
    score: float


WEIGHTS = {  # of what `parts` returns; learned on lesson 23's validation films
    "towers": 1.4,
    "ease": 0.07,
    "close": 2.2,
    "unreleased": -1.5,
}


class Recommender:
    """Learn what people watch, and suggest what they may watch next.

    Args:
        movies: item, title, genres, and text where there is one.
        encoder: Turns texts into unit vectors.
        tags: item, tag; only of the past.
        half_life: After how many later films a film counts half for EASE.
        strength: EASE's λ.

    Attributes:
        weights: Of the parts of the score; `weigh` learns them.

    Example:
        films = Recommender(tables["movies"], encoder).fit(tables["ratings"])
        print(films.recommend(user=7, k=10))
    """

    def __init__(
        self,
        movies: pd.DataFrame,
        encoder: Encoder,
        tags: pd.DataFrame | None = None,
        half_life: float = 4.0,
        strength: float = 400.0,
    ):
        self.movies = movies.sort_values("item").reset_index(drop=True)
        self.items = self.movies["item"].to_numpy()
        self.half_life, self.strength = half_life, strength
        self.years, self.weights = film_years(self.movies), dict(WEIGHTS)
        vectors = encoder.encode(film_texts(self.movies, tags))
        self.features = signals.features(vectors, self.years)

    def fit(
        self, ratings: pd.DataFrame, seed: int = 0, change=None, **training
    ) -> Recommender:
        """Learn from all of these ratings; whoever rated a film has watched it.

        Args:
            ratings: user, item, timestamp.
            seed: Of the towers' weights and of the order of the examples.
            change: Is called with the fresh towers, to take something out of them.
            **training: What `train_towers` is told, such as epochs.

        Raises:
            ValueError: If an item is not among the films.
        """
        import keras

        from helpers.models.towers import TwoTowers, train_towers

        rows = self.rows = collaborative.in_order(ratings, self.items)
        self.users = np.unique(ratings["user"])
        seen = collaborative.matrix(rows, (len(self.users), len(self.items)))
        self.ease = collaborative.Ease(seen, self.strength)
        self.together = signals.together(rows, len(self.items))
        keras.utils.set_random_seed(seed)
        self.towers = TwoTowers(self.features, seen.sum(axis=0).astype(int))
        if change is not None:
            change(self.towers)
        history, target, at = collaborative.examples(rows, self.towers.length)
        when = signals.decades_of(rows["timestamp"].to_numpy()[at])
        self.losses = train_towers(
            self.towers, history, when, target, seed=seed, **training
        )
        memory.release()  # the compiled step: 0.1 GB that only circles hold
        return self

    def parts(self, rows: pd.DataFrame) -> dict[str, np.ndarray]:
        """Score all films for histories, each part by itself.

        Args:
            rows: As `collaborative.in_order` returns them.

        Returns:
            float32 (readers, films) under each name of `WEIGHTS`, comparable in a row.
        """
        when = _moments(rows)
        shape = len(when), len(self.items)
        faded = collaborative.matrix(rows, shape, self.half_life)
        age = when[:, None] - signals.decades_of_years(self.years)
        return {
            "towers": signals.standardized(self.tower_scores(rows)),
            "ease": signals.standardized(self.ease.scores(faded)),
            "close": signals.close(collaborative.matrix(rows, shape, 2), self.together),
            "unreleased": (age < -0.05).astype(np.float32),  # half a year ahead
        }

    def tower_scores(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the towers' scores alone, float32 (readers, films).

        Args:
            rows: As `collaborative.in_order` returns them.
        """
        when = _moments(rows)
        last = collaborative.last_items(rows, len(when), self.towers.length) + 1
        return self.towers.scores(last.astype(np.int32), when)

    def scores(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the weighted sum of the parts, float32 (readers, films).

        Args:
            rows: As `collaborative.in_order` returns them.
        """
        parts = self.parts(rows)
        return sum(weight * parts[name] for name, weight in self.weights.items())

    def weigh(self, rows: pd.DataFrame, held_out: np.ndarray) -> Recommender:
        """Learn the weights from films that came later and were not fitted.

        Args:
            rows: The histories, as `collaborative.in_order` returns them.
            held_out: int (readers, n), places of what came next.
        """
        from helpers.models.towers import listwise_weights

        parts = self.parts(rows)
        seen = collaborative.matrix(rows, parts["ease"].shape) > 0
        self.weights = listwise_weights(parts, held_out, seen)
        return self

    def recommend(
        self, user: int | None = None, k: int = 10, history: pd.DataFrame | None = None
    ) -> list[Suggestion]:
        """Suggest films that a reader has not watched, the best first.

        Args:
            user: One of those in the ratings; or give a history.
            k: At least 1.
            history: item, timestamp, of somebody new: all parts read histories, so
                nothing is trained anew.

        Raises:
            ValueError: If the user is unknown, or the history empty.
        """
        require_count(k, "Recommender.recommend, k,")
        if history is None:
            place = np.searchsorted(self.users, user)
            if not np.array_equal(self.users[place : place + 1], [user]):
                raise ValueError(f"`recommend` wants a known user, received {user}")
            rows = self.rows[self.rows["reader"] == place].assign(reader=0)
        else:
            if not len(history):
                raise ValueError("`recommend` wants a history, received no rows")
            rows = collaborative.in_order(history.assign(user=0), self.items)
        total = self.scores(rows)[0]
        total[rows["item"]] = -np.inf
        best = np.argsort(-total, kind="stable")[: min(k, len(total) - len(rows))]
        titles = self.movies["title"]
        return [
            Suggestion(int(self.items[i]), titles[i], float(total[i])) for i in best
        ]


def _moments(rows: pd.DataFrame) -> np.ndarray:
    """Return the date of each reader's last row, in decades since 2005."""
    return signals.decades_of(rows.groupby("reader")["timestamp"].max().to_numpy())
