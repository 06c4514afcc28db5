"""One small network trained in many ways: the settings, the text, the training."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from helpers import training
from helpers.grammar import Grammar
from helpers.text.tokenizers import WordTokenizer

CONTEXT, EMBEDDING, WIDTH, DEPTH, BATCH = 6, 16, 96, 4, 64
DOCUMENTS, SEEDS_OF_TEXT = (600, 400, 400), (1, 2, 3)  # training, validation, test


@dataclass(frozen=True)
class Setting:
    """One training's choices; the defaults are the baseline."""

    optimizer: str = "AdamW"
    schedule: str = "warm-up + cosine"
    norm: str = "layer norm"
    loss: str = "cross-entropy"
    dropout: float = 0.0
    smoothing: float = 0.0
    clip: float = 0.0  # longest gradient, 0 for any
    average: float = 0.0  # share of the old average that stays, 0 for none
    policy: str = "float32"


def share_of_peak(schedule: str, done: float) -> float:
    """Return the learning rate as a share of its peak.

    Args:
        schedule: one of constant, step, cosine, warm-up + cosine.
        done: share of the training that is over, 0 to 1.
    """
    if schedule == "constant":
        return 1.0
    if schedule == "step":  # a tenth for the third quarter, a hundredth for the last
        return 0.1 ** max(0, math.floor(4 * done) - 1)
    rise = 0.05 if schedule.startswith("warm-up") else 0.0
    if done < rise:
        return (done + 0.001) / (rise + 0.001)  # the first step moves, too
    return (1 + math.cos(math.pi * (done - rise) / (1 - rise))) / 2


class Text:
    """Windows of `CONTEXT` words of grammar_news, and the word after each."""

    def __init__(self, documents: tuple[int, ...] = DOCUMENTS):
        grammar = Grammar.load()
        tokenizer = WordTokenizer(grammar.vocabulary)
        self.vocabulary_size = tokenizer.vocabulary_size
        end = [tokenizer.end_id]
        self.parts = []
        for count, seed in zip(documents, SEEDS_OF_TEXT, strict=True):
            drawn = grammar.sample(count, seed)
            rows = [end + list(tokenizer.encode(" ".join(d))) + end for d in drawn]
            windows = [window for row in rows for window in _windows(row, end[0])]
            table = np.array(windows, "int32")  # (words, CONTEXT + 1)
            self.parts.append((table[:, :-1], table[:, -1]))


def _windows(row: list[int], end: int) -> list[list[int]]:
    """Return each word of a document after its `CONTEXT` words before it."""
    padded = [end] * (CONTEXT - 1) + row
    return [padded[i : i + CONTEXT + 1] for i in range(len(row) - 1)]


def network(setting: Setting, vocabulary_size: int) -> keras.Model:
    """Return the network: embeddings side by side, hidden layers, logits."""
    norms = {
        "layer norm": layers.LayerNormalization,
        "batch norm": layers.BatchNormalization,
        "none": layers.Identity,
    }
    policy = {"dtype": setting.policy}
    parts = [
        keras.Input((CONTEXT,), dtype="int32"),
        layers.Embedding(vocabulary_size, EMBEDDING, **policy),
        layers.Flatten(**policy),  # (batch, CONTEXT * EMBEDDING)
    ]
    for _ in range(DEPTH):
        parts += [
            layers.Dense(WIDTH, **policy),
            norms[setting.norm](**policy),
            layers.Activation("relu", **policy),
            layers.Dropout(setting.dropout, **policy),
        ]
    parts.append(layers.Dense(vocabulary_size, name="head", **policy))
    return keras.Sequential(parts)


def optimizer_of(name: str) -> keras.optimizers.Optimizer:
    """Return the optimizer; its learning rate is set at each step."""
    return {
        "SGD": lambda: keras.optimizers.SGD(),
        "momentum": lambda: keras.optimizers.SGD(momentum=0.9),
        "Adam": lambda: keras.optimizers.Adam(),
        "AdamW": lambda: keras.optimizers.AdamW(weight_decay=0.1),
        "Muon": lambda: keras.optimizers.Muon(
            exclude_layers=["/head/"], weight_decay=0.1, adam_weight_decay=0.1
        ),
    }[name]()


def loss_of(setting: Setting, targets, logits):
    """Return the mean loss of a batch; logits float (B, V), targets int (B,)."""
    logits = ops.cast(logits, "float32")
    truth = ops.one_hot(targets, logits.shape[-1])
    if setting.loss == "squared error":
        return ops.mean(ops.sum(ops.square(ops.softmax(logits) - truth), axis=-1))
    truth = (1 - setting.smoothing) * truth + setting.smoothing / logits.shape[-1]
    return -ops.mean(ops.sum(truth * ops.log_softmax(logits), axis=-1))


class Trainer:
    """A network, its optimizer and one compiled step."""

    def __init__(self, setting: Setting, text: Text):
        self.setting, self.text = setting, text
        self.model = network(setting, text.vocabulary_size)
        self.optimizer = optimizer_of(setting.optimizer)
        self.optimizer.build(self.model.trainable_variables)
        self.averages = [tf.Variable(w) for w in self.model.trainable_variables]

        @tf.function(autograph=False)
        def step(inputs, targets):
            with tf.GradientTape() as tape:
                loss = loss_of(setting, targets, self.model(inputs, training=True))
            variables = self.model.trainable_variables
            gradients = tape.gradient(loss, variables)
            if setting.clip:
                gradients, _ = tf.clip_by_global_norm(gradients, setting.clip)
            self.optimizer.apply(gradients, variables)
            if setting.average:
                for mean, variable in zip(self.averages, variables, strict=True):
                    mean.assign_add((1 - setting.average) * (variable.value - mean))
            return loss

        self.step = step

    def restart(self, seed: int) -> None:
        """Put everything back to the start of a training."""
        keras.utils.set_random_seed(seed)
        fresh = network(self.setting, self.text.vocabulary_size)
        # variables, not weights: dropout's random states are to begin anew as well
        for old, new in zip(self.model.variables, fresh.variables, strict=True):
            old.assign(new)
        for variable in self.optimizer.variables:
            variable.assign(ops.zeros_like(variable))
        for mean, variable in zip(
            self.averages, self.model.trainable_variables, strict=True
        ):
            mean.assign(variable.value)

    def take(self, steps: int, peak: float, seed: int, schedule: str) -> float:
        """Train; return the seconds of processor time that it took."""
        inputs, targets = self.text.parts[0]
        start = time.process_time()
        for number in range(steps):
            share = share_of_peak(schedule, number / steps)
            self.optimizer.learning_rate = peak * share
            rows = training.batch_rows(number, len(inputs), BATCH, seed)
            self.step(inputs[rows], targets[rows])
        return time.process_time() - start

    def use_average(self) -> None:
        """Put the averaged weights into the model."""
        for mean, variable in zip(
            self.averages, self.model.trainable_variables, strict=True
        ):
            variable.assign(mean)

    def scores(self, part: int) -> tuple[float, float]:
        """Return nats a word, and the share of words whose first guess is right."""
        inputs, targets = self.text.parts[part]
        logits = ops.cast(self.model(inputs, training=False), "float32")
        nats = keras.losses.sparse_categorical_crossentropy(targets, logits, True)
        right = ops.convert_to_numpy(logits).argmax(-1) == targets
        return float(ops.mean(nats)), float(right.mean())
