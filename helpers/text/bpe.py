"""Byte-level byte-pair encoding, by the `tokenizers` library."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from helpers.checks import require_ids, require_text
from helpers.text.tokenizers import read_fields, write_fields


class BPETokenizer:
    """Byte-level byte-pair encoding (字节对编码): lossless on any Unicode text.

    The 256 bytes are in the vocabulary, so no text is unknown. The end token is
    never produced from text, even when a text spells it.

    Source: Sennrich et al. 2016, algorithm 1; bytes as in GPT-2 (Radford 2019).
    """

    end_token = "<|end|>"

    def __init__(self, tokenizer: object):
        self._tokenizer = tokenizer
        self._tokenizer.encode_special_tokens = True
        self.end_id: int = tokenizer.token_to_id(self.end_token)

    @classmethod
    def train(cls, texts: str | Iterable[str], vocabulary_size: int) -> Self:
        """Learn merges from `texts` until the vocabulary is full or none is left.

        Args:
            texts: One text or several.
            vocabulary_size: 257 (256 bytes and the end token) or more. A small
                corpus may stop below it: see the attribute of the same name.

        Raises:
            ValueError: If there is no text or the vocabulary is too small.
        """
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

        if vocabulary_size < 257:
            raise ValueError(f"vocabulary_size is >= 257, received {vocabulary_size}")
        texts = [texts] if isinstance(texts, str) else list(texts)
        texts = [require_text(text, "train") for text in texts]
        if not any(texts):
            raise ValueError("train wants at least one text that is not empty")
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            special_tokens=[cls.end_token],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer)

    @property
    def vocabulary_size(self) -> int:
        """Number of ids; they run from 0 to one less."""
        return self._tokenizer.get_vocab_size()

    @property
    def vocabulary(self) -> list[str]:
        """Tokens by id, in the printable spelling of GPT-2 (Ġ is a space)."""
        ids = range(self.vocabulary_size)
        return [self._tokenizer.id_to_token(i) for i in ids]

    @property
    def merges(self) -> list[tuple[str, str]]:
        """The learned merges, in the order in which they were learned."""
        merges = json.loads(self._tokenizer.to_str())["model"]["merges"]
        return [tuple(merge) for merge in merges]

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of `text`, int32 of shape (tokens,)."""
        encoding = self._tokenizer.encode(require_text(text, "encode"))
        return np.array(encoding.ids, np.int32)

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Return the text of `ids`; an incomplete character becomes U+FFFD."""
        ids = require_ids(ids, "decode", self.vocabulary_size)
        return self._tokenizer.decode(ids.tolist(), skip_special_tokens=False)

    def save(self, path: str | Path) -> None:
        """Write vocabulary and merges to `path` as JSON."""
        write_fields(path, "byte pair", model=self._tokenizer.to_str())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote; errors as in `CharTokenizer.load`."""
        return read_fields(path, "byte pair", cls._from_json, model=str)

    @classmethod
    def _from_json(cls, model: str) -> Self:
        """Make a tokenizer from the library's own JSON."""
        from tokenizers import Tokenizer

        try:
            inner = Tokenizer.from_str(model)
        except Exception as error:  # the library raises nothing narrower
            raise ValueError(f"its model cannot be read: {error}") from error
        if inner.token_to_id(cls.end_token) is None:
            raise ValueError(f"its model lacks the token {cls.end_token}")
        return cls(inner)
