"""A sentence encoder around a pretrained BERT backbone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

import numpy as np

from helpers.checks import require_text
from helpers.pretrained.chat import Tokenizer, require_count

LARGEST_BATCH = 256  # sentences
LARGEST_READ = 2_048  # tokens at a time: 32 texts of 256 took 0.4 GB on the way


class SentenceEncoder:
    """MiniLM: maps sentences to unit vectors; near in meaning is near in angle.

    Attributes:
        backbone: A `keras_hub.models.BertBackbone`.
        tokenizer: Its WordPiece `Tokenizer`.

    Source: Reimers and Gurevych 2019, "Sentence-BERT", section 3 (mean pooling).
    """

    max_tokens = 256  # as the model was tuned

    def __init__(self, backbone, tokenizer: Tokenizer):
        self.backbone, self.tokenizer = backbone, tokenizer
        self._forward = None

    def encode(self, sentences: list[str], batch_size: int = 32) -> np.ndarray:
        """Encode sentences.

        Args:
            sentences: Texts, in order. The model was tuned on 256 tokens, [CLS] and
                [SEP] included, about 190 English words: what comes after them is not
                read, and does not change the vector. Split longer texts.
            batch_size: Sentences at a time, 1 to 256.

        Returns:
            float32 (n, 384), rows of length 1; (0, 384) of no sentences.

        Raises:
            ValueError: If `sentences` is one string or no sequence, holds something
                else than texts, or batch_size is out of its range.
        """
        require_count(batch_size, LARGEST_BATCH, "SentenceEncoder wants batch_size")
        ids = self.ids(sentences)
        vectors = np.zeros((len(ids), self.backbone.hidden_dim), np.float32)
        order = np.argsort([len(row) for row in ids], kind="stable")
        for start in range(0, len(ids), batch_size):
            chosen = order[start : start + batch_size]
            vectors[chosen] = self._pool([ids[index] for index in chosen], batch_size)
        return vectors

    def ids(self, sentences: list[str]) -> list[list[int]]:
        """Turn texts into token ids, [CLS] and [SEP] included, at most 256 each.

        Args:
            sentences: As `encode`.

        Raises:
            ValueError: As `encode`.
        """
        return [self._ids(text, f"sentence {i}") for i, text in _numbered(sentences)]

    def attentions(self, sentence: str) -> tuple[list[str], np.ndarray]:
        """Recompute what every head attends to.

        Args:
            sentence: One text; what is past 256 tokens is not read.

        Returns:
            The tokens (T of them, [CLS] and [SEP] included), and float32 weights
            (layers, heads, T, T); row i says how much token i takes from each.

        Raises:
            ValueError: If `sentence` is no well-formed text.
        """
        ids = self._ids(sentence, "SentenceEncoder.attentions")
        token_ids = np.array([ids])
        model, maps = self.backbone, []
        tokens = model.token_embedding(token_ids)
        segments = model.segment_embedding(np.zeros_like(token_ids))
        x = model.embeddings_add((tokens, model.position_embedding(tokens), segments))
        x = model.embeddings_layer_norm(x)
        for layer in model.transformer_layers:
            x, weights = layer(x, return_attention_scores=True)
            maps.append(np.asarray(weights)[0])
        return [self.tokenizer.inner.id_to_token(i) for i in ids], np.stack(maps)

    def _ids(self, text: str, where: str) -> list[int]:
        """Turn a text into at most `max_tokens` ids, between [CLS] and [SEP]."""
        require_text(text, where)
        self.tokenizer.inner.encode_special_tokens = True  # spells "[SEP]" out
        return self.tokenizer.inner.encode(text).ids

    def _pool(self, rows: list[list[int]], batch_size: int) -> np.ndarray:
        """Average the last layer over each sentence's tokens, to length 1.

        One graph serves all shapes: one for each would take 12 MB and half a second.
        """
        import tensorflow as tf

        if self._forward is None:
            any_shape = [tf.TensorSpec((None, None), tf.int32)] * 2
            self._forward = tf.function(
                self._vectors, autograph=False, input_signature=any_shape
            )
        # powers of two from 16: five lengths up to 256
        length = max(16, 1 << (max(map(len, rows)) - 1).bit_length())
        size = batch_size if len(rows) > 1 else 1
        token_ids = np.zeros((size, length), np.int32)
        mask = np.zeros((size, length), np.int32)
        mask[:, 0] = 1  # an empty row must not divide by zero
        for index, row in enumerate(rows):
            token_ids[index, : len(row)], mask[index, : len(row)] = row, 1
        step = max(1, LARGEST_READ // length)
        parts = [slice(start, start + step) for start in range(0, len(rows), step)]
        vectors = [self._forward(token_ids[p], mask[p]).numpy() for p in parts]
        return np.concatenate(vectors)[: len(rows)]

    def _vectors(self, token_ids, mask):
        """Map ids and padding mask (B, T) to unit vectors (B, width)."""
        from keras import ops

        inputs = {
            "token_ids": token_ids,
            "padding_mask": mask,
            "segment_ids": ops.zeros_like(token_ids),
        }
        x = self.backbone(inputs)["sequence_output"]  # (B, T, width)
        weights = ops.cast(mask, x.dtype)[..., None]
        mean = ops.sum(x * weights, axis=1) / ops.sum(weights, axis=1)
        return ops.normalize(mean, axis=-1)


def _numbered(sentences: Iterable[str]) -> Iterable[tuple[int, str]]:
    """Number sentences, unless it is one string or something without an order."""
    one = isinstance(sentences, str | bytes | Mapping | Set)
    if one or not isinstance(sentences, Iterable):
        kind = type(sentences).__name__
        raise ValueError(f"SentenceEncoder wants a list of texts, received one {kind}")
    return enumerate(sentences)
