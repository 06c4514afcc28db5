"""Music in four voices on a grid: as arrays, as tokens, as notes, as a MIDI file."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

VOICES = ("soprano", "alto", "tenor", "bass")
RANGES = ((57, 81), (53, 76), (48, 69), (36, 64))  # MIDI numbers that have a token
START = 0
END = 1
BAR = 2
FERMATA = 3
FIRST = 4  # of the soprano's tokens; those of the other voices follow
HOLD = 0  # the first token of each voice
REST = 1  # the second; its pitches follow
STEP = 0.5  # quarter notes


@dataclass(eq=False)
class Score:
    """A piece in four voices, one row for each eighth note.

    Attributes:
        pitches: int (T, 4), MIDI numbers of soprano, alto, tenor, bass; 0 for a rest.
        attacks: bool (T, 4), whether a note or a rest begins here.
        bars: bool (T,), whether a bar begins here.
        fermatas: bool (T,), whether the soprano's last note of a phrase begins here.
    """

    pitches: np.ndarray
    attacks: np.ndarray
    bars: np.ndarray
    fermatas: np.ndarray

    def __len__(self) -> int:
        return len(self.pitches)

    def transposed(self, semitones: int) -> Score:
        """Return the piece moved up or down; rests stay rests.

        Args:
            semitones: by how much; negative is down.
        """
        moved = np.where(self.pitches > 0, self.pitches + semitones, 0)
        return replace(self, pitches=moved)

    def cut(self, start: int, stop: int) -> Score:
        """Return steps start to stop (exclusive); notes held over begin anew."""
        attacks = self.attacks[start:stop].copy()
        attacks[0] = True
        parts = (self.pitches, self.bars, self.fermatas)
        pitches, bars, fermatas = (part[start:stop] for part in parts)
        return Score(pitches, attacks, bars, fermatas)

    def notes(self) -> list[tuple[float, float, int, int]]:
        """Return (start, length, pitch, voice) of each note, in quarter notes."""
        found = []
        for voice in range(self.pitches.shape[1]):
            starts = np.flatnonzero(self.attacks[:, voice])
            for start, stop in zip(starts, [*starts[1:], len(self)], strict=True):
                pitch = int(self.pitches[start, voice])
                if pitch:
                    length = float(stop - start) * STEP
                    found.append((float(start) * STEP, length, pitch, voice))
        return sorted(found)


class VoiceTokens:
    """Turn scores into token ids and back: four tokens a step, one for each voice.

    A voice's tokens are its own: hold, rest, or one of its pitches. `BAR` and `FERMATA`
    stand before the step at which a bar or a phrase's last note begins.

    Attributes:
        size: number of tokens.
    """

    def __init__(self):
        spans = [high - low + 3 for low, high in RANGES]  # hold, rest, pitches
        edges = np.cumsum([FIRST, *spans])
        self.first, self.size = edges[:-1], int(edges[-1])  # of each voice
        self.voice_of = np.full(self.size, -1)
        self.pitch_of = np.zeros(self.size, int)  # 0 for all but pitches
        for voice, (low, high) in enumerate(RANGES):
            self.voice_of[edges[voice] : edges[voice + 1]] = voice
            self.pitch_of[edges[voice] + 2 : edges[voice + 1]] = range(low, high + 1)

    def name(self, token: int) -> str:
        """Write a token for a reader: "S71", "A hold", "bar"."""
        if token < FIRST:
            return ("start", "end", "bar", "fermata")[token]
        voice = int(self.voice_of[token])
        kind = token - self.first[voice]
        what = (" hold", " rest")[kind] if kind < 2 else str(self.pitch_of[token])
        return "SATB"[voice] + what

    def fits(self, score: Score) -> bool:
        """Tell whether every pitch of a score has a token."""
        low, high = np.array(RANGES).T
        inside = (score.pitches >= low) & (score.pitches <= high)
        return bool((inside | (score.pitches == 0)).all())

    def encode(self, score: Score) -> np.ndarray:
        """Turn a score into int32 ids (n,), from `START` to `END`.

        Raises:
            ValueError: if a pitch has no token.
        """
        if not self.fits(score):
            raise ValueError(f"`encode` wants pitches within {RANGES} by voice")
        low = np.array(RANGES)[:, 0]
        kinds = np.where(score.pitches > 0, score.pitches - low + 2, REST)
        kinds = np.where(score.attacks, kinds, HOLD)
        ids = [START]
        for row, bar, fermata in zip(kinds, score.bars, score.fermatas, strict=True):
            ids += [BAR] * bool(bar) + [FERMATA] * bool(fermata)
            ids += (row + self.first).tolist()
        return np.array([*ids, END], np.int32)

    def following(self, last: int) -> np.ndarray:
        """Return bool (size,): the tokens that may follow a token in a whole score."""
        voice = int(self.voice_of[last]) if last >= FIRST else 3
        allowed = self.voice_of == (voice + 1) % 4
        if voice == 3:  # a step begins
            allowed[BAR] = last not in (BAR, FERMATA)
            allowed[FERMATA] = last != FERMATA
            allowed[END] = last >= FIRST
        return allowed

    def decode(self, ids: Sequence[int] | np.ndarray) -> tuple[Score, bool]:
        """Turn ids into a score.

        Args:
            ids: from `START`; what follows the first token that may not stand where it
                stands, or follows `END`, is left out, and so is a step cut off.

        Returns:
            The score, and whether nothing but whole steps and `END` was there.
        """
        rows, marks, now, marked = [], [], [], [False, False]
        last, ended = START, False
        for token in map(int, ids[1:]):
            if not self.following(last)[token]:
                break
            if token < FIRST:
                ended = token == END
                if ended:
                    break
                marked[token - BAR] = True
            else:
                now.append(token - int(self.first[len(now)]))
            if len(now) == 4:
                rows.append(now)
                marks.append(marked)
                now, marked = [], [False, False]
            last = token
        return self._score(np.array(rows, int).reshape(-1, 4), marks), ended

    def _score(self, kinds: np.ndarray, marks: list) -> Score:
        """Return the score of kinds (T, 4): hold, rest or pitches."""
        attacks = kinds != HOLD
        attacks[:1] = True
        pitches = np.where(kinds > REST, kinds - 2 + np.array(RANGES)[:, 0], 0)
        for step in range(1, len(kinds)):
            held = kinds[step] == HOLD
            pitches[step, held] = pitches[step - 1, held]
        bars, fermatas = np.array(marks, bool).reshape(-1, 2).T
        return Score(pitches, attacks, bars, fermatas)


def to_midi(score: Score, quarters_a_minute: float = 80, program: int = 19) -> bytes:
    """Return a MIDI file of type 1: a track for the tempo and one for each voice.

    Args:
        score: of at least one step.
        quarters_a_minute: tempo, above 0.
        program: General MIDI's number of the instrument, from 0; 19 is a church organ.

    Raises:
        ValueError: for an empty score or a tempo that is not above 0.

    Source: MIDI Manufacturers Association 1996, Standard MIDI Files 1.0.
    """
    if not len(score) or not 0 < quarters_a_minute < 10_000:
        raise ValueError(
            f"`to_midi` wants steps and a tempo above 0, received {len(score)} steps "
            f"and {quarters_a_minute}"
        )
    ticks = 480  # of a quarter note
    tempo = round(60_000_000 / quarters_a_minute).to_bytes(3, "big")
    tracks = [b"\0\xff\x51\x03" + tempo]
    for voice in range(score.pitches.shape[1]):
        events = []
        for start, length, pitch, sung in score.notes():
            if sung == voice:
                on, off = (round(ticks * t) for t in (start, start + length))
                events.append((on, 1, bytes([0x90 | voice, pitch, 80])))
                events.append((off, 0, bytes([0x80 | voice, pitch, 0])))
        track, now = b"\0" + bytes([0xC0 | voice, program]), 0
        for when, _, message in sorted(events):  # at one tick, ends come first
            track += _variable_length(when - now) + message
            now = when
        tracks.append(track)
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), ticks)
    return header + b"".join(map(_chunk, tracks))


def _chunk(track: bytes) -> bytes:
    """Return a track with its header and its end."""
    content = track + b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(content)) + content


def _variable_length(number: int) -> bytes:
    """Write a number in groups of seven bits, the high bit set on all but the last."""
    groups = [number & 127]
    while number := number >> 7:
        groups.append(number & 127 | 128)
    return bytes(reversed(groups))
