"""Byte-level byte-pair encoding, by the `tokenizers` library."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from helpers.checks import require_count, require_ids, require_text
from helpers.text.tokenizers import read_fields, write_fields


def _byte_level(model: object) -> object:
    """Return a tokenizer of the library that reads bytes and writes them."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers

    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


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
        from tokenizers import models, pre_tokenizers, trainers

        where = "BPETokenizer.train's vocabulary_size"
        vocabulary_size = require_count(vocabulary_size, where, least=257, most=2**20)
        texts = [texts] if isinstance(texts, str) else list(texts)
        texts = [require_text(text, "train") for text in texts]
        if not any(texts):
            raise ValueError("train wants at least one text that is not empty")
        tokenizer = _byte_level(models.BPE())
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
        """Make a tokenizer from the library's own JSON.

        Only its vocabulary and merges are taken, so that nothing else in a damaged file
        changes what is encoded.
        """
        from tokenizers import AddedToken, models, pre_tokenizers

        try:
            inner = json.loads(model)["model"]
            vocabulary = inner["vocab"]
            merges = [tuple(pair) for pair in inner["merges"]]
            ids = sorted(vocabulary.values())
            bpe = models.BPE(vocabulary, merges)
        except Exception as error:  # the library raises nothing narrower
            raise ValueError(f"its model cannot be read: {error!r:.200}") from error
        wanted = {cls.end_token, *pre_tokenizers.ByteLevel.alphabet()}
        if missing := sorted(wanted - set(vocabulary)):
            raise ValueError(f"its model lacks the token {missing[0]}")
        if ids != list(range(len(vocabulary))):
            raise ValueError("its model's ids do not run from 0 without a gap")
        tokenizer = _byte_level(bpe)
        tokenizer.add_special_tokens([AddedToken(cls.end_token, special=True)])
        return cls(tokenizer)
