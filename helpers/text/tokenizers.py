"""Tokenizers: characters, byte pairs and words, all with one interface.

``encode(str) -> int32 ids``, ``decode(ids) -> str``, ``vocabulary_size``, and
``save(path)`` / ``load(path)`` as JSON. A tokenizer never drops a character in
silence: what it cannot represent is a ``ValueError``, or a replacement that the
caller asked for by name.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from helpers.checks import require_ids, require_text
from helpers.files import whole_file

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def _check_unknown(unknown: str) -> None:
    if unknown not in ("error", "replace"):
        raise ValueError(f'unknown is "error" or "replace", received {unknown!r}')


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
        _check_unknown(unknown)
        letters = {require_text(letter, "CharTokenizer") for letter in characters}
        if not letters or any(len(letter) != 1 for letter in letters):
            raise ValueError("CharTokenizer wants one or more single characters")
        letters |= {REPLACEMENT} if unknown == "replace" else set()
        self.unknown = unknown
        self.vocabulary = sorted(letters)
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


class WordTokenizer:
    """One id a word; words are what white space separates.

    The end token has id 0, with `unknown="replace"` U+FFFD has id 1, and the words
    follow, from documents by falling frequency. No text spells these two: a word that
    looks like the end token is unknown. White space is not kept: decoding joins words
    with single spaces.

    Args:
        words: Distinct words; the end token, and U+FFFD where it replaces, are left
            out.
        unknown: "error" refuses other words; "replace" maps them to U+FFFD.

    Raises:
        ValueError: If there is no word, one holds white space or comes twice.

    Example:
        >>> WordTokenizer(["a", "cat"]).encode("a cat", add_end=True).tolist()
        [1, 2, 0]
    """

    end_token = "<end>"
    end_id = 0

    def __init__(self, words: Sequence[str], unknown: str = "error"):
        _check_unknown(unknown)
        special = [self.end_token] + [REPLACEMENT] * (unknown == "replace")
        if isinstance(words, str):
            raise ValueError(f"WordTokenizer wants words, received the str {words!r}")
        words = [require_text(word, "WordTokenizer") for word in words]
        words = [word for word in words if word not in special]
        if not words:
            raise ValueError("WordTokenizer wants at least one word, received none")
        if any(word.split() != [word] for word in words):
            raise ValueError("WordTokenizer wants words without white space")
        self.unknown = unknown
        self.vocabulary = special + words
        # The special tokens are not in it, so that no text can make their ids.
        self._ids = {word: i for i, word in enumerate(words, len(special))}
        if len(self._ids) < len(words):
            raise ValueError("WordTokenizer wants distinct words, some come twice")

    @classmethod
    def from_documents(
        cls, documents: Iterable[str | Sequence[str]], unknown: str = "error"
    ) -> Self:
        """Make a tokenizer for all words of `documents` (texts or word lists)."""
        if isinstance(documents, str):
            raise ValueError("from_documents wants a list of texts, received one str")
        counts = Counter(word for doc in documents for word in cls._words(doc))
        return cls(sorted(counts, key=lambda w: (-counts[w], w)), unknown)

    @property
    def vocabulary_size(self) -> int:
        """Number of ids; they run from 0 to one less."""
        return len(self.vocabulary)

    @staticmethod
    def _words(text: str | Sequence[str]) -> Sequence[str]:
        if isinstance(text, (list, tuple)):
            return [require_text(word, "WordTokenizer, a word,") for word in text]
        return require_text(text, "WordTokenizer").split()

    def encode(self, text: str | Sequence[str], *, add_end: bool = False) -> np.ndarray:
        """Return the ids of a text or word list, int32 of shape (words,).

        Args:
            text: A str, split at white space, or a list of words.
            add_end: Append the end token's id.

        Raises:
            ValueError: If a word is unknown, the end token's spelling among them, and
                `unknown` is "error".
        """
        words = self._words(text)
        default = None if self.unknown == "error" else 1  # the place of U+FFFD
        ids = [self._ids.get(word, default) for word in words]
        if None in ids:
            word = words[ids.index(None)]
            raise ValueError(
                f"encode received the word {word!r}, which is none of the"
                f" {len(self._ids)} it knows"
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


def write_fields(path: str | Path, kind: str, **fields: str | list[str]) -> None:
    """Write a tokenizer's fields, whole or not at all.

    Args:
        path: The file's name; its folder is made if missing.
        kind: What kind of tokenizer it is, in words.
        fields: What it takes to make it again.
    """
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps({"kind": kind, **fields}), encoding="utf-8")


def read_fields(path: str | Path, kind: str, make: Callable, **fields: type) -> Any:
    """Read what `write_fields` wrote, and make the tokenizer of it.

    Args:
        path: A file.
        kind: The kind it must hold.
        make: Takes the fields' values in order, and returns the tokenizer.
        fields: The type of each field that the file must hold.

    Returns:
        What `make` gives.

    Raises:
        ValueError: If the file holds no JSON, another kind, or fields that are missing,
            of another type or refused by `make`; it names the file.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # the latter from [[[[…
        message = f"{path} is not a tokenizer file: {error}; wanted one that save wrote"
        raise ValueError(message) from error
    found = content.get("kind") if isinstance(content, dict) else None
    if found != kind:
        raise ValueError(f"{path} should hold a {kind} tokenizer, it holds {found!r}")
    for name, wanted in fields.items():
        if not isinstance(content.get(name), wanted):
            what = f"its {name!r} is {content.get(name)!r:.40}"
            raise ValueError(f"{path}: {what}; wanted a {wanted.__name__}")
    try:
        return make(*(content[name] for name in fields))
    except ValueError as error:
        raise ValueError(f"{path} holds no {kind} tokenizer: {error}") from error
