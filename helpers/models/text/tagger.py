"""A tagger: a pretrained encoder that also sees case and characters, and a head."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from helpers.checks import require_count
from helpers.models.text.backbone import BackboneModel
from helpers.text.tag_paths import viterbi
from helpers.text.tagging import CHARACTER_KINDS, KINDS, WordEncoder

MASK = 103  # MiniLM's [MASK]


@keras.saving.register_keras_serializable("helpers.models.text.tagger")
class WordFeatures(keras.layers.Layer):
    """Turn a word's case and characters into one vector.

    Args:
        case_dim: Width of the case embedding.
        character_dim: Width of a character's embedding.
        filters: Width of the convolution over three characters; their maximum counts.
    """

    def __init__(self, case_dim=16, character_dim=32, filters=96, **kwargs):
        super().__init__(**kwargs)
        self.sizes = {
            "case_dim": case_dim,
            "character_dim": character_dim,
            "filters": filters,
        }
        options = {"dtype": self.dtype_policy}
        self.case = keras.layers.Embedding(len(KINDS), case_dim, **options)
        self.characters = keras.layers.Embedding(
            CHARACTER_KINDS, character_dim, **options
        )
        self.convolution = keras.layers.Dense(filters, "relu", **options)
        self.width = case_dim + filters

    def build(self, *_):
        """Make the weights; three neighbouring characters enter the convolution."""
        self.case.build((None, None))
        self.characters.build((None, None, None))
        self.convolution.build((None, None, None, 3 * self.sizes["character_dim"]))

    def call(self, case, characters):
        """Map case (B, T) and characters (B, T, C) to (B, T, case_dim + filters)."""
        x = self.characters(characters)  # (B, T, C, E)
        x = x * ops.cast(characters > 0, x.dtype)[..., None]
        x = ops.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
        # three shifted copies and one matrix: XLA runs it faster than a convolution
        x = ops.concatenate([x[:, :, :-2], x[:, :, 1:-1], x[:, :, 2:]], axis=-1)
        x = ops.max(self.convolution(x), axis=2)  # (B, T, filters)
        return ops.concatenate([self.case(case), x], axis=-1)

    def get_config(self):
        """Return the arguments."""
        return {**super().get_config(), **self.sizes}


@keras.saving.register_keras_serializable("helpers.models.text.tagger")
class Tagger(BackboneModel):
    """Give each piece a score for each tag.

    Args:
        backbone: A `keras_hub.models.BertBackbone`; it is trained along.
        num_tags: Number of tags, at least 2.
        features: Whether the word's case and characters are read.
        dropout: Before the head, 0 to 1.
        word_dropout: Share of pieces read as [MASK] in training, 0 to 1.
    """

    def __init__(
        self,
        backbone,
        num_tags,
        features=True,
        dropout=0.1,
        word_dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_count(num_tags, "`Tagger`, num_tags,", least=2)
        self.settings = {
            "num_tags": num_tags,
            "features": features,
            "dropout": dropout,
            "word_dropout": word_dropout,
        }
        self.backbone, width = backbone, backbone.hidden_dim
        self.features = WordFeatures(name="features") if features else None
        # zeros: at first the encoder reads what it was trained to read
        zeros = {"kernel_initializer": "zeros", "use_bias": False}
        self.into = (
            keras.layers.Dense(width, name="into", **zeros) if features else None
        )
        self.drop = keras.layers.Dropout(dropout)
        self.seeds = keras.random.SeedGenerator(0)
        self.head = keras.layers.Dense(num_tags, name="head")

    def build(self, *_):
        """Make the weights of the new layers."""
        width = self.backbone.hidden_dim
        if self.features is not None:
            self.features.build()
            self.into.build((None, None, self.features.width))
            width += self.features.width
        self.head.build((None, None, width))
        self.built = True

    def call(self, inputs, training=False):
        """Map a dict of `Windows.inputs` arrays (B, T) to logits (B, T, tags)."""
        token_ids, model = inputs["token_ids"], self.backbone
        if training and self.settings["word_dropout"]:
            draw = keras.random.uniform(ops.shape(token_ids), seed=self.seeds)
            hide = (draw < self.settings["word_dropout"]) & (inputs["case"] > 0)
            token_ids = ops.where(hide, MASK, token_ids)
        tokens = model.token_embedding(token_ids)  # (B, T, D)
        segments = model.segment_embedding(ops.zeros_like(token_ids))
        x = model.embeddings_add((tokens, model.position_embedding(tokens), segments))
        words = None
        if self.features is not None:
            words = self.features(inputs["case"], inputs["characters"])
            x = x + self.into(words)
        x = model.embeddings_layer_norm(x)
        x = model.embeddings_dropout(x, training=training)
        for layer in model.transformer_layers:
            x = layer(x, padding_mask=inputs["padding_mask"], training=training)
        if words is not None:
            x = ops.concatenate([x, words], axis=-1)
        return self.head(self.drop(x, training=training))


def word_log_probs(
    model: keras.Model,
    words: WordEncoder,
    length: int = 256,
    batch_size: int = 16,
    cuts: Sequence[float] = (1.0,),
    context: bool = True,
    jit_compile: bool = True,
) -> np.ndarray:
    """Score every tag of every word: no word is left out.

    Args:
        model: A `Tagger`.
        words: The documents.
        length: Pieces in a window.
        batch_size: Windows at a time.
        cuts: Shares of the first window to fill: the scores are averaged over as many
            ways to cut the documents, so that a word at an edge once is inside once.
        context: As `WordEncoder.windows`.
        jit_compile: Whether XLA compiles the network: worth it for many windows.

    Returns:
        float32 (words, tags): log-probabilities in nats, in the order of
        `words.words`.
    """
    step = _scores_step(model, jit_compile)
    total = 0.0
    for cut in cuts:
        windows = words.windows(length, cut, context=context)
        inputs, rows = windows.inputs(), len(windows.index)
        found = np.zeros((len(words.words), model.settings["num_tags"]), np.float32)
        for start in range(0, rows, batch_size):
            chosen = np.arange(start, start + batch_size) % rows  # one shape for XLA
            batch = {name: array[chosen] for name, array in inputs.items()}
            scores, index = np.asarray(step(batch)), windows.index[chosen]
            found[index[index >= 0]] = scores[index >= 0]
        total = total + found / len(cuts)
    return total


def _scores_step(model: keras.Model, jit_compile: bool):
    """Return the compiled network, kept by the model: its weights may change."""
    import tensorflow as tf

    kept = vars(model).setdefault("_scores_steps", {})
    if jit_compile not in kept:

        def forward(inputs):
            return ops.log_softmax(model(inputs, training=False), axis=-1)

        options = {"autograph": False, "jit_compile": jit_compile}
        kept[jit_compile] = tf.function(forward, **options)
    return kept[jit_compile]


def decode(
    log_probs: np.ndarray, lengths: Sequence[int], transitions: np.ndarray
) -> list[np.ndarray]:
    """Choose the tags of each sentence by `viterbi`.

    Args:
        log_probs: float (words, tags), the sentences below each other.
        lengths: Words of each sentence; 0 for an empty one.
        transitions: float (tags + 1, tags).

    Returns:
        int32 (length,) for each sentence.

    Raises:
        ValueError: If the lengths do not sum to the number of words.
    """
    if sum(lengths) != len(log_probs):
        raise ValueError(
            f"`decode` wants lengths that sum to {len(log_probs)}, received "
            f"{sum(lengths)}"
        )
    parts = np.split(log_probs, np.cumsum(lengths)[:-1]) if len(lengths) else []
    return [viterbi(part, transitions) for part in parts]
