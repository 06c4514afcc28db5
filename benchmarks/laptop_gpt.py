"""Seconds on this machine's CPU until a GPT reads Shakespeare as nanoGPT's does.

nanoGPT's recipe for a GPU trains 10.7 M weights for some minutes on an A100 and reaches
a validation loss of 1.47 nats a character on Tiny Shakespeare, split as here: the first
nine tenths train, the last tenth validates (its README). This script trains the
course's GPT, a fifth as large, until it is as good, on the same split and with the same
window of 256 characters. Validation reads the whole last tenth, off the clock;
compilation counts. It gives up after 90 minutes, prints the loss it reached, and a
ratio of 0. The last line is 1,800 / seconds: above 1 means under half an hour.
"""

import argparse
import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as lesson 07 does
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402

from helpers import datasets, text, training  # noqa: E402
from helpers.models.text.gpt import GPT  # noqa: E402

GOAL, LIMIT, ALLOWED = 1.47, 90 * 60, 1_800  # nats a character; seconds
LENGTH, BATCH, STEPS = 256, 16, 2_100
SIZE = {"num_layers": 4, "num_heads": 4, "hidden_dim": 256}
MODERN = {"activation": "relu2", "token_shift": 2, "dropout": 0.1}


class Goal(training.Clock):
    """Measure the validation loss now and then, off the clock; stop at the goal."""

    def _validate(self):
        super()._validate()
        steps, _, loss = self.points[-1]
        print(f"step {steps:5d}  {self.whole:6.0f} s  {loss:.4f} nats", flush=True)
        self.model.stop_training = self.reached or self.whole > LIMIT

    @property
    def whole(self) -> float:
        """Seconds of training and of compilation."""
        return self.seconds + self.compile_seconds

    @property
    def reached(self) -> bool:
        """Whether the last measurement is at or under the goal."""
        return self.points[-1][2] <= GOAL


def main() -> None:
    """Train until the goal, the end of the schedule or of the time."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS, help="of the schedule")
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)
    data = datasets.load("tiny_shakespeare")
    tokenizer = text.CharTokenizer.from_text(data.text)
    token_ids = tokenizer.encode(data.text)
    cut = len(token_ids) * 9 // 10
    model = GPT(tokenizer.vocabulary_size, max_sequence_length=LENGTH, **SIZE, **MODERN)
    optimizer = training.course_optimizer(options.steps)
    model.compile(optimizer, training.token_loss(), jit_compile=True)
    batches = text.windows(
        token_ids[:cut], LENGTH, BATCH, seed=options.seed, repeat=True
    )
    goal = Goal(
        text.windows(token_ids[cut:], LENGTH, 32, shuffle=False), options.steps // 30
    )
    print(f"{model.count_params():,} weights, {options.steps} x {BATCH} x {LENGTH}")
    training.fit_for(model, batches, steps=options.steps, callbacks=[goal])
    if not goal.reached:
        print(f"not reached: {goal.points[-1][2]:.4f} after {goal.whole:.0f} s")
    print(f"ratio: {ALLOWED / goal.whole if goal.reached else 0:.2f}")


if __name__ == "__main__":
    main()
