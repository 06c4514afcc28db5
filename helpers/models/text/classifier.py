"""A text classifier: a pretrained encoder, the mean of its tokens, and a head."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from helpers.checks import require_count
from helpers.models.text.backbone import BackboneModel


@keras.saving.register_keras_serializable("helpers.models.text.classifier")
class Classifier(BackboneModel):
    """Give each text a score for each class.

    Args:
        backbone: A `keras_hub.models.BertBackbone`; it is trained along.
        num_classes: Number of classes, at least 2.
        dropout: Before the head, 0 to 1.
    """

    def __init__(self, backbone, num_classes, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        require_count(num_classes, "`Classifier`, num_classes,", least=2)
        self.settings = {"num_classes": num_classes, "dropout": dropout}
        self.backbone = backbone
        self.drop = keras.layers.Dropout(dropout)
        self.head = keras.layers.Dense(num_classes, name="head")

    def build(self, *_):
        """Make the weights of the head."""
        self.head.build((None, self.backbone.hidden_dim))
        self.built = True

    def pooled(self, inputs, training=False):
        """Average the last layer over each text's tokens.

        Args:
            inputs: token_ids and padding_mask, int (B, T).
            training: Whether dropout is on.

        Returns:
            (B, width), not of length 1.
        """
        mask = inputs["padding_mask"]
        inputs = {**inputs, "segment_ids": ops.zeros_like(mask)}
        x = self.backbone(inputs, training=training)["sequence_output"]
        weights = ops.cast(mask, x.dtype)[..., None]
        total = ops.maximum(ops.sum(weights, axis=1), 1)  # a row may be empty
        return ops.sum(x * weights, axis=1) / total

    def call(self, inputs, training=False):
        """Map token_ids and padding_mask (B, T) to logits (B, classes)."""
        x = self.pooled(inputs, training=training)
        return self.head(self.drop(x, training=training))


def padded(rows: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
    """Put token ids into one array, as long as the longest row.

    Args:
        rows: Lists of ids.

    Returns:
        token_ids and padding_mask, int32 (rows, length); padding is 0 in both.
    """
    length = max(map(len, rows), default=0)
    token_ids = np.zeros((len(rows), length), np.int32)
    mask = np.zeros_like(token_ids)
    for number, row in enumerate(rows):
        token_ids[number, : len(row)], mask[number, : len(row)] = row, 1
    return {"token_ids": token_ids, "padding_mask": mask}


def by_length(
    lengths: Sequence[int], size: int, rng=None, spread: float = 0.2
) -> list[np.ndarray]:
    """Group texts of like length into batches, so that little padding is computed.

    Args:
        lengths: Tokens of each text.
        size: Texts in a batch.
        rng: NumPy's generator: batches come in random order. Without it the shortest
            texts come first.
        spread: How much lengths in a random batch differ, 0 or more: 1 for some texts
            twice as long as others. The more, the more padding, and the more alike are
            the batches.

    Returns:
        int64 indices of each batch; every text comes once, and one batch may be short.
    """
    require_count(size, "`by_length`, size,")
    keys = np.asarray(lengths, float)
    if rng is not None:
        keys = keys * rng.uniform(1, 1 + spread, len(keys)) + rng.uniform(
            size=len(keys)
        )
    order = np.argsort(keys, kind="stable")
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    places = range(len(batches)) if rng is None else rng.permutation(len(batches))
    return [batches[place] for place in places]


def read(
    model: Classifier, rows: Sequence[Sequence[int]], batch_size: int = 32
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean vector and the logits of each text.

    Args:
        model: A built classifier; dropout is off.
        rows: Token ids of each text, [CLS] and [SEP] included.
        batch_size: Texts at a time.

    Returns:
        float32 (n, width), not of length 1, and float32 (n, classes).
    """
    pooled = np.zeros((len(rows), model.backbone.hidden_dim), np.float32)
    step = _pooling(model)
    for chosen in by_length([len(row) for row in rows], batch_size):
        inputs = padded([rows[index] for index in chosen])
        pooled[chosen] = step(inputs["token_ids"], inputs["padding_mask"])
    kernel, bias = (np.asarray(weight) for weight in model.head.weights)
    return pooled, pooled @ kernel + bias


def _pooling(model: Classifier):
    """Return the traced network, kept by the model: its weights may change."""
    import tensorflow as tf

    if "_pooling" not in vars(model):
        ids = tf.TensorSpec((None, None), tf.int32)

        def pooled(token_ids, padding_mask):
            return model.pooled({"token_ids": token_ids, "padding_mask": padding_mask})

        traced = tf.function(pooled, input_signature=(ids, ids), autograph=False)
        vars(model)["_pooling"] = traced  # past Keras, which would track it
    return vars(model)["_pooling"]
