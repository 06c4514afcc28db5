"""Lesson 07's race: what a GPT and an LSTM reach after the same seconds of training.

Both learn the same text with the same optimizer, from five seeds; each one's learning
rate follows the clock, so that each has a whole schedule, and each has the settings
that are quickest for it: XLA for the GPT, oneDNN for the LSTM. Compiling does not
count. `recipes/text_race.py` runs the race for all of these texts:

- shakespeare: Tiny Shakespeare, cut as in lessons 06 and 07, in windows of 128
  characters; wide: the same, with twice as many windows in a batch of the GPT;
- long: the same text in windows of 2,048 characters;
- recall: a list of random letters with a digit each, and the same letters asked for in
  another order, of which only the answers count.

For each seed the perplexity of the LSTM is divided by the GPT's, on validation text.
The line before the last is the interval for the mean of this ratio, the last its mean.
"""

import argparse
import os
import string
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as lesson 07 does
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for recipes

import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

from helpers import course, datasets, training  # noqa: E402
from helpers.models.text.gpt import GPT  # noqa: E402
from helpers.models.text.lstm import LSTMLanguageModel  # noqa: E402
from helpers.text.batches import windows  # noqa: E402
from helpers.text.tokenizers import CharTokenizer  # noqa: E402
from recipes._language import Trainer, text_batches  # noqa: E402

SECONDS, SEEDS = 30.0, 5
LENGTH = 128  # characters that both are measured on; the LSTM trains on 64 of a text
PAIRS = 8  # in a list of `recall`: 4 characters a pair and 4 a question
KEYS, VALUES = string.ascii_lowercase, string.digits


