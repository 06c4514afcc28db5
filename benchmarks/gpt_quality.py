"""Seconds of training until a small GPT reaches 1.88 nats a character on Shakespeare.

The course's recipe against a plain one (nanoGPT's own for a CPU), in one process, with
the same data, size (0.8 M parameters), compiler and clock. Validation is the whole last
tenth of the text; it is measured every twentieth of a recipe's schedule, and every
hundredth near the goal. Its time does not count. The last line is plain seconds / our
seconds without compilation; the line before it counts compilation too.
"""

import argparse
import os
import sys

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as lesson 07 does
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402

from helpers import datasets, text, training  # noqa: E402
from helpers.models.text.gpt import GPT  # noqa: E402

GOAL, NEAR = 1.88, 0.06  # nats per character
LENGTH = 64
SIZE = {"num_layers": 4, "num_heads": 4, "hidden_dim": 128}
PLAIN_STEPS, PLAIN_BATCH = 2_000, 12
OUR_STEPS, OUR_BATCH = 340, 16


class Goal(training.Clock):
    """Measure the validation loss now and then, off the clock; stop at the goal."""

    def __init__(self, validation, steps: int):
        super().__init__(validation, every=steps // 20)
        self.fine = steps // 100

    def _validate(self):
        super()._validate()
        loss = self.points[-1][2]
        self.every = self.fine if loss <= GOAL + NEAR else self.every
        self.model.stop_training = loss <= GOAL

    @property
    def reached(self) -> bool:
        """Whether the last measurement is at or under the goal."""
        return self.points[-1][2] <= GOAL


def plain(vocabulary_size: int):
    """Return nanoGPT's model, optimizer, steps and batch size."""
    model = GPT(
        vocabulary_size,
        max_sequence_length=LENGTH,
        positions="learned",
        normalization="layer",
        activation="gelu",
        **SIZE,
    )
    optimizer = keras.optimizers.AdamW(
        training.warmup_cosine(1e-3, PLAIN_STEPS, warmup=100, floor=1e-4),
        weight_decay=0.1,
        beta_2=0.99,
        global_clipnorm=1.0,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta"])
    return model, optimizer, PLAIN_STEPS, PLAIN_BATCH


def ours(vocabulary_size: int):
    """Return the course's model, optimizer, steps and batch size."""
    model = GPT(vocabulary_size, max_sequence_length=LENGTH, activation="relu2", **SIZE)
    return model, training.course_optimizer(OUR_STEPS), OUR_STEPS, OUR_BATCH


def train(recipe, train_ids, validation, vocabulary_size: int, seed: int) -> Goal:
    """Train one recipe until the goal or the end of its schedule."""
    keras.utils.set_random_seed(seed)
    model, optimizer, steps, batch = recipe(vocabulary_size)
    model.compile(optimizer, training.token_loss(), jit_compile=True)
    data = text.windows(train_ids, LENGTH, batch, seed=seed, repeat=True)
    goal = Goal(validation, steps)
    model.fit(data, steps_per_epoch=steps, verbose=0, callbacks=[goal])
    step, _, loss = goal.points[-1]
    reached = f"{loss:.3f} nats" if goal.reached else f"{loss:.3f}, goal not reached"
    print(
        f"{recipe.__name__:6s} {model.count_params():,} parameters, {step} of {steps} "
        f"steps of {batch} x {LENGTH}: {reached} after {goal.seconds:.1f} s "
        f"({1e3 * goal.seconds / (step - 1):.1f} ms a step) "
        f"+ {goal.compile_seconds:.1f} s compilation",
        flush=True,
    )
    return goal


def main() -> None:
    """Train both recipes and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    data = datasets.load("tiny_shakespeare")
    tokenizer = text.CharTokenizer.from_text(data.text)
    token_ids = tokenizer.encode(data.text)
    cut = len(token_ids) * 9 // 10
    validation = text.windows(token_ids[cut:], LENGTH, 128, shuffle=False)
    arguments = (token_ids[:cut], validation, tokenizer.vocabulary_size, seed)
    mine = train(ours, *arguments)
    if not mine.reached:
        sys.exit("the course's recipe did not reach the goal")
    theirs = train(plain, *arguments)
    if not theirs.reached:
        print("the plain recipe did not reach the goal: the ratios are lower bounds")
    whole = theirs.seconds + theirs.compile_seconds
    with_compile = whole / (mine.seconds + mine.compile_seconds)
    print(f"plain / ours with compilation: {with_compile:.2f}")
    print(f"ratio: {theirs.seconds / mine.seconds:.2f}")


if __name__ == "__main__":
    main()
