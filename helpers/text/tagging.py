"""Prepare sentences for a tagger: pieces, case, characters, windows of one length.

A pretrained encoder reads word pieces, a task marks words. A word's first piece carries
its tag; `index` says which word each piece belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

KINDS = (  # what a lower-cased vocabulary loses; 0 stands for padding
    "padding",
    "lower",
    "Title",
    "UPPER",
    "mIxed",
    "number",
    "letters and digits",
    "other",
)
CHARACTERS = 14  # of a word that the character network sees: its first and last seven
CHARACTER_KINDS = 97  # 0 padding, 1 any other, 2 to 96 the printable ones of ASCII

Word = tuple[int, list[int]]  # its number in the whole set, its pieces


@dataclass(frozen=True)
class Windows:
    """Sentences cut into windows of T pieces.

    Attributes:
        token_ids: int32 (N, T).
        padding_mask: int32 (N, T), 1 = a piece, [CLS] and [SEP] included.
        case: int32 (N, T), a place in `KINDS`.
        characters: int32 (N, T, 14), below `CHARACTER_KINDS`.
        index: int32 (N, T), the number of the word that begins here, -1 elsewhere.
    """

    token_ids: np.ndarray
    padding_mask: np.ndarray
    case: np.ndarray
    characters: np.ndarray
    index: np.ndarray

    def inputs(self) -> dict[str, np.ndarray]:
        """Return what `Tagger` takes."""
        names = ("token_ids", "padding_mask", "case", "characters")
        return {name: getattr(self, name) for name in names}


def case_kind(word: str) -> int:
    """Return which of `KINDS` a word is, as a number from 1 to 7."""
    letters = [c for c in word if c.isalpha()]
    digits = any(c.isdigit() for c in word)
    if not letters:
        return KINDS.index("number" if digits else "other")
    if digits:
        return KINDS.index("letters and digits")
    if all(c.isupper() for c in letters):
        return KINDS.index("UPPER")
    if not any(c.isupper() for c in letters):
        return KINDS.index("lower")
    rest = [c for c in letters[1:] if c.isupper()]
    return KINDS.index("Title" if word[0].isupper() and not rest else "mIxed")


def character_ids(word: str) -> np.ndarray:
    """Return a word's first and last seven characters as int32 (14,)."""
    half = CHARACTERS // 2
    kept = word if len(word) <= CHARACTERS else word[:half] + word[-half:]
    ids = [ord(c) - 30 if " " <= c <= "~" else 1 for c in kept]
    return np.pad(np.array(ids, np.int32), (0, CHARACTERS - len(ids)))


