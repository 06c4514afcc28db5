"""What a maker yields: steps on the way, and what was made in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """How far the work is.

    Attributes:
        key: Of the sentence in `words`.
        done: Parts done.
        parts: Of so many; 0 if nobody knows.
        text: What is written so far, if it is a text.
    """

    key: str
    done: int = 0
    parts: int = 0
    text: str = ""


@dataclass(frozen=True)
class Piece:
    """One thing that was made, as a file.

    Attributes:
        name: Of the file.
        media: Its media type, such as "image/png".
        content: Its bytes.
        key: Of the sentence in `words` that says what it is.
        values: What that sentence names.
    """

    name: str
    media: str
    content: bytes
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """What one side of a conversation said.

    Attributes:
        who: "customer" or "desk".
        text: Said.
        source: The title of the passage that is cited, or "".
        kind: Of a reply: "answer", "tool", "ask" or "hand-over".
    """

    who: str
    text: str
    source: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Made:
    """A result, with all that makes it again.

    Attributes:
        tab: Of the maker.
        settings: Checked.
        pieces: Files, the most important first.
        turns: Of a conversation.
    """

    tab: str
    settings: Mapping[str, object]
    pieces: tuple[Piece, ...]
    turns: tuple[Turn, ...] = ()
