"""Fine-tune MiniLM to find names: one setup in, scores out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from functools import cached_property

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import ops

from helpers import pretrained, training
from helpers.metrics.entities import entity_scores, token_scores
from helpers.models.text.tagger import Tagger, decode, word_log_probs
from helpers.pretrained import SentenceEncoder
from helpers.pretrained.names import (
    freeze_tables,
    without_attention_dropout,
    word_pieces,
)
from helpers.text.tag_paths import transition_scores
from helpers.text.tagging import Windows, WordEncoder
from helpers.training.layerwise import LayerwiseAdamW, bert_factors
from recipes import _shared

STRENGTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the transitions, chosen on validation
SAVED = 150  # steps between two states
STRENGTH = 0.6  # of the transitions where none is chosen: in short trainings
RISE = 1 / 15  # share of the steps in which the rate rises


@dataclass(frozen=True)
class Setup:
    """What a fine-tune depends on.

    Attributes:
        steps: training steps; an epoch of CoNLL-2003 has some 143.
        length: pieces in a window.
        batch: windows in a step.
        rate: highest learning rate.
        decay: factor of the rate from a block to the one below; 1 for the same rate.
        average: of the moving average of the weights; 0 for none.
        features: whether case and characters are read.
        context: whether sentences of a document share windows.
        transitions: whether transition scores may be chosen; IOB2 holds anyway.
        word_dropout: share of pieces read as [MASK] in training.
        cuts: first windows' shares over which predictions are averaged.
        seed: of new weights, order, cuts and dropout.
        trained: what of MiniLM learns: "full" (all but the embedding tables), "lora"
            (factors of rank 8 on queries and values) or "frozen" (nothing).
    """

    steps: int = 1_140
    length: int = 256
    batch: int = 8
    rate: float = 4e-4
    decay: float = 0.85
    average: float = 0.998
    features: bool = True
    context: bool = True
    transitions: bool = True
    word_dropout: float = 0.05
    cuts: tuple[float, ...] = (1.0, 0.5)
    seed: int = 0
    trained: str = "full"

    def described(self) -> dict:
        """Return all settings as JSON's types."""
        return {**asdict(self), "cuts": list(self.cuts)}


class Part:
    """The sentences of one split.

    Args:
        table: rows with tokens, tags and document.
        encoder: MiniLM, for its tokenizer.
    """

    def __init__(self, table: pd.DataFrame, encoder: SentenceEncoder):
        self.tags = [list(tags) for tags in table["tags"]]
        documents = table.groupby("document", sort=False)["tokens"].apply(list)
        self.words = WordEncoder(documents, word_pieces(encoder))
        self.lengths = [len(tags) for tags in self.tags]


