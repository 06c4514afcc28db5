"""A small synthesiser: notes become waves made of a few harmonics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers.audio.spectrum import SAMPLE_RATE

HARMONICS = (1.0, 0.5, 0.35, 0.15, 0.1)  # amplitudes of f, 2 f, 3 f, …
ATTACK, RELEASE = 0.02, 0.08  # seconds


def frequency(pitch: float) -> float:
    """Return the frequency of a MIDI number in Hz: 69 is A at 440, 12 an octave."""
    return 440.0 * 2 ** ((pitch - 69) / 12)


def tone(pitch: int, seconds: float, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Return one note: harmonics below half the rate, rising and dying away.

    Args:
        pitch: MIDI number.
        seconds: length, without the release that follows it.
        sample_rate: in Hz.

    Returns:
        float32 (samples,), at most about 1.
    """
    time = np.arange(int((seconds + RELEASE) * sample_rate)) / sample_rate
    wave = np.zeros(len(time))
    for number, amplitude in enumerate(HARMONICS, start=1):
        hertz = number * frequency(pitch)
        if hertz < sample_rate / 2:  # what lies above would fold back
            wave += amplitude * np.sin(2 * np.pi * hertz * time)
    rise = np.minimum(1, time / ATTACK)
    fall = np.clip((seconds + RELEASE - time) / RELEASE, 0, 1)
    return (wave * rise * fall * np.exp(-0.6 * time) / 2).astype(np.float32)


def synthesise(
    notes: Sequence[tuple[float, float, int, int]],
    quarters_a_minute: float = 80,
    sample_rate: int = SAMPLE_RATE,
    peak: float = 0.8,
) -> np.ndarray:
    """Play notes.

    Args:
        notes: (start, length, pitch, voice), times in quarter notes, as
            `helpers.audio.scores.Score.notes` gives them; at least one.
        quarters_a_minute: tempo.
        sample_rate: in Hz.
        peak: of the largest sample, up to 1.

    Returns:
        float32 (samples,).

    Raises:
        ValueError: for no notes, or a tempo or rate that is not above 0.
    """
    if not notes or min(quarters_a_minute, sample_rate) <= 0:
        raise ValueError(
            f"`synthesise` wants notes, a tempo and a rate above 0, received "
            f"{len(notes)} notes, {quarters_a_minute} and {sample_rate}"
        )
    beat = 60 / quarters_a_minute
    end = max(start + length for start, length, *_ in notes) * beat
    wave = np.zeros(int((end + 2 * RELEASE) * sample_rate) + 1, np.float32)
    for start, length, pitch, _ in notes:
        sound = tone(pitch, length * beat, sample_rate)
        first = int(start * beat * sample_rate)
        wave[first : first + len(sound)] += sound
    return wave * (peak / max(1e-9, float(np.abs(wave).max())))
