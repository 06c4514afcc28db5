"""Train a small GPT with planted secrets: as always, clipped, with noise, or stopped.

The text is a fifth of the training speeches of Tiny Shakespeare, so that lesson 26's
secrets come more often than in its own text. The rows so far are kept in
build/private_training_rows.csv: the same command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import math
import string

import keras
import numpy as np
import tensorflow as tf

import helpers.models.text as library
from helpers import datasets, training
from helpers.safety import memorisation, privacy
from helpers.text import CharTokenizer, windows
from recipes import _shipping, _tables

WAYS = {  # the longest gradient of an example, the noise, the share of the steps
    "as always": (math.inf, 0.0, 1.0),
    "clipped": (0.5, 0.0, 1.0),
    "noise 0.5": (0.5, 0.5, 1.0),
    "noise 1": (0.5, 1.0, 1.0),
    "stopped": (math.inf, 0.0, 0.15),  # at about the loss that noise leads to
}
LENGTH, BATCH, DIM, LAYERS, HEADS, RATE = 64, 64, 48, 2, 4, 4e-3
COPIES, SHARE, DELTA, STEPS = (1, 10, 100), 5, 1e-5, 300
CASES = [{"way": way, "seed": seed} for way in WAYS for seed in range(3)]


class Bench:
    """The text with its secrets, and how long each model trains on it.

    Args:
        steps: of a whole training.
        each: secrets of every number of copies.
        others: words that were not planted.
        most: held-out characters that count.
    """

    def __init__(self, steps: int, each: int, others: int, most: int | None = None):
        self.steps = steps
        text = datasets.load("tiny_shakespeare", fallback=True).text
        gap = "\n\n" if "\n\n" in text else "\n"  # the stand-in has short lines
        speeches = [one.strip() for one in text.split(gap) if one.strip()]
        cut = len(speeches) * 9 // 10
        rng = np.random.default_rng(26)  # lesson 26 draws the same secrets
        drawn = memorisation.secrets(3 * each + others, 5, string.ascii_lowercase, rng)
        self.secret, self.others = drawn[: 3 * each], drawn[3 * each :]
        copies = {"Info " + w: COPIES[i // each] for i, w in enumerate(self.secret)}
        rng = np.random.default_rng(27)
        planted = memorisation.plant(speeches[:cut:SHARE], copies, rng)
        signs = "\n\n".join(speeches) + string.ascii_lowercase + "Info "
        self.tokenizer = CharTokenizer.from_text(signs)
        self.ids = self.tokenizer.encode("\n\n".join(planted))
        held_out = self.tokenizer.encode("\n\n".join(speeches[cut:])[:most])
        self.unseen = windows(held_out, LENGTH, BATCH, shuffle=False)

    def model(self, seed: int) -> keras.Model:
        """Return a fresh model."""
        keras.utils.set_random_seed(seed)
        size = self.tokenizer.vocabulary_size
        model = library.GPT(size, LAYERS, HEADS, DIM, max_sequence_length=LENGTH)
        model(np.zeros((1, LENGTH), "int32"))
        return model

    def train(self, clip: float, noise: float, steps: int, seed: int) -> keras.Model:
        """Train a model; an infinite clip means plain gradients of the mean loss."""
        model, loss_of = self.model(seed), training.token_loss()
        optimizer = keras.optimizers.Adam(RATE)
        optimizer.build(model.trainable_variables)
        values = [variable.value for variable in model.trainable_variables]

        @tf.function(jit_compile=True, autograph=False)
        def step(x, y, chance):
            if math.isinf(clip):
                with tf.GradientTape() as tape:
                    loss = loss_of(y, model(x))
                gradients = tape.gradient(loss, values)
            else:
                gradients, _ = privacy.private_gradients(
                    lambda a, b: loss_of(b, model(a)),
                    model.trainable_variables, x, y, clip, noise, chance,
                )  # fmt: skip
            optimizer.apply(gradients)

        batches = windows(self.ids, LENGTH, BATCH, repeat=True, seed=seed)
        for i, (x, y) in enumerate(batches.take(steps)):
            step(x, y, tf.constant([seed, i]))
        return model

    def nats(self, model: keras.Model, words: list[str]) -> np.ndarray:
        """Return the summed nats of each word's letters after "Info "."""
        text = "".join("\n\nInfo " + word for word in words)
        rows = self.tokenizer.encode(text).reshape(len(words), -1)

        @tf.function(jit_compile=True, autograph=False)
        def score(part):
            logits = model(part[:, :-1])[:, -5:]
            return tf.reduce_sum(
                tf.nn.sparse_softmax_cross_entropy_with_logits(part[:, -5:], logits), 1
            )

        size = min(1_024, len(rows))
        padded = np.pad(rows, ((0, -len(rows) % size), (0, 0)))
        parts = [
            score(tf.constant(part)) for part in np.split(padded, len(padded) // size)
        ]
        return np.concatenate([part.numpy() for part in parts])[: len(rows)]

    def measure(self, case: dict) -> dict:
        """Return ε, the held-out loss and the mean exposures of a case."""
        clip, noise, share = WAYS[case["way"]]
        steps = max(1, round(share * self.steps))
        model = self.train(clip, noise, steps, case["seed"])
        secret, others = (self.nats(model, one) for one in (self.secret, self.others))
        bits = memorisation.exposure(secret, others).reshape(3, -1).mean(axis=1)
        rate = min(1.0, BATCH * LENGTH / len(self.ids))
        spent = privacy.epsilon(noise, rate, steps, DELTA) if noise else math.inf
        row = {"steps": steps, "epsilon": round(spent, 2)}
        row["nats"] = round(training.evaluate(model, self.unseen), 4)
        for copies, mean in zip(COPIES, bits, strict=True):
            row[f"bits_{copies}"] = round(float(mean), 3)
        return row


def main() -> None:
    """Make the table private_training."""
    options = _shipping.recipe_options(__doc__)
    steps, each, others, most, cases = STEPS, 20, 2**14, None, CASES
    if options.smoke:
        steps, each, others, most, cases = 2, 2, 64, 2_000, CASES[::6]
    about = {
        "data": f"Tiny Shakespeare, every {SHARE}th training speech, with "
        f"{each} secrets each in {', '.join(map(str, COPIES))} copies",
        "settings": f"GPT of width {DIM} with {LAYERS} layers, {steps} steps of Adam "
        f"at {RATE} on {BATCH} windows of {LENGTH} characters; {others} alternatives; "
        f"epsilon at delta {DELTA} for one window, as if drawn at random",
    }
    bench = Bench(steps, each, others, most)
    _tables.fill("private_training", cases, bench.measure, about, options.output)


if __name__ == "__main__":
    main()