class Shakespeare:
    """Tiny Shakespeare: eight tenths to train on, one to validate, one to test."""

    length, held_out_batch = LENGTH, 32  # of a window that is measured
    lengths = {"GPT": (LENGTH, 8), "LSTM": (64, 32)}  # of a window, windows in a batch
    peaks = {"GPT": 0.005, "LSTM": 0.08}

    def __init__(self):
        text = datasets.load("tiny_shakespeare").text
        tokenizer = CharTokenizer.from_text(text)
        ids = tokenizer.encode(text)
        cuts = [len(ids) * 8 // 10, len(ids) * 9 // 10]
        self.train, *held_out = np.split(ids, cuts)
        self.size = tokenizer.vocabulary_size
        self.held_out = [
            windows(part, self.length, self.held_out_batch, shuffle=False)
            for part in held_out
        ]

    def batches(self, entrant: str, seed: int) -> Iterator:
        """Yield this entrant's batches without end."""
        return text_batches(self.train, *self.lengths[entrant], seed)


class WideShakespeare(Shakespeare):
    """A control for the next one: as many characters in a step, in short windows."""

    lengths = Shakespeare.lengths | {"GPT": (LENGTH, 16)}


class LongShakespeare(Shakespeare):
    """The same text in windows of 2,048 characters; the LSTM trains as it always does.

    An LSTM does the same for each character, so it can read windows that are longer
    than those it was trained on. The GPT trains on windows of the length that it reads.
    """

    length, held_out_batch = 16 * LENGTH, 2
    lengths = Shakespeare.lengths | {"GPT": (16 * LENGTH, 1)}
    peaks = Shakespeare.peaks | {"GPT": 0.01}


class Recall:
    """Lists such as `a=4 x=0 k=7 ` and then, in another order, `k?7 a?4 x?0 `."""

    length = 8 * PAIRS
    peaks = {"GPT": 0.005, "LSTM": 0.005}

    def __init__(self):
        self.tokenizer = CharTokenizer.from_text(KEYS + VALUES + "=? ")
        self.size = self.tokenizer.vocabulary_size
        self.held_out = [[next(self._draw(seed, 512))] for seed in (-1, -2)]

    def batches(self, entrant: str, seed: int) -> Iterator:
        """Yield batches without end, of one size for both."""
        return self._draw(seed, 16)

    def _draw(self, seed: int, batch: int) -> Iterator:
        """Yield (inputs, targets, weights); only the answers have a weight."""
        rng = np.random.default_rng(abs(seed) + 10**6 * (seed < 0))
        letters = self.tokenizer.encode(KEYS)
        digits = self.tokenizer.encode(VALUES)
        equals, asks, space = (int(self.tokenizer.encode(c)[0]) for c in "=? ")
        while True:
            keys = rng.permuted(np.tile(letters, (batch, 1)), axis=1)[:, :PAIRS]
            values = digits[rng.integers(10, size=(batch, PAIRS))]
            order = rng.permuted(np.tile(np.arange(PAIRS), (batch, 1)), axis=1)
            again = [np.take_along_axis(part, order, 1) for part in (keys, values)]
            halves = [
                np.stack(
                    [k, np.full_like(k, sign), v, np.full_like(k, space)], axis=2
                ).reshape(batch, -1)
                for (k, v), sign in (((keys, values), equals), (again, asks))
            ]
            rows = np.concatenate([[[space]] * batch, *halves], 1).astype("int32")
            inputs, targets = rows[:, :-1], rows[:, 1:]
            answers = (inputs == asks).astype("float32")
            yield inputs, targets, answers / answers.mean()


TEXTS: dict[str, Callable] = {
    "shakespeare": Shakespeare,
    "wide": WideShakespeare,
    "long": LongShakespeare,
    "recall": Recall,
}


def gpt(size: int, length: int) -> GPT:
    """Return lesson 07's modern GPT, for windows of a length."""
    options = {"activation": "relu2", "token_shift": 2, "tie_embeddings": False}
    return GPT(size, 3, 4, 128, max_sequence_length=length, **options)


def lstm(size: int) -> LSTMLanguageModel:
    """Return lesson 06's LSTM."""
    return LSTMLanguageModel(size, 64, 256)


class Race:
    """A text, and a compiled training step for each entrant."""

    def __init__(self, text: str, clock: Callable[[], float] = time.perf_counter):
        self.text, self.clock = TEXTS[text](), clock
        self.trainers = {}
        makers = {
            "GPT": partial(gpt, self.text.size, self.text.length),
            "LSTM": partial(lstm, self.text.size),
        }
        for name, make in makers.items():
            optimizer, jit = training.course_optimizer(None), name == "GPT"
            self.trainers[name] = Trainer(make, optimizer, jit_compile=jit)
            self.trainers[name].step(*next(self.text.batches(name, 0)))  # compile

    @staticmethod
    def peak(text: str, name: str) -> float:
        """Return an entrant's highest learning rate for a text."""
        return TEXTS[text].peaks[name]

    def run(self, name: str, seconds: float, seed: int, peak: float = 0) -> dict:
        """Train one entrant; return its weights, steps and losses in nats."""
        trainer, peak = self.trainers[name], peak or self.text.peaks[name]
        trainer.restart(seed)
        batches = self.text.batches(name, seed)
        steps, _ = trainer.train(batches, peak, None, seconds, self.clock)
        losses = [training.evaluate(trainer.model, part) for part in self.text.held_out]
        weights = trainer.model.count_params()
        return {
            "weights": weights,
            "steps": steps,
            "validation": round(losses[0], 4),
            "test": round(losses[1], 4),
        }


def main() -> None:
    """Run the race and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of training")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--text", choices=TEXTS, default="shakespeare")
    options = parser.parse_args()
    race, ratios = Race(options.text), []
    print(f"{options.seconds:g} s each on {course.cores()} cores", flush=True)
    for seed in range(options.seeds):
        found = {name: race.run(name, options.seconds, seed) for name in race.trainers}
        for name, row in found.items():
            print(f"seed {seed}, {name}: {row}", flush=True)
        difference = found["LSTM"]["validation"] - found["GPT"]["validation"]
        ratios.append(np.exp(difference))
    half = stats.t.ppf(0.975, len(ratios) - 1) * stats.sem(ratios)
    mean = np.mean(ratios)
    print(f"95 % interval of the mean ratio: {mean - half:.3f} to {mean + half:.3f}")
    print(f"ratio: {mean:.3f}")


if __name__ == "__main__":
    main()
