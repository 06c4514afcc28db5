"""Turn word tokens into ordinary text, without losing anything."""

from __future__ import annotations

from collections.abc import Sequence

_NO_SPACE_BEFORE = frozenset(".,:;?!”")
_NO_SPACE_AFTER = frozenset("“")
_SENTENCE_BEGINS_AFTER = frozenset(".:?!“")


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
