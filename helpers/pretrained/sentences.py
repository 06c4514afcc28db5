"""A sentence encoder around a pretrained BERT backbone."""

from __future__ import annotations

import numpy as np

from helpers.checks import require_text
from helpers.pretrained.chat import Tokenizer


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
            sentences: Texts; what is past 256 tokens is not read.
            batch_size: Sentences at a time.

        Returns:
            float32 (n, 384), rows of length 1.

        Raises:
            ValueError: If `sentences` is one string, or holds something else.
        """
        if isinstance(sentences, str):
            raise ValueError("encode received one str; wanted a list of texts")
        texts = [require_text(text, "SentenceEncoder.encode") for text in sentences]
        ids = [self._ids(text) for text in texts]
        vectors = np.zeros((len(ids), self.backbone.hidden_dim), np.float32)
        order = np.argsort([len(row) for row in ids], kind="stable")
        for start in range(0, len(ids), batch_size):
            chosen = order[start : start + batch_size]
            vectors[chosen] = self._pool([ids[index] for index in chosen], batch_size)
        return vectors

    def attentions(self, sentence: str) -> tuple[list[str], np.ndarray]:
        """Recompute what every head attends to.

        Args:
            sentence: One text, at most 256 tokens.

        Returns:
            The tokens (T of them, [CLS] and [SEP] included), and float32 weights
            (layers, heads, T, T); row i says how much token i takes from each.
        """
        ids = self._ids(require_text(sentence, "SentenceEncoder.attentions"))
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

    def _ids(self, text: str) -> list[int]:
        """Turn a text into at most `max_tokens` ids, between [CLS] and [SEP]."""
        self.tokenizer.inner.encode_special_tokens = True  # spells "[SEP]" out
        return self.tokenizer.inner.encode(text).ids

    def _pool(self, rows: list[list[int]], batch_size: int) -> np.ndarray:
        """Average the last layer over each sentence's tokens, to length 1.

        Shapes are rounded up, so that few of them are ever compiled.
        """
        import tensorflow as tf

        if self._forward is None:
            self._forward = tf.function(self._vectors, autograph=False)
        length = max(16, 1 << (max(map(len, rows)) - 1).bit_length())
        size = batch_size if len(rows) > 1 else 1
        token_ids = np.zeros((size, length), np.int32)
        mask = np.zeros((size, length), np.int32)
        mask[:, 0] = 1  # an empty row must not divide by zero
        for index, row in enumerate(rows):
            token_ids[index, : len(row)], mask[index, : len(row)] = row, 1
        return self._forward(token_ids, mask).numpy()[: len(rows)]

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
