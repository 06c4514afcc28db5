"""Train lesson 23's towers with several seeds, each time with one part taken out.

Each reader's last five films are held out. The rows so far are kept in
build/film_seeds_rows.csv: the same command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from functools import cached_property

import numpy as np

from helpers import datasets, pretrained
from helpers.apps import collaborative, films
from helpers.metrics import ranking
from recipes import _shipping, _tables

VARIANTS = ("full", "no text", "no numbers", "no order", "no time", "no correction")
SEEDS, EPOCHS, HELD_OUT = (0, 1, 2), 6, 5


def no_numbers(towers) -> None:
    """Let the features alone describe an item."""
    towers.items.known = towers.items.known * 0


def no_order(towers) -> None:
    """Give all earlier items the same weight."""
    towers.places.assign(towers.places * 0)
    towers.places.trainable = False


def no_time(towers) -> None:
    """Hide when the recommendation is made."""
    towers.clock.trainable = False
    for weights in towers.clock.weights:
        weights.assign(weights * 0)


def no_correction(towers) -> None:
    """Treat popular wrong answers like all others."""
    towers.log_chance = towers.log_chance * 0


CHANGES = {
    "no numbers": no_numbers,
    "no order": no_order,
    "no time": no_time,
    "no correction": no_correction,
}


class Trial:
    """The films, the parts, and one training with something taken out."""

    def __init__(self, name: str = "movielens_small", fallback: bool = False):
        tables = datasets.load(name, fallback=fallback).tables
        ratings = tables["ratings"]
        items = np.unique(ratings["item"])
        movies = tables["movies"]
        self.movies = movies[movies["item"].isin(items)]
        self.rows = collaborative.in_order(ratings, items)
        back = self.rows["back"]
        names = {"user": self.rows["reader"], "item": items[self.rows["item"]]}
        self.past = self.rows[back >= HELD_OUT]
        self.ratings = self.rows.assign(**names)[back >= HELD_OUT]
        later = self.rows[back < HELD_OUT]["item"].to_numpy()
        self.held_out = later.reshape(-1, HELD_OUT)
        pairs = set(zip(self.ratings["user"], self.ratings["item"], strict=True))
        user = np.searchsorted(np.unique(ratings["user"]), tables["tags"]["user"])
        kept = [pair in pairs for pair in zip(user, tables["tags"]["item"])]  # noqa: B905
        self.tags = tables["tags"][kept]

    @cached_property
    def vectors(self) -> np.ndarray:
        """What MiniLM makes of the films' texts, once for all rows."""
        encoder = pretrained.load("minilm")
        return encoder.encode(films.film_texts(self.movies, self.tags))

    def encode(self, texts: list[str]) -> np.ndarray:
        """Stand for the encoder."""
        return self.vectors

    def run(self, variant: str, seed: int, epochs: int) -> dict[str, float]:
        """Train once; return nDCG@10 and hit rate of the towers and of the sum."""
        made = films.Recommender(self.movies, self)
        if variant == "no text":
            made.features[:, :-2] = 0
        made.fit(self.ratings, seed, epochs=epochs, change=CHANGES.get(variant))
        parts = made.parts(self.past)
        seen = collaborative.matrix(self.past, parts["ease"].shape) > 0
        found = {}
        for name, scores in (
            ("towers", parts["towers"]),
            ("sum", sum(w * parts[key] for key, w in made.weights.items())),
        ):
            ranks = ranking.ranks_of(scores, self.held_out, seen)
            found[f"{name}_ndcg"] = round(float(ranking.ndcg(ranks).mean()), 4)
            found[f"{name}_hit_rate"] = round(float(ranking.hit_rate(ranks).mean()), 4)
        return found


def main() -> None:
    """Make the table film_seeds."""
    options = _shipping.recipe_options(__doc__)
    trials: list[Trial] = []

    def measure(case: dict) -> dict:
        if not trials:
            trials.append(Trial(fallback=options.smoke))
        epochs = 1 if options.smoke else EPOCHS
        return trials[0].run(case["variant"], case["seed"], epochs)

    about = {
        "data": "movielens_small (October 2016, 671 readers): last five films of each "
        "reader held out, all unseen films ranked; only tags of the rest",
        "settings": f"{EPOCHS} epochs; the sum is weighted as helpers/apps/films.py "
        "says, weights learned on the five films before with seed 100",
    }
    rows = [{"variant": v, "seed": s} for s in SEEDS for v in VARIANTS]
    rows = rows[:2] if options.smoke else rows
    _tables.fill("film_seeds", rows, measure, about, options.output)


if __name__ == "__main__":
    main()
