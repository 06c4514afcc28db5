"""Lesson 07's race: what a GPT and an LSTM reach after the same seconds of training.

Both read Tiny Shakespeare character by character, cut as in lessons 06 and 07, with
the same optimizer; each one's learning rate follows the clock, so that each has a whole
schedule, and each has the settings that are quickest for it: XLA for the GPT, oneDNN
for the LSTM. A GPT without token shift runs as well. Compiling does not count.
The last line is the LSTM's perplexity on the validation tenth / our GPT's.
"""

import argparse
import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as lesson 07 does
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402

from helpers import course, datasets, training  # noqa: E402
from helpers.metrics.text import perplexity  # noqa: E402
from helpers.models.text.gpt import GPT  # noqa: E402
from helpers.models.text.lstm import LSTMLanguageModel  # noqa: E402
from helpers.text.batches import windows  # noqa: E402
from helpers.text.tokenizers import CharTokenizer

SECONDS = 40.0
LENGTH = 128  # characters that the GPT sees; the LSTM trains on 64, as in lesson 06


def gpt(vocabulary_size: int, token_shift: int = 2) -> tuple:
    """Return lesson 07's GPT, its peak rate, window, batch, and whether XLA serves."""
    options = {"activation": "relu2", "token_shift": token_shift}
    model = GPT(vocabulary_size, 3, 2, 128, max_sequence_length=LENGTH, **options)
    return model, 0.01, LENGTH, 8, True


def gpt_without_shift(vocabulary_size: int) -> tuple:
    """Return the same without token shift."""
    return gpt(vocabulary_size, token_shift=0)


def lstm(vocabulary_size: int) -> tuple:
    """Return lesson 06's LSTM and its settings."""
    return LSTMLanguageModel(vocabulary_size, 64, 256), 0.02, 64, 32, False


def race(make, parts: list[np.ndarray], vocabulary_size: int, options) -> list[float]:
    """Train one model for `options.seconds`; print and return its losses in nats."""
    keras.utils.set_random_seed(options.seed)
    model, peak, length, batch, jit = make(vocabulary_size)
    optimizer = training.course_optimizer(None, peak)
    model.compile(optimizer, training.token_loss(), jit_compile=jit)
    limit = training.TimeLimit(options.seconds, peak)
    batches = windows(parts[0], length, batch, seed=options.seed, repeat=True)
    training.fit_for(model, batches, callbacks=[limit])
    losses = [
        training.evaluate(model, windows(part, LENGTH, 32, shuffle=False))
        for part in parts[1:]
    ]
    print(
        f"{make.__name__:18} {model.count_params():,} weights, {limit.steps:5,} steps: "
        f"validation {losses[0]:.3f} nats, test {losses[1]:.3f}",
        flush=True,
    )
    return losses


def main() -> None:
    """Run the race and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of training")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    text = datasets.load("tiny_shakespeare").text
    tokenizer = CharTokenizer.from_text(text)
    cuts = [len(text) * 8 // 10, len(text) * 9 // 10]
    parts = np.split(tokenizer.encode(text), cuts)
    print(f"{options.seconds:g} s each on {course.cores()} cores", flush=True)
    entrants = (gpt, gpt_without_shift, lstm)
    losses = [race(e, parts, tokenizer.vocabulary_size, options) for e in entrants]
    (ours, _), _, (theirs, _) = losses
    print(f"ratio: {perplexity(theirs) / perplexity(ours):.3f}")


if __name__ == "__main__":
    main()
