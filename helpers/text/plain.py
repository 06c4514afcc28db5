"""The plain copy of a text, which patterns read, and a text with its finds covered."""

import unicodedata
from collections.abc import Iterable

Span = tuple[int, int]

_HYPHENS = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_WIDTHS = ("<wide>", "<narrow>", "<small>", "<font>")


def _plain_character(sign: str) -> str:
    """Return a character in its plain spelling, "" for a mark or one without width."""
    category = unicodedata.category(sign)
    if sign.isascii() or category in ("Lo", "Ll", "Lu") and sign < "\u2100":
        return sign
    if category in ("Mn", "Mc", "Me", "Cf"):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Zs":
        return " "
    if sign in _HYPHENS:
        return "-"
    if sign in "\u2019\uff07":
        return "'"
    tag, *codes = unicodedata.decomposition(sign).split() or [""]
    plain = chr(int(codes[0], 16)) if len(codes) == 1 and tag in _WIDTHS else sign
    # Full-width punctuation ends an address in Chinese text, so it must stay visible.
    return plain if plain.isascii() and plain not in "()!?,:;" else sign


def plain_copy(text: str) -> tuple[str, list[int] | range]:
    """Return the copy that patterns read, and where its characters stand in `text`.

    Args:
        text: Any text.

    Returns:
        The copy; for each of its characters, and for its end, the place in `text`.
    """
    if text.isascii():
        return text, range(len(text) + 1)
    signs = {character: _plain_character(character) for character in set(text)}
    copy = [signs[character] for character in text]
    if all(signs.values()):
        return "".join(copy), range(len(text) + 1)
    return "".join(copy), [*(i for i, sign in enumerate(copy) if sign), len(text)]


def cover(text: str, spans: Iterable[Span]) -> str:
    """Return a text of the same length in which no later pattern finds the spans.

    Args:
        text: Any text.
        spans: Start and end (exclusive) of each, rising, at least two characters long.
    """
    pieces, last = [], 0
    for start, end in spans:
        pieces += [text[last:start], "<", "\0" * (end - start - 2), ">"]
        last = end
    return "".join([*pieces, text[last:]])
