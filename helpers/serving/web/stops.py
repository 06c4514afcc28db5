"""Turn tokens into text that can be sent at once, and notice where to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

HALF = "\ufffd"  # what `decode` gives for a character whose bytes are not all there


class TextStream:
    """The text of one answer, piece by piece.

    Held back is what may still change: half a character, and the beginning of a stop
    sequence, which must not be sent if the rest of it follows.

    Args:
        decode: Turns all ids so far into text.
        stops: Texts that end the answer and do not belong to it.

    Attributes:
        text: What has been sent so far.
        stopped: Whether a stop sequence was met.

    Example:
        >>> stream = TextStream("".join, ["END"])
        >>> [stream.push(letter) for letter in "aENb"]
        ['a', '', '', 'ENb']
    """

    def __init__(
        self, decode: Callable[[Sequence[int]], str], stops: Sequence[str] = ()
    ):
        self.decode, self.stops = decode, [stop for stop in stops if stop]
        self.ids: list[int] = []
        self.text, self.stopped = "", False

    def push(self, token: int) -> str:
        """Add a token and return the new text that is safe to send."""
        self.ids.append(token)
        whole = self.decode(self.ids)
        ends = [whole.find(stop) for stop in self.stops if stop in whole]
        if ends:
            self.stopped = True
            return self._send(whole[: min(ends)])
        return self._send(whole[: len(whole) - self._doubtful(whole)])

    def end(self) -> str:
        """Return what was held back, when no more tokens come."""
        return "" if self.stopped else self._send(self.decode(self.ids))

    def _doubtful(self, whole: str) -> int:
        """Count the characters at the end that may still change or be cut off."""
        sure = whole.rstrip(HALF)
        held = [
            size
            for stop in self.stops
            for size in range(1, len(stop))
            if sure.endswith(stop[:size])
        ]
        return len(whole) - len(sure) + max(held, default=0)

    def _send(self, safe: str) -> str:
        """Return what `safe` adds to the text sent so far."""
        new = safe[len(self.text) :]
        self.text += new
        return new