class WordEncoder:
    """Words in a set of documents as pieces, with their case and characters.

    Args:
        documents: A list of documents, each a list of sentences, each a list of words.
            An empty sentence is skipped.
        pieces: Maps a word to its piece ids; one that gives none is read as unknown.
        special: The ids of [CLS], [SEP] and the unknown piece.

    Attributes:
        words: All words, in order: a word's number is its place here.

    Raises:
        ValueError: If a word is no text or is empty, or there is no word at all.
    """

    def __init__(
        self,
        documents: Iterable[Sequence[Sequence[str]]],
        pieces: Callable[[str], list[int]],
        special: tuple[int, int, int] = (101, 102, 100),
    ):
        self.start, self.stop, unknown = special
        self.words: list[str] = []
        self.documents: list[list[list[Word]]] = []
        known: dict[str, list[int]] = {}
        for document in documents:
            numbered = []
            for sentence in document:
                for word in sentence:
                    if not isinstance(word, str) or not word.strip():
                        raise ValueError(
                            f"`WordEncoder` wants words with content, received {word!r}"
                        )
                    if word not in known:
                        known[word] = list(pieces(word)) or [unknown]
                first = len(self.words)
                self.words.extend(sentence)
                if sentence:
                    pairs = [(first + i, known[w]) for i, w in enumerate(sentence)]
                    numbered.append(pairs)
            self.documents.append(numbered)
        if not self.words:
            raise ValueError("`WordEncoder` wants at least one word, received none")
        self._case = np.array([case_kind(word) for word in self.words], np.int32)
        self._characters = np.stack([character_ids(word) for word in self.words])

    def windows(
        self,
        length: int = 256,
        first: float = 1.0,
        rng: np.random.Generator | None = None,
        context: bool = True,
    ) -> Windows:
        """Cut the documents into windows of whole sentences.

        A sentence that does not fit is cut between words, and a word that does not fit
        keeps as many pieces as do: every word is in exactly one window.

        Args:
            length: Pieces in a window, at least 8.
            first: Share of a document's first window that may be filled, above 0 and
                at most 1: other shares cut the documents in other places.
            rng: Draws an order of the documents and a share for each instead.
            context: Whether sentences of one document, and short documents, share a
                window; otherwise each sentence has its own.

        Returns:
            The windows; each begins with [CLS], and [SEP] ends each sentence.

        Raises:
            ValueError: If `length` or `first` is out of range.
        """
        if length < 8 or not 0 < first <= 1:
            raise ValueError(
                "`windows` wants a length of 8 or more and 0 < first <= 1, received "
                f"{length} and {first}"
            )
        order = np.arange(len(self.documents))
        if rng is not None:
            rng.shuffle(order)
        rows: list[list[Word]] = []
        for number in order:
            share = first if rng is None else rng.uniform(0.3, 1.0)
            parts = self._parts(self.documents[number], length)
            groups = _grouped(parts, length, share) if context else parts
            rows.extend(map(list, groups))
        if context:
            rows = _joined(rows, length - 1)
        return self._filled(rows, length)

    def _parts(self, document: list[list[Word]], length: int) -> Iterator[list[Word]]:
        """Yield a document's sentences, the long ones cut; (-1, [SEP]) ends each."""
        room = length - 2  # [CLS] and [SEP]
        for sentence in document:
            part: list[Word] = []
            used = 0
            for number, pieces in sentence:
                kept = pieces[:room]
                if used + len(kept) > room:
                    yield [*part, (-1, [self.stop])]
                    part, used = [], 0
                part.append((number, kept))
                used += len(kept)
            yield [*part, (-1, [self.stop])]

    def _filled(self, rows: list[list[Word]], length: int) -> Windows:
        """Write rows of words into arrays."""
        shape = (len(rows), length)
        ids, mask, case = (np.zeros(shape, np.int32) for _ in range(3))
        index = np.full(shape, -1, np.int32)
        characters = np.zeros((*shape, CHARACTERS), np.int32)
        ids[:, 0], mask[:, 0] = self.start, 1
        for row, words in enumerate(rows):
            place = 1
            for number, pieces in words:
                end = place + len(pieces)
                ids[row, place:end], mask[row, place:end] = pieces, 1
                if number >= 0:
                    index[row, place] = number
                    case[row, place:end] = self._case[number]
                    characters[row, place:end] = self._characters[number]
                place = end
        return Windows(ids, mask, case, characters, index)


def _flat(words: list[Word]) -> list[int]:
    """Return all pieces of some words."""
    return [piece for _, pieces in words for piece in pieces]


def _grouped(
    parts: Iterable[list[Word]], length: int, share: float
) -> Iterator[list[Word]]:
    """Put sentences together while they fit; the first group fills only a share."""
    group: list[Word] = []
    used, room = 1, max(1, int(share * length))  # 1 for [CLS]
    for part in parts:
        size = len(_flat(part))
        if group and used + size > room:
            yield group
            group, used, room = [], 1, length
        group.extend(part)
        used += size
    if group:
        yield group


def _joined(rows: list[list[Word]], room: int) -> list[list[Word]]:
    """Let short rows share a window: each goes to the first of the last that fits."""
    joined, used = [], []
    for row in rows:
        size = len(_flat(row))
        last = range(max(0, len(joined) - 16), len(joined))
        fits = [i for i in last if used[i] + size <= room]
        if fits:
            joined[fits[0]].extend(row)
            used[fits[0]] += size
        else:
            joined.append(row)
            used.append(size)
    return joined
