"""Turn a sound into a WAV file and into a player for a notebook."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING

import numpy as np

from helpers.audio.checks import check_rate, check_waveform
from helpers.audio.spectrum import SAMPLE_RATE

if TYPE_CHECKING:
    from IPython.display import HTML


def to_wav_bytes(waveform: np.ndarray, sample_rate: int = SAMPLE_RATE) -> bytes:
    """Return a mono WAV file of 16-bit samples.

    Args:
        waveform: float (samples,), -1 to 1; silence passes.
        sample_rate: in Hz, a whole number.

    Raises:
        ValueError: as `check_waveform` and `check_rate`.
    """
    from scipy.io import wavfile

    array = check_waveform(waveform, "to_wav_bytes", silence=True)
    rate = check_rate(sample_rate, "to_wav_bytes")
    # There is no 32768: full scale upwards is one step short.
    samples = np.clip(np.rint(array * 32768), -32768, 32767).astype(np.int16)
    buffer = io.BytesIO()
    wavfile.write(buffer, rate, samples)
    return buffer.getvalue()


def player(
    waveform: np.ndarray, sample_rate: int = SAMPLE_RATE, label: str = ""
) -> HTML:
    """Return a labelled player for a notebook: 22 kB for a second of 8 kHz sound.

    GitHub's page shows no player; put `plots.audio.audio_clips` beside it.

    Args:
        waveform: float (samples,), -1 to 1.
        sample_rate: in Hz, a whole number.
        label: what is heard, written over the player and read by screen readers; by
            default how long it lasts.

    Raises:
        ValueError: as `check_waveform` and `check_rate`.
    """
    from IPython.display import HTML

    content = base64.b64encode(to_wav_bytes(waveform, sample_rate)).decode()
    said = html.escape(label or f"Audio, {len(waveform) / sample_rate:.1f} s")
    return HTML(
        f'<figure style="margin: 0"><figcaption>{said}</figcaption>'
        f'<audio controls aria-label="{said}" src="data:audio/wav;base64,{content}">'
        "</audio></figure>"
    )
