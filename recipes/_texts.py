"""Fine-tune MiniLM to sort texts into classes: one setup in, scores out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from helpers import training
from helpers.models.text.classifier import Classifier, by_length, padded, read
from helpers.pretrained import SentenceEncoder
from helpers.pretrained.names import freeze_tables, without_attention_dropout
from helpers.training.layerwise import LayerwiseAdamW, bert_factors
from recipes import _shared

SAVED = 100  # steps between two states
RISE = 1 / 10  # share of the steps in which the rate rises
Part = tuple[Sequence[str], Sequence[str]]  # texts and their classes


@dataclass(frozen=True)
class Setup:
    """What a fine-tune depends on.

    Attributes:
        steps: training steps.
        batch: texts in a step.
        rate: highest learning rate.
        decay: factor of the rate from a block to the one below.
        head: factor of the head's rate.
        smoothing: share of each label that is spread over all classes.
        spread: how much the lengths in a batch differ; see `by_length`.
        prototypes: length of the head's columns at first, each towards the mean of its
            class; 0 for a random head.
        kept: share of the change of MiniLM's weights that `keep` is to keep.
        seed: of the head, order and dropout.
    """

    steps: int
    batch: int = 48
    rate: float = 6e-4
    decay: float = 0.85
    head: float = 4.0
    smoothing: float = 0.1
    spread: float = 0.2
    prototypes: float = 0.0
    kept: float = 1.0
    seed: int = 0

    def described(self) -> dict:
        """Return all settings as JSON's types."""
        return asdict(self)

    def of(self, seed: int, steps: int | None = None) -> Setup:
        """Return the same setup of another seed, and of so many steps if given."""
        return replace(self, seed=seed, steps=steps or self.steps)


class Texts:
    """A data set of texts with classes, prepared for MiniLM.

    Args:
        parts: by name ("train", "test" …), texts and their classes.
        encoder: MiniLM.
    """

    def __init__(self, parts: Mapping[str, Part], encoder: SentenceEncoder):
        self.encoder = encoder
        self.original = [weight.numpy() for weight in encoder.backbone.weights]
        # dropout's random states are variables too, and no weights
        self.start = [variable.numpy() for variable in encoder.backbone.variables]
        self.classes = sorted({one for _, labels in parts.values() for one in labels})
        self.texts, self.rows, self.labels = {}, {}, {}
        for name, part in parts.items():
            self.add(name, part)

    def add(self, name: str, part: Part) -> None:
        """Add a part, or replace one; its classes are known."""
        place = {one: number for number, one in enumerate(self.classes)}
        self.texts[name] = list(part[0])
        self.rows[name] = self.encoder.ids(self.texts[name])
        self.labels[name] = np.array([place[label] for label in part[1]], np.int32)

    def restore(self) -> None:
        """Put the encoder back to what it was pretrained to."""
        for variable, value in zip(
            self.encoder.backbone.variables, self.start, strict=True
        ):
            variable.assign(value)

    def classifier(self, setup: Setup) -> Classifier:
        """Return a classifier around the encoder as it was pretrained."""
        keras.utils.set_random_seed(setup.seed)
        self.restore()
        freeze_tables(self.encoder.backbone)
        without_attention_dropout(self.encoder.backbone)
        model = Classifier(self.encoder.backbone, len(self.classes))
        model.build()
        if setup.prototypes:
            self._to_prototypes(model, setup.prototypes)
        return model

    def _to_prototypes(self, model: Classifier, length: float) -> None:
        """Turn the head's columns towards the means of the training classes."""
        vectors, _ = read(model, self.rows["train"])
        labels = self.labels["train"]
        numbers = range(len(self.classes))
        means = np.stack([vectors[labels == number].mean(axis=0) for number in numbers])
        means -= means.mean(axis=0)
        means *= length / np.linalg.norm(means, axis=1, keepdims=True)
        model.head.kernel.assign(means.T)

    def batches(self, setup: Setup, start: int = 0) -> Iterator[tuple]:
        """Yield (inputs, classes) of every step from `start` on, without end."""
        rows, labels = self.rows["train"], self.labels["train"]
        lengths = [len(row) for row in rows]
        step, epoch = 0, 0
        while True:
            rng = np.random.default_rng([setup.seed, epoch])
            for chosen in by_length(lengths, setup.batch, rng, setup.spread):
                if step >= start:
                    yield padded([rows[index] for index in chosen]), labels[chosen]
                step += 1
            epoch += 1

    def probabilities(self, model: Classifier, name: str) -> np.ndarray:
        """Return float32 (texts, classes) of a part."""
        _, logits = read(model, self.rows[name])
        return np.asarray(ops.softmax(logits, axis=-1))


