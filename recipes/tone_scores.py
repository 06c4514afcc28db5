"""Score MiniLM on the Financial PhraseBank over several splits: frozen or fine-tuned.

Each seed draws a split of its own, as in recipes.market_tone. "both" is lesson 22's
reader: weighted words beside frozen MiniLM vectors, under a logistic regression.
"tuned" is the fine-tune of recipes.market_tone with the share of its change that is
kept, before that is cut to low rank.
Each row scores its test sentences once. States of trainings and the rows so far are
kept in build: the same command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from helpers import pretrained
from recipes import _shared, _shipping, _tables, _texts, market_tone
from recipes._text_sets import phrases

SEEDS, BOTH, TUNED = (0, 1, 2), "both", "tuned"
STRENGTH = 10.0  # of the logistic regression, its C


def both(texts: _texts.Texts) -> np.ndarray:
    """Return the classes of the test sentences by words and frozen vectors."""
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    words.fit(texts.texts["train"])
    features = {}
    for part in ("train", "test"):
        vectors = sparse.csr_array(texts.encoder.encode(texts.texts[part]))
        columns = [words.transform(texts.texts[part]), vectors]
        features[part] = sparse.hstack(columns).tocsr()
    model = LogisticRegression(C=STRENGTH, max_iter=2_000)
    model.fit(features["train"], texts.labels["train"])
    return model.predict(features["test"])


def tuned(
    texts: _texts.Texts, seed: int, smoke: bool, output: Path | None
) -> tuple[np.ndarray, float]:
    """Return the classes by the fine-tuned model, and the minutes of its training."""
    setup = market_tone.SETUP.of(seed, 2 if smoke else None)
    state = _texts.state_of(market_tone.NAME, output, setup)
    model = texts.classifier(setup)
    spent = _texts.fit(texts, model, setup, state)
    _texts.keep(texts, setup.kept)
    if smoke:
        state.path.unlink()
    return texts.probabilities(model, "test").argmax(axis=1), spent["minutes"]


def main() -> None:
    """Make the table tone_scores."""
    options = _shipping.recipe_options(__doc__)
    encoder = pretrained.load("minilm")

    def measure(case: Mapping) -> dict:
        parts, agreed, _ = phrases(case["seed"], options.smoke)
        texts, row = _texts.Texts(parts, encoder), {}
        if case["model"] == TUNED:
            found = tuned(texts, case["seed"], options.smoke, options.output)
            guess, row["cpu_seconds"] = found[0], round(60 * found[1], 1)
        else:
            guess = both(texts)
        texts.restore()  # the next row begins with MiniLM as it was
        scores = market_tone.scored(guess, texts.labels["test"], agreed)
        return {"texts": len(guess), **_shared.rounded(scores), **row}

    about = {
        "data": "financial_phrasebank: a fifth of the sentences on which at least half "
        "of the annotators agree, drawn by the seed, near-duplicates on one side",
        "settings": f"tuned: {market_tone.SETUP.described()}; both: C = {STRENGTH:g}",
    }
    cases = [
        {"model": model, "seed": seed} for seed in SEEDS for model in (BOTH, TUNED)
    ]
    rows = cases[:2] if options.smoke else cases
    _tables.fill("tone_scores", rows, measure, about, options.output)


if __name__ == "__main__":
    main()
