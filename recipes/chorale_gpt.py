"""Train a GPT on Bach's chorales, read from music21; ship it for lesson 24.

Split by tune: no melody of the validation or test pieces is among the training pieces.
Each epoch takes every training piece once, in a key drawn at random.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time

import keras
import numpy as np
import tensorflow as tf

from helpers import training
from helpers.apps.studio import chorales
from helpers.audio.scores import Score, VoiceTokens
from helpers.audio.voice_leading import Copying, rates
from helpers.models.text import GPT
from recipes import _shared, _shipping

NAME, SEED, STEPS, BATCH, LENGTH = "chorale_gpt", 0, 1_600, 8, 192
PEAK, DROPOUT = 0.01, 0.0
SIZE = {"num_layers": 4, "num_heads": 4, "hidden_dim": 128}
WRITTEN = 40  # pieces that are judged, with the rules and without


def windows(pieces: list[Score], rng: np.random.Generator, length: int, batch: int):
    """Yield inputs and targets (B, T) of endless epochs, each piece in one key."""
    keys = [chorales.in_all_keys([piece]) for piece in pieces]
    while True:
        order = rng.permutation(len(keys))
        ids = np.concatenate([keys[i][rng.integers(len(keys[i]))] for i in order])
        ids = np.roll(ids, rng.integers(length))  # other windows in every epoch
        count = (len(ids) - 1) // length
        starts = rng.permutation(count)[: count // batch * batch] * length
        for rows in starts.reshape(-1, batch):
            cut = np.stack([ids[row : row + length + 1] for row in rows])
            yield cut[:, :-1], cut[:, 1:]


def nats(model: keras.Model, pieces: list[Score], length: int = LENGTH) -> float:
    """Return the mean loss of a token, pieces cut into windows, in Bach's key."""
    tokens, total, count = VoiceTokens(), 0.0, 0
    loss = keras.losses.SparseCategoricalCrossentropy(True, reduction=None)
    score = tf.function(lambda x, y: loss(y, model(x)), autograph=False)
    for piece in pieces:
        ids = tokens.encode(piece)
        for start in range(0, len(ids) - 1, length):
            part = ids[start : start + length + 1]
            row = np.zeros((1, length + 1), np.int32)
            row[0, : len(part)] = part
            lost = score(row[:, :-1], row[:, 1:]).numpy()[0, : len(part) - 1]
            total, count = total + lost.sum(), count + len(lost)
    return float(total / count)


def judged(pieces: list[Score], bach: Copying, prefix: str) -> dict[str, float]:
    """Return the faults of pieces, and the longest passage shared with `bach`."""
    arrays = [(p.pitches, p.attacks) for p in pieces if len(p) > 8]
    if not arrays:  # a model of two steps may write nothing
        keys = ("parallels", "crossings", "range", "longest_shared_quarters")
        return {f"{prefix}{key}": 0.0 for key in keys}
    found = rates(arrays)
    kept = {f"{prefix}{k}": found[k] for k in ("parallels", "crossings", "range")}
    longest = max(bach.longest(*piece)[0] for piece in arrays)
    return kept | {f"{prefix}longest_shared_quarters": longest / 2}


def train(model: keras.Model, pieces: list[Score], steps: int, smoke: bool) -> float:
    """Train; return the minutes of one core's time."""
    length, batch = (64, 2) if smoke else (LENGTH, BATCH)
    optimizer = training.course_optimizer(steps, PEAK)
    optimizer.build(model.trainable_variables)
    loss_of = training.token_loss()

    @tf.function(autograph=False, jit_compile=not smoke)
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            loss = loss_of(targets, model(inputs, training=True))
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    start = time.process_time()
    source = windows(pieces, np.random.default_rng(SEED), length, batch)
    for number in range(steps):
        loss = step(*map(tf.constant, next(source)))
        if number % 100 == 0:
            spent = (time.process_time() - start) / 60
            print(f"step {number}: {float(loss):.3f} nats, {spent:.1f} min", flush=True)
    return (time.process_time() - start) / 60


def main() -> None:
    """Make the checkpoint chorale_gpt."""
    options = _shipping.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    parts = chorales.parts(chorales.scores())
    model = GPT(VoiceTokens().size, **SIZE, max_sequence_length=LENGTH, dropout=DROPOUT)
    steps = 2 if options.smoke else STEPS
    minutes = train(model, parts["train"], steps, options.smoke)
    _shipping.round_weights(model)
    writer, count = chorales.ChoraleWriter(model), 2 if options.smoke else WRITTEN
    bach = Copying([(p.pitches, p.attacks) for p in parts["train"]])
    metrics = {f"{part}_nats": nats(model, parts[part]) for part in parts}
    for rules, prefix in ((False, "plain_"), (True, "ruled_")):
        metrics |= judged(writer.write(count, seed=SEED, rules=rules), bach, prefix)
    metrics |= judged(parts["test"], bach, "bach_")
    card = {
        "data": "bach_chorales (music21's scores): 80 % of them, split by tune",
        "held_out": "10 % to validate and 10 % to test, no tune of them in training",
        **_shared.facts(SEED, steps, BATCH, minutes),
        "metrics": _shared.rounded(metrics),
    }
    _shipping.save(NAME, model, card, where=options.output)
    print(f"{NAME}: {card['metrics']}", flush=True)


if __name__ == "__main__":
    main()