def multiplies_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether this processor multiplies in bfloat16, as far as Linux says."""
    flags = cpuinfo.read_text().split() if cpuinfo.exists() else []
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(flags)


@contextmanager
def fast_products() -> Iterator[str]:
    """Multiply matrices in bfloat16 meanwhile where it is faster; sums stay float32.

    Training then takes half the time; on processors that cannot, it would take thrice.
    What is measured is measured outside, in float32, as lessons compute.

    Yields:
        the products' dtype.
    """
    options = "auto_mixed_precision_onednn_bfloat16"
    fast = multiplies_bfloat16() and not _shared.untraced()
    tf.config.optimizer.set_experimental_options({options: fast})
    try:
        yield "bfloat16" if fast else "float32"
    finally:
        tf.config.optimizer.set_experimental_options({options: False})


def compiled(model: Classifier, setup: Setup) -> LayerwiseAdamW:
    """Compile a classifier with the setup's optimizer, and return that."""
    rise = round(RISE * setup.steps)
    layers = len(model.backbone.transformer_layers)
    optimizer = LayerwiseAdamW(
        training.warmup_cosine(setup.rate, setup.steps, rise),
        bert_factors(layers, setup.decay, setup.head),
        weight_decay=0.01,
        global_clipnorm=1.0,
    )
    model.compile(optimizer)
    optimizer.build(model.trainable_variables)
    return optimizer


def train_step(model: Classifier, setup: Setup) -> Callable:
    """Return the traced step: the mean loss over texts, one update.

    Texts differ in length from batch to batch: XLA would compile the network for each.
    The update has one shape, and XLA joins its many passes over all weights into one.
    """
    variables, optimizer = model.trainable_variables, model.optimizer
    classes = model.settings["num_classes"]

    def slopes(inputs, labels):
        with tf.GradientTape() as tape:
            nats = keras.losses.categorical_crossentropy(
                ops.one_hot(labels, classes),
                model(inputs, training=True),
                from_logits=True,
                label_smoothing=setup.smoothing,
            )
            loss = ops.mean(nats)
        return loss, tape.gradient(loss, variables)

    def update(gradients):
        optimizer.apply(gradients, variables)

    ids = tf.TensorSpec((None, None), tf.int32)
    inputs = {"token_ids": ids, "padding_mask": ids}
    signature = (inputs, tf.TensorSpec((None,), tf.int32))
    slopes = tf.function(slopes, input_signature=signature, autograph=False)
    joined = not _shared.untraced()
    update = tf.function(update, autograph=False, jit_compile=joined)

    def step(inputs, labels):
        loss, gradients = slopes(inputs, labels)
        update(gradients)
        return loss

    return step


def fit(texts: Texts, model: Classifier, setup: Setup, state=None) -> dict:
    """Train a classifier, from its saved state if there is one.

    Args:
        texts: the data.
        model: from `texts.classifier`.
        setup: all else.
        state: a `recipes._shared.State`; or None. The finished training is saved too.

    Returns:
        As `_shared.run`, and the dtype of the products.
    """
    compiled(model, setup)
    step, coming = train_step(model, setup), partial(texts.batches, setup)
    with fast_products() as products:
        spent = _shared.run(step, coming, model, setup.steps, state, SAVED)
    if state:
        state.save(model, spent["minutes"])
    return spent | {"products": products}


def keep(texts: Texts, share: float) -> None:
    """Keep a share of the encoder's change: its weights go back the rest of the way.

    Source: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", section 3.
    """
    weights = texts.encoder.backbone.weights
    for weight, value in zip(weights, texts.original, strict=True):
        weight.assign(value + share * (weight.numpy() - value))


def state_of(name: str, output: Path | None, setup: Setup) -> _shared.State:
    """Return the state of a seed's training: recipes of a task share it."""
    settings = {key: str(value) for key, value in setup.described().items()}
    return _shared.state_of(f"{name}_{setup.seed}", output, **settings)
