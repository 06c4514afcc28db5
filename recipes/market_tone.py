"""Fine-tune MiniLM to tell good news from bad for an investor; ship the change.

The Financial PhraseBank has no split of its own: a fifth of the sentences on which at
least half of the annotators agree is held out by seed, near-duplicates on one side.
Settings are those of ``recipes.banking_intents``; no test sentence chooses anything.
The state is kept in build every 100 steps: the same command goes on from there after a
stop, and ``recipes.tone_scores`` goes on from it, too.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from helpers import pretrained
from recipes import _shared, _shipping, _texts
from recipes._text_sets import phrases

NAME, SEED = "market_tone", 0
BATCH, STEPS = 48, 450  # some five and a half times all training sentences
SETUP = _texts.Setup(STEPS, BATCH, spread=1.0, seed=SEED)
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
    setup = SETUP.of(SEED, 2 if options.smoke else None)
    texts = _texts.Texts(parts, pretrained.load("minilm"))
    state = _texts.state_of(NAME, options.output, setup)
    model, labels = texts.classifier(setup), texts.labels["test"]
    spent = _texts.fit(texts, model, setup, state)
    guess = texts.probabilities(model, "test").argmax(axis=1)
    metrics = {f"full_{k}": v for k, v in scored(guess, labels, agreed).items()}
    patch = _texts.patched(texts, model)
    guess = texts.probabilities(model, "test").argmax(axis=1)
    metrics |= scored(guess, labels, agreed)
    print(_shared.rounded(metrics), flush=True)
    card = {
        "about": ABOUT,
        "data": f"{name}: {len(parts['train'][0]):,} sentences on which half of the "
        "annotators agree or more, drawn by the seed",
        "held_out": f"the other {len(agreed):,}; all annotators agree on "
        f"{agreed.sum():,} of them; near-duplicates stay on one side",
        **_shared.facts(SEED, setup.steps, BATCH, spent["minutes"]),
        "clock_minutes": round(spent["clock"], 2),
        "setup": setup.described(),
        "rank": _texts.RANK,
        "products": "bfloat16 in training, float32 in what was measured",
        "classes": texts.classes,
        "metrics": _shared.rounded(metrics),
    }
    _shipping.save(NAME, patch, card, where=options.output)
    if options.output:
        state.path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
