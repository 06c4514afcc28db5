"""Score the fine-tune on CoNLL-2003 from more than one seed.

The first row is the card of the shipped checkpoint, ner_conll2003. Each other seed is
trained by the same recipe into build/ner_seed<seed>, whose card is its row. The rows so
far are kept in build/ner_seeds_rows.csv: the same command goes on from there after a
stop.
"""

import os
import shutil

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections.abc import Mapping
from pathlib import Path

from helpers import checkpoints, course
from recipes import _shipping, _tables, ner_conll2003

SEEDS = (0, 1)
SCORES = ("entity_f1", "weighted_f1", "macro_f1")
KINDS = ("validation", "", "shipped")  # the full change on both splits, the shipped one


def card_of(seed: int, smoke: bool, output: Path | None) -> Mapping:
    """Return the card of a seed's training; train it if there is none yet."""
    if seed == ner_conll2003.SEED:
        return checkpoints.card(ner_conll2003.NAME)
    folder = (output or course.root() / "build") / f"ner_seed{seed}"
    if not (folder / f"{ner_conll2003.NAME}.json").exists():
        options = ["--seed", str(seed), "--output", str(folder)]
        ner_conll2003.main([*options, *["--smoke"] * smoke])
    return checkpoints.card(ner_conll2003.NAME, folder)


def row(card: Mapping) -> dict[str, float]:
    """Return the scores of a card, and the minutes of one core's time it took."""
    names = [f"{kind}_{score}".lstrip("_") for kind in KINDS for score in SCORES]
    found, minutes = {name: card["metrics"][name] for name in names}, card["minutes"]
    return {**found, "minutes": minutes, "cpu_seconds": round(60 * minutes, 1)}


def main() -> None:
    """Make the table ner_seeds."""
    options = _shipping.recipe_options(__doc__)
    about = {
        "data": "conll2003: settings chosen on validation; all 46,435 test words "
        "scored once for each seed",
        "settings": "of recipes.ner_conll2003; validation_ and no prefix: the change "
        "whole, shipped_: cut down to low rank",
    }

    def measure(case: Mapping) -> dict[str, float]:
        return row(card_of(case["seed"], options.smoke, options.output))

    cases = [{"seed": seed} for seed in SEEDS]
    rows = cases[-1:] if options.smoke else cases
    _tables.fill("ner_seeds", rows, measure, about, options.output)
    if options.smoke:
        shutil.rmtree(options.output / f"ner_seed{SEEDS[-1]}")


if __name__ == "__main__":
    main()
