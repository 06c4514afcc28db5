"""Turn a sound into a WAV file and into a player for a notebook."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np

from helpers.audio.checks import check_rate, check_waveform
from helpers.audio.spectrum import SAMPLE_RATE

if TYPE_CHECKING:
    from IPython.display import Audio


def to_wav_bytes(waveform: np.ndarray, sample_rate: int = SAMPLE_RATE) -> bytes:
    """Return a mono WAV file of 16-bit samples.

    Args:
        waveform: float (samples,), -1 to 1; silence passes.
        sample_rate: in Hz, a whole number.

    Raises:
        ValueError: as `check_waveform` and `check_rate`.
    """
    array = check_waveform(waveform, "to_wav_bytes", silence=True)
    rate = check_rate(sample_rate, "to_wav_bytes")
    samples = np.clip(np.rint(array * 32768), -32768, 32767).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def player(waveform: np.ndarray, sample_rate: int = SAMPLE_RATE) -> Audio:
    """Return a player for a notebook: 22 kB for a second of 8 kHz sound.

    GitHub's page shows no player; put `clips` beside it.

    Args:
        waveform: float (samples,), -1 to 1.
        sample_rate: in Hz, a whole number.

    Raises:
        ValueError: as `check_waveform` and `check_rate`.
    """
    from IPython.display import Audio

    return Audio(data=to_wav_bytes(waveform, sample_rate))
