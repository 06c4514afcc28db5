"""Tokenizers: characters, byte pairs and words, all with one interface.

``encode(str) -> int32 ids``, ``decode(ids) -> str``, ``vocabulary_size``, and
``save(path)`` / ``load(path)`` as JSON. A tokenizer never drops a character in
silence: what it cannot represent is a ``ValueError``, or a replacement that the
caller asked for by name.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from helpers.checks import require_ids, require_text
from helpers.tokenizer_files import read_fields, write_fields

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class CharTokenizer:
    """One id a character (字符), ids in code point order.

    Args:
        characters: The distinct characters of the vocabulary.
        unknown: "error" refuses other characters; "replace" gives them all the
            id of U+FFFD, which joins the vocabulary.

    Raises:
        ValueError: If there is no character or `unknown` is neither word.

    Example:
        >>> CharTokenizer.from_text("hello").encode("hole").tolist()
        [1, 3, 2, 0]
    """

    def __init__(self, characters: Iterable[str], unknown: str = "error"):
        if unknown not in ("error", "replace"):
            raise ValueError(f'unknown is "error" or "replace", received {unknown!r}')
        letters = set(characters) | ({REPLACEMENT} if unknown == "replace" else set())
        if not letters or any(len(letter) != 1 for letter in letters):
            raise ValueError("CharTokenizer wants one or more single characters")
        self.unknown = unknown
        self.vocabulary = sorted(require_text("".join(letters), "CharTokenizer"))
        self._code_points = np.array([ord(c) for c in self.vocabulary], np.uint32)

    @classmethod
    def from_text(cls, text: str, unknown: str = "error") -> Self:
        """Make a tokenizer that knows every character of `text` (not empty)."""
        return cls(require_text(text, "from_text", allow_empty=False), unknown)

    @property
    def vocabulary_size(self) -> int:
        """Number of ids; they run from 0 to one less."""
        return len(self.vocabulary)

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of `text`, int32 of shape (characters,).

        Raises:
            ValueError: If a character is not in the vocabulary (it is named),
                unless the tokenizer replaces unknown characters.
        """
        data = require_text(text, "encode").encode("utf-32-le")
        points = np.frombuffer(data, np.uint32)
        ids = np.searchsorted(self._code_points, points)
        ids = np.minimum(ids, self.vocabulary_size - 1).astype(np.int32)
        missing = self._code_points[ids] != points
        if missing.any():
            if self.unknown == "error":
                where = int(np.argmax(missing))
                raise ValueError(
                    f"encode received {text[where]!r} (U+{points[where]:04X}) at"
                    f" position {where}, which is none of the"
                    f" {self.vocabulary_size} characters it knows"
                )
            ids[missing] = self.vocabulary.index(REPLACEMENT)
        return ids

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Return the text of `ids`, integers of shape (n,)."""
        ids = require_ids(ids, "decode", self.vocabulary_size)
        return self._code_points[ids].tobytes().decode("utf-32-le")

    def save(self, path: str | Path) -> None:
        """Write the vocabulary to `path` as JSON."""
        letters = "".join(self.vocabulary)
        write_fields(path, "character", letters=letters, unknown=self.unknown)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: If the file is anything else; it says what is wrong.
        """
        return read_fields(path, "character", cls, letters=str, unknown=str)


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


class WordTokenizer:
    """One id a word; words are what white space separates.

    The end token has id 0, the other words follow by falling frequency. White
    space is not kept: decoding joins words with single spaces.

    Args:
        words: Distinct words; the end token is added if it is not the first.
        unknown: "error" refuses other words; "replace" maps them to U+FFFD.

    Raises:
        ValueError: If there is no word, one holds white space or comes twice.
    """

    end_token = "<end>"
    end_id = 0

    def __init__(self, words: Sequence[str], unknown: str = "error"):
        if unknown not in ("error", "replace"):
            raise ValueError(f'unknown is "error" or "replace", received {unknown!r}')
        special = [self.end_token] + ([REPLACEMENT] if unknown == "replace" else [])
        words = [require_text(w, "WordTokenizer") for w in words if w not in special]
        if not words:
            raise ValueError("WordTokenizer wants at least one word, received none")
        if any(word.split() != [word] for word in words):
            raise ValueError("WordTokenizer wants words without white space")
        self.unknown = unknown
        self.vocabulary = special + words
        self._ids = {word: i for i, word in enumerate(self.vocabulary)}
        if len(self._ids) < len(self.vocabulary):
            raise ValueError("WordTokenizer wants distinct words, some come twice")

    @classmethod
    def from_documents(
        cls, documents: Iterable[str | Sequence[str]], unknown: str = "error"
    ) -> Self:
        """Make a tokenizer for all words of `documents` (texts or word lists)."""
        counts = Counter(word for doc in documents for word in cls._words(doc))
        return cls(sorted(counts, key=lambda w: (-counts[w], w)), unknown)

    @property
    def vocabulary_size(self) -> int:
        """Number of ids; they run from 0 to one less."""
        return len(self.vocabulary)

    @staticmethod
    def _words(text: str | Sequence[str]) -> Sequence[str]:
        if isinstance(text, (list, tuple)):
            return text
        return require_text(text, "WordTokenizer").split()

    def encode(self, text: str | Sequence[str], *, add_end: bool = False) -> np.ndarray:
        """Return the ids of a text or word list, int32 of shape (words,).

        Args:
            text: A str, split at white space, or a list of words.
            add_end: Append the end token's id.

        Raises:
            ValueError: If a word is unknown and `unknown` is "error".
        """
        default = None if self.unknown == "error" else self._ids[REPLACEMENT]
        ids = [self._ids.get(word, default) for word in self._words(text)]
        if None in ids:
            word = self._words(text)[ids.index(None)]
            raise ValueError(
                f"encode received the word {word!r}, which is none of the"
                f" {self.vocabulary_size} it knows"
            )
        return np.array(ids + [self.end_id] * add_end, np.int32)

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """Return the words of `ids` joined with spaces."""
        ids = require_ids(ids, "decode", self.vocabulary_size)
        return " ".join(self.vocabulary[i] for i in ids)

    def save(self, path: str | Path) -> None:
        """Write the vocabulary to `path` as JSON."""
        write_fields(path, "word", words=self.vocabulary, unknown=self.unknown)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote; errors as in `CharTokenizer.load`."""
        return read_fields(path, "word", cls, words=list, unknown=str)
