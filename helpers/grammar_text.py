"""Turn word tokens into ordinary text and back, without losing anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NO_SPACE_BEFORE = frozenset(".,:;?!”")
_NO_SPACE_AFTER = frozenset("“")
_SENTENCE_BEGINS_AFTER = frozenset(".:?!“")
_TOKEN = re.compile(r"[\w'-]+|[^\w\s]")


def render(tokens: Sequence[str]) -> str:
    """Write tokens as a line of text.

    A sentence begins with a capital letter, a comma follows its word directly, and
    quotation marks hug what they quote.

    Args:
        tokens: words and punctuation marks, one a token.

    Returns:
        The line, without a line end.
    """
    pieces: list[str] = []
    previous = "."
    for token in tokens:
        begins = previous in _SENTENCE_BEGINS_AFTER
        glued = token in _NO_SPACE_BEFORE or previous in _NO_SPACE_AFTER
        word = token[:1].upper() + token[1:] if begins else token
        pieces.append(word if glued or not pieces else " " + word)
        previous = token
    return "".join(pieces)


def tokenize(line: str, vocabulary: Iterable[str]) -> list[str]:
    """Turn a rendered line back into tokens.

    Args:
        line: a line that `render` wrote.
        vocabulary: the language's words; a capital that begins a sentence is kept
            only where the vocabulary has no such word in small letters.

    Returns:
        The tokens that `render` received.
    """
    known = vocabulary if isinstance(vocabulary, set) else set(vocabulary)
    tokens: list[str] = []
    previous = "."
    for token in _TOKEN.findall(line):
        small = token[:1].lower() + token[1:]
        begins = previous in _SENTENCE_BEGINS_AFTER
        tokens.append(small if begins and small in known else token)
        previous = token
    return tokens


def character_cost(token: str) -> int:
    """Return the characters a token adds to a line, its line end included.

    Each token brings one space (the first one's stands for the line end), except a
    mark that follows its word directly; an opening quotation mark saves the space
    after it.
    """
    return len(token) + (token not in _NO_SPACE_BEFORE) - (token in _NO_SPACE_AFTER)
