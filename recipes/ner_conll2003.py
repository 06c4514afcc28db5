"""Fine-tune all of MiniLM on CoNLL-2003; ship the change as low-rank factors.

Everything is chosen on the validation sentences (testa); the test sentences (testb) are
scored once, all 46,435 words of them. The state is kept in build every 150 steps: the
same command goes on from there after a stop. ``python -m recipes.ner_conll2003 --seed 1
--output build/seed1`` trains from another seed.
"""

import os
import sys

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from dataclasses import replace

import numpy as np

from helpers import datasets, pretrained
from helpers.models.text.lora import Patch
from recipes import _patches, _shared, _shipping
from recipes._ner import Names, Setup, fit

NAME, RANK, SEED = "ner_conll2003", 32, 0
BATCH, STEPS = 8, 1_140
ABOUT = (
    "The change of MiniLM's weights, made by training on CoNLL-2003. The text of "
    "CoNLL-2003 is Reuters' and is not in the file; whether its licence reaches "
    "weights trained on it is unsettled: use them for research and teaching."
)


def small(table, count: int = 24):
    """Return the first sentences of each split, for a test of the recipe."""
    return table.groupby("split").head(count)


def patched(model, names: Names) -> Patch:
    """Replace a fine-tuned model's change by its low-rank copy, in place."""
    weights = names.encoder.backbone.weights
    return _patches.patched(model, weights, names.original, RANK)


def scored(names: Names, model, setup: Setup) -> tuple[dict, np.ndarray, float]:
    """Choose the transitions on the validation split, then score both splits."""
    log_probs = names.log_probs(model, "validation", setup)
    strength, matrix = names.transitions(log_probs, setup)
    found = names.scores(names.tagged(log_probs, "validation", matrix), "validation")
    result = {
        f"validation_{key}": value for key, value in found.items() if "_f1" in key
    }
    log_probs = names.log_probs(model, "test", setup)
    result |= names.scores(names.tagged(log_probs, "test", matrix), "test")
    return result, matrix, strength


def main(argv: list[str] | None = None) -> None:
    """Make the checkpoint ner_conll2003."""
    argv = list(sys.argv[1:] if argv is None else argv)
    seed = SEED
    if "--seed" in argv:
        place = argv.index("--seed")
        seed = int(argv[place + 1])
        del argv[place : place + 2]
    options = _shipping.recipe_options(__doc__, argv)
    data = datasets.load("conll2003", fallback=options.smoke)
    setup = Setup(STEPS, batch=BATCH, seed=seed)
    table = data.table
    if options.smoke:
        table = small(table)
        setup = replace(setup, steps=2, length=64, batch=2, cuts=(1.0,))
    names = Names(table, pretrained.load("minilm"))
    state = _shared.state_of(
        NAME, options.output, **{k: str(v) for k, v in setup.described().items()}
    )
    model = names.tagger(setup)
    spent = fit(names, model, setup, state)
    metrics, _, strength = scored(names, model, setup)
    print("full", _shared.rounded(metrics), flush=True)
    patch = patched(model, names)
    shipped, matrix, shipped_strength = scored(names, model, setup)
    metrics |= {f"shipped_{key}": value for key, value in shipped.items()}
    print("shipped", _shared.rounded(shipped), flush=True)
    card = {
        "about": ABOUT,
        "data": f"{data.name}: its training sentences; settings chosen on validation",
        "held_out": f"{len(names.parts['test'].words.words):,} words of its test split",
        **_shared.facts(seed, setup.steps, setup.batch, spent["minutes"]),
        **_shared.clock_of(spent),
        "setup": setup.described(),
        "rank": RANK,
        "tags": names.tags,
        "transition_strength": strength,
        "shipped_transition_strength": shipped_strength,
        "metrics": _shared.rounded(metrics),
    }
    _shipping.save(NAME, patch, card, {"transitions": matrix}, options.output)
    state.path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
