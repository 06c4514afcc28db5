"""Measure what each change to the plain GPT buys, on Tiny Shakespeare.

A ladder adds one change after the other; the other rows have one change alone, or the
plain and the whole model at other learning rates, from a seed that the table does not
use. All take the same steps on the same number of characters. The rows so far are kept
in build/text_changes_rows.csv: the same command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers import datasets, training
from helpers.models.text.gpt import GPT
from helpers.text.batches import windows
from helpers.text.tokenizers import CharTokenizer
from recipes import _shipping, _tables
from recipes._language import Trainer, text_batches

LAYERS, HEADS, WIDTH, LENGTH, BATCH, STEPS = 2, 4, 64, 64, 12, 600
PLAIN = {"positions": "learned", "normalization": "layer", "tie_embeddings": False}
CHANGES = {  # in the order of the ladder; the optimizer is no option of the model
    "RMS norm": {"normalization": "rms"},
    "rotary positions": {"positions": "rotary"},
    "squared ReLU": {"activation": "relu2"},
    "Muon": {},
    "token shift": {"token_shift": 2},
}
SEEDS, RATE_SEED = (0, 1, 2), 100
PEAKS = {"AdamW": 1.6e-2, "Muon": 1e-2}  # the best of TRIED, of another seed
TRIED = {"AdamW": (4e-3, 8e-3, 1.6e-2, 3.2e-2), "Muon": (5e-3, 1e-2, 2e-2)}
ORDER = list(CHANGES)


def cases() -> list[dict]:
    """Return the columns that tell a row from the others."""
    rows = []
    for kind, optimizer in (("plain", "AdamW"), ("all", "Muon")):
        for peak in TRIED[optimizer]:
            changes = "" if kind == "plain" else " + ".join(ORDER)
            rows.append(("rate", changes, peak, RATE_SEED))
    chosen = [("ladder", ORDER[:count]) for count in range(len(ORDER) + 1)]
    chosen += [("alone", [change]) for change in ORDER[1:]]
    for group, changes in chosen:
        peak = PEAKS["Muon" if "Muon" in changes else "AdamW"]
        rows += [(group, " + ".join(changes), peak, seed) for seed in SEEDS]
    return [
        dict(zip(("group", "changes", "peak", "seed"), r, strict=True)) for r in rows
    ]


def adamw() -> keras.optimizers.Optimizer:
    """Return nanoGPT's optimizer; its rate is set at each step."""
    optimizer = keras.optimizers.AdamW(
        1e-3, weight_decay=0.1, beta_2=0.99, global_clipnorm=1.0
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta"])
    return optimizer


class Bench:
    """The text, and the last network with its compiled step."""

    def __init__(self, text: str):
        tokenizer = CharTokenizer.from_text(text)
        self.size, ids = tokenizer.vocabulary_size, tokenizer.encode(text)
        cuts = [len(ids) * 8 // 10, len(ids) * 9 // 10]
        self.train, *held_out = np.split(ids, cuts)
        self.held_out = [windows(part, LENGTH, 32, shuffle=False) for part in held_out]
        self.changes, self.trainer = None, None

    def prepare(self, changes: str) -> Trainer:
        """Return a compiled trainer for a model with these changes."""
        if changes != self.changes:
            options = dict(PLAIN)
            for change in filter(None, changes.split(" + ")):
                options |= CHANGES[change]
            muon = "Muon" in changes
            self.changes, self.trainer = (
                changes,
                Trainer(
                    lambda: GPT(
                        self.size,
                        LAYERS,
                        HEADS,
                        WIDTH,
                        max_sequence_length=LENGTH,
                        **options,
                    ),
                    training.course_optimizer(None) if muon else adamw(),
                ),
            )
            self.trainer.step(*next(text_batches(self.train, LENGTH, BATCH, 0)))
        return self.trainer

    def measure(self, case: dict) -> dict:
        """Train one row's model; return its losses in nats and milliseconds a step."""
        trainer, seed = self.prepare(case["changes"]), case["seed"]
        trainer.restart(seed)
        batches = text_batches(self.train, LENGTH, BATCH, seed)
        _, seconds = trainer.train(batches, case["peak"], steps=STEPS)
        losses = [training.evaluate(trainer.model, part) for part in self.held_out]
        return {
            "weights": trainer.model.count_params(),
            "ms_per_step": round(1e3 * seconds / STEPS, 1),
            "validation": round(losses[0], 4),
            "test": round(losses[1], 4),
        }


def main() -> None:
    """Make the table text_changes."""
    global LAYERS, STEPS
    options = _shipping.recipe_options(__doc__)
    LAYERS, STEPS = (1, 2) if options.smoke else (LAYERS, STEPS)
    data = datasets.load("tiny_shakespeare", fallback=options.smoke)
    about = {
        "data": f"{data.name}: eight tenths to train on, one to validate, one to test",
        "settings": f"{LAYERS} blocks, {HEADS} heads, width {WIDTH}, {STEPS} steps of "
        f"{BATCH} windows of {LENGTH} characters",
    }
    rows = cases()[::20] if options.smoke else cases()
    _tables.fill("text_changes", rows, Bench(data.text).measure, about, options.output)


if __name__ == "__main__":
    main()
