"""Fine-tune MiniLM to tell the 77 intents of Banking77; ship the low-rank change.

No test text chooses anything. The state is kept in build every 100 steps: the same
command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import functools

import numpy as np

from recipes import _shipping, _sorters, _texts
from recipes._text_sets import banking, same_words

NAME, SEED = "banking_intents", 0
BATCH, STEPS = 48, 1_463  # seven times all 10,003 training texts
SETUP = _texts.Setup(STEPS, BATCH, kept=0.8, seed=SEED)
ABOUT = (
    "The change of MiniLM's weights, and a head, made by training on Banking77 (CC BY "
    "4.0, PolyAI; Casanueva et al. 2020). None of its texts is in the file. Of the "
    "change, four fifths are kept; full_ names the score before that, of all of it."
)


def scores(
    guess: np.ndarray, labels: np.ndarray, repeated: np.ndarray
) -> dict[str, float]:
    """Return the accuracy on the test texts, and apart on those that train holds too.

    Args:
        guess: int (texts,): classes found.
        labels: int (texts,): true classes.
        repeated: bool (texts,): whether a training text has the same words.
    """
    right = guess == labels
    return {
        "accuracy": right.mean(),
        "accuracy_new_texts": right[~repeated].mean(),
        "accuracy_repeated_texts": right[repeated].mean() if repeated.any() else 0.0,
    }


def main() -> None:
    """Make the checkpoint banking_intents."""
    options = _shipping.recipe_options(__doc__)
    parts, name = banking(options.smoke)
    repeated = same_words(parts["test"][0], parts["train"][0])
    said = {
        "about": ABOUT,
        "data": f"{name}: all its {len(parts['train'][0]):,} training texts",
        "held_out": f"the {len(repeated):,} texts of its test split; {repeated.sum()} "
        "of them have the same lower-cased words as a training text",
    }
    setup = SETUP.of(SEED, 2 if options.smoke else None)
    score = functools.partial(scores, repeated=repeated)
    _sorters.make(NAME, parts, setup, score, said, options.output, timed=True)


if __name__ == "__main__":
    main()