class Names:
    """A data set of names, prepared for MiniLM.

    Args:
        table: with tokens, tags, split and document; documents in one piece.
        encoder: MiniLM.
    """

    def __init__(self, table: pd.DataFrame, encoder: SentenceEncoder):
        self.encoder = encoder
        self.original = [weight.numpy() for weight in encoder.backbone.weights]
        # dropout's random states are variables too, and no weights
        self.start = [variable.numpy() for variable in encoder.backbone.variables]
        found = {tag for tags in table["tags"] for tag in tags} - {"O"}
        kinds = sorted({tag[2:] for tag in found})
        self.tags = ["O", *(f"{p}-{kind}" for kind in kinds for p in "BI")]
        self.parts = {
            split: Part(rows, encoder) for split, rows in table.groupby("split")
        }

    def with_training(self, rows: pd.DataFrame) -> Names:
        """Return the same data with other training sentences."""
        other = copy(self)
        other.__dict__.pop("numbers", None)  # computed from the training sentences
        other.parts = {**self.parts, "train": Part(rows, self.encoder)}
        return other

    @cached_property
    def numbers(self) -> np.ndarray:
        """The tag number of each training word."""
        place = {tag: number for number, tag in enumerate(self.tags)}
        tags = self.parts["train"].tags
        return np.array([place[t] for one in tags for t in one], np.int32)

    def tagger(self, setup: Setup) -> Tagger:
        """Return a tagger around the encoder as it was pretrained."""
        keras.utils.set_random_seed(setup.seed)
        backbone = self.encoder.backbone
        for variable, value in zip(backbone.variables, self.start, strict=True):
            variable.assign(value)
        if setup.trained == "lora":
            backbone = pretrained.load("minilm").backbone  # the layers stay changed
            backbone.enable_lora(8)
        else:
            freeze_tables(backbone)
            if setup.trained == "frozen":
                backbone.trainable = False
        without_attention_dropout(backbone)
        model = Tagger(
            backbone,
            len(self.tags),
            features=setup.features,
            word_dropout=setup.word_dropout,
        )
        model.build()
        return model

    def windows(self, setup: Setup, epoch: int) -> Windows:
        """Cut the training documents anew."""
        rng = np.random.default_rng([setup.seed, epoch])
        words = self.parts["train"].words
        return words.windows(setup.length, rng=rng, context=setup.context)

    def batches(self, setup: Setup, start: int = 0) -> Iterator[tuple]:
        """Yield (inputs, tags, weights) of every step from `start` on, without end."""
        step, epoch = 0, 0
        while True:
            windows = self.windows(setup, epoch)
            order = np.random.default_rng([setup.seed, epoch, 1]).permutation(
                len(windows.index)
            )
            order = np.resize(order, -(-len(order) // setup.batch) * setup.batch)
            for chosen in order.reshape(-1, setup.batch):
                if step >= start:
                    index = windows.index[chosen]
                    inputs = {k: v[chosen] for k, v in windows.inputs().items()}
                    tags = np.where(index < 0, 0, self.numbers[index])
                    yield inputs, tags, (index >= 0).astype(np.float32)
                step += 1
            epoch += 1

    def log_probs(self, model: Tagger, split: str, setup: Setup) -> np.ndarray:
        """Score every tag of every word of a split."""
        cuts = setup.cuts if setup.context else (1.0,)
        return word_log_probs(
            model,
            self.parts[split].words,
            setup.length,
            setup.batch,
            cuts,
            setup.context,
            jit_compile=not _shared.untraced(),
        )

    def tagged(
        self, log_probs: np.ndarray, split: str, transitions: np.ndarray
    ) -> list[list[str]]:
        """Decode a split's sentences."""
        paths = decode(log_probs, self.parts[split].lengths, transitions)
        return [[self.tags[number] for number in path] for path in paths]

    def matrix(self, strength: float) -> np.ndarray:
        """Return the training tags' transition scores, times `strength`."""
        return transition_scores(self.parts["train"].tags, self.tags, strength)

    def transitions(self, log_probs: np.ndarray, setup: Setup) -> tuple:
        """Choose the strength of the transitions by entity F1 on the validation split.

        Args:
            log_probs: of the validation split.
            setup: says whether there is a choice.

        Returns:
            The strength and its matrix.
        """
        best = (-1.0, 0.0, None)
        for strength in STRENGTHS if setup.transitions else (0.0,):
            matrix = self.matrix(strength)
            guess = self.tagged(log_probs, "validation", matrix)
            f1 = entity_scores(self.parts["validation"].tags, guess)["micro"]["f1"]
            if f1 > best[0]:
                best = (f1, strength, matrix)
        return best[1:]

    def scores(self, guess: Sequence[Sequence[str]], split: str) -> dict[str, float]:
        """Return entity F1, and token-level weighted and macro F1."""
        true = self.parts[split].tags
        tokens = token_scores(true, guess)
        found = {"entity_f1": entity_scores(true, guess)["micro"]["f1"]}
        found |= {f"{m}_f1": tokens[m]["f1"] for m in ("weighted", "macro")}
        zero = {"f1": 0.0}  # of a tag that a small part does not have
        return found | {f"f1_{t}": tokens.get(t, zero)["f1"] for t in self.tags}


def compiled(model: Tagger, setup: Setup) -> LayerwiseAdamW:
    """Compile a tagger with the setup's optimizer, and return that."""
    schedule = training.warmup_cosine(
        setup.rate, setup.steps, round(RISE * setup.steps)
    )
    averaged = {"use_ema": True, "ema_momentum": setup.average} if setup.average else {}
    layers = len(model.backbone.transformer_layers)
    optimizer = LayerwiseAdamW(
        schedule,
        bert_factors(layers, setup.decay),
        weight_decay=0.01,
        global_clipnorm=1.0,
        **averaged,
    )
    model.compile(optimizer)
    optimizer.build(model.trainable_variables)
    return optimizer


def train_step(model: Tagger) -> Callable:
    """Return the compiled step: the mean loss over words, one update."""
    variables, optimizer = model.trainable_variables, model.optimizer

    def step(inputs, tags, weights):
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            nats = keras.losses.sparse_categorical_crossentropy(
                tags, logits, from_logits=True
            )
            loss = ops.sum(nats * weights) / ops.sum(weights)
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    return _shared.compiled(step)


def fit(names: Names, model: Tagger, setup: Setup, state=None) -> dict:
    """Train a tagger, from its saved state if there is one; average its weights.

    Args:
        names: the data.
        model: from `names.tagger`.
        setup: all else.
        state: a `recipes._shared.State`, saved every 150 steps; or None.

    Returns:
        minutes (of one core's time) and clock (minutes by the clock, of this
        process).
    """
    optimizer, step = compiled(model, setup), train_step(model)
    spent = _shared.run(
        step,
        lambda done: names.batches(setup, done),
        model,
        setup.steps,
        state,
        SAVED,
    )
    if setup.average:
        optimizer.finalize_variable_values(model.trainable_variables)
    return spent
