"""Count what a teacher of harmony marks: parallels, crossings, ranges; and copying."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

# MIDI numbers that textbooks give the voices. Source: Kostka and Payne, "Tonal Harmony"
SINGABLE = ((60, 81), (55, 74), (48, 69), (40, 62))
FIFTH = 7  # semitones, modulo 12
OCTAVE = 0


def parallels(before: np.ndarray, after: np.ndarray, interval: int) -> np.ndarray:
    """Count pairs of voices that move together in one perfect interval.

    Both voices move, in the same direction, and are `interval` apart before and after.

    Args:
        before: int (..., V), pitches of one chord from the top; 0 for a rest.
        after: int (..., V), those of the next chord.
        interval: semitones modulo 12: 7 for fifths, 0 for octaves and unisons.

    Returns:
        int (...), pairs.
    """
    before, after = np.broadcast_arrays(before, after)
    count = np.zeros(before.shape[:-1], int)
    for upper, lower in combinations(range(before.shape[-1]), 2):
        old = before[..., upper] - before[..., lower]
        new = after[..., upper] - after[..., lower]
        ways = [np.sign(after[..., v] - before[..., v]) for v in (upper, lower)]
        pairs = [chord[..., [upper, lower]] for chord in (before, after)]
        sung = np.all([(pair > 0).all(axis=-1) for pair in pairs], axis=0)
        kept = (old % 12 == interval) & (new % 12 == interval)
        count += sung & kept & (ways[0] == ways[1]) & (ways[0] != 0)
    return count


def chords(pitches: np.ndarray, attacks: np.ndarray) -> np.ndarray:
    """Return the rows (n, V) of a score at which at least one voice begins a note.

    Args:
        pitches: int (T, V).
        attacks: bool (T, V).
    """
    return np.asarray(pitches)[np.asarray(attacks).any(axis=1)]


def faults(pitches: np.ndarray, attacks: np.ndarray) -> dict[str, int]:
    """Count the chords of a score and the faults in them.

    Args:
        pitches: int (T, 4), soprano to bass; 0 for a rest.
        attacks: bool (T, 4), whether a note begins.

    Returns:
        chords; fifths and octaves, parallel ones between a chord and the next;
        crossings, pairs of neighbours of which the lower voice is above the upper;
        range, notes sung outside `SINGABLE`.
    """
    rows = chords(pitches, attacks)
    sung = (rows[:, :-1] > 0) & (rows[:, 1:] > 0)
    low, high = np.array(SINGABLE).T
    outside = (pitches < low) | (pitches > high)
    return {
        "chords": len(rows),
        "fifths": int(parallels(rows[:-1], rows[1:], FIFTH).sum()),
        "octaves": int(parallels(rows[:-1], rows[1:], OCTAVE).sum()),
        "crossings": int((sung & (rows[:, :-1] < rows[:, 1:])).sum()),
        "range": int((outside & (pitches > 0) & attacks).sum()),
    }


def rates(pieces: Iterable[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Return the faults of many pieces for every 100 chords.

    Args:
        pieces: (pitches, attacks) of each, as `faults` takes them.

    Returns:
        fifths, octaves, parallels (both together), crossings and range.

    Raises:
        ValueError: if there is no chord.
    """
    total: dict[str, int] = {}
    for pitches, attacks in pieces:
        for name, count in faults(pitches, attacks).items():
            total[name] = total.get(name, 0) + count
    count = total.pop("chords", 0)
    if not count:
        raise ValueError("`rates` wants at least one chord, received none")
    total["parallels"] = total["fifths"] + total["octaves"]
    return {name: 100 * number / count for name, number in total.items()}


class Copying:
    """Find the longest passage that a piece shares with a corpus, in any key.

    Two passages are the same if all voices move by the same steps at the same times.

    Args:
        corpus: (pitches, attacks) of each piece.

    Example:
        length, start, piece, place = Copying(bach).longest(pitches, attacks)
    """

    def __init__(self, corpus: Sequence[tuple[np.ndarray, np.ndarray]]):
        self.letters: dict[tuple, str] = {}
        written = [self._written(*piece) for piece in corpus]
        self.first = np.cumsum([0, *(len(one) + 1 for one in written)])
        self.text = "\n".join(written)

    def longest(
        self, pitches: np.ndarray, attacks: np.ndarray
    ) -> tuple[int, int, int, int]:
        """Find the longest passage shared with the corpus.

        Args:
            pitches: int (T, 4).
            attacks: bool (T, 4).

        Returns:
            Its length in steps, the step at which it starts, the number of the piece
            that has it, too, and the step there.
        """
        text, best = self._written(pitches, attacks), (0, 0, 0, 0)
        for start in range(len(text)):
            length, place = best[0] + 1, -1
            while start + length <= len(text):
                found = self.text.find(text[start : start + length], max(place, 0))
                if found < 0:
                    break
                length, place = length + 1, found
            if place >= 0:
                piece = int(np.searchsorted(self.first, place, "right")) - 1
                best = (length - 1, start, piece, place - int(self.first[piece]))
        return best

    def _written(self, pitches: np.ndarray, attacks: np.ndarray) -> str:
        """Write a piece as one letter a step, the same in every key."""
        pitches = np.asarray(pitches)
        steps = np.diff(pitches[:, 0], prepend=pitches[:1, 0])
        steps[:1] = 0
        below = pitches[:, :1] - pitches[:, 1:]
        rows = np.concatenate([steps[:, None], below, attacks, pitches == 0], axis=1)
        # "\n" parts the pieces; letters begin above it
        return "".join(
            self.letters.setdefault(tuple(row), chr(256 + len(self.letters)))
            for row in rows.tolist()
        )
