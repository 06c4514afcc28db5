"""Fine-tune MiniLM to tell good news from bad for an investor; ship the change.

The Financial PhraseBank has no split of its own: a fifth of the sentences on which at
least half of the annotators agree is held out by seed, near-duplicates on one side.
Settings are those of ``recipes.banking_intents``, but for fewer steps and batches that
mix lengths more; no test sentence chooses anything. The state is kept in build every
100 steps: the same command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import functools

import numpy as np

from recipes import _shipping, _sorters, _texts
from recipes._text_sets import phrases

NAME, SEED = "market_tone", 0
BATCH, STEPS = 48, 450  # some five and a half times all training sentences
SETUP = _texts.Setup(STEPS, BATCH, spread=1.0, kept=0.8, seed=SEED)
ABOUT = (
    "The change of MiniLM's weights, and a head, made by training on the Financial "
    "PhraseBank 1.0 (CC BY-NC-SA 3.0; Malo et al. 2014). None of its sentences is in "
    "the file; use it as they may be used: not commercially, and shared alike."
)


def scored(guess: np.ndarray, labels: np.ndarray, agreed) -> dict[str, float]:
    """Return accuracy and macro F1 on all test sentences, and where all agree.

    Args:
        guess: int (texts,): classes found.
        labels: int (texts,): the annotators' majority.
        agreed: bool (texts,): whether they all agree.
    """
    from sklearn.metrics import f1_score

    scores = {}
    for name, part in (("", np.ones(len(labels), bool)), ("all_agree_", agreed)):
        found, true = guess[part], labels[part]
        scores[f"{name}accuracy"] = np.mean(found == true)
        scores[f"{name}macro_f1"] = f1_score(true, found, average="macro")
    return scores


def main() -> None:
    """Make the checkpoint market_tone."""
    options = _shipping.recipe_options(__doc__)
    parts, agreed, name = phrases(SEED, options.smoke)
    said = {
        "about": ABOUT,
        "data": f"{name}: {len(parts['train'][0]):,} sentences on which half of the "
        "annotators agree or more, drawn by the seed",
        "held_out": f"the other {len(agreed):,}; all annotators agree on "
        f"{agreed.sum():,} of them; near-duplicates stay on one side",
    }
    setup = SETUP.of(SEED, 2 if options.smoke else None)
    score = functools.partial(scored, agreed=agreed)
    _sorters.make(NAME, parts, setup, score, said, options.output)


if __name__ == "__main__":
    main()
