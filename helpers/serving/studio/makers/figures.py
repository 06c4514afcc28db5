"""Draw a figure into a PNG file, one at a time: pyplot knows only one at a time."""

from __future__ import annotations

import io

import numpy as np

from helpers.serving.studio.makers import models


def _png(figure) -> bytes:
    """Return a figure as a PNG, and forget it."""
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


def spectrogram(wave: np.ndarray, title: str) -> bytes:
    """Return the log-mel spectrogram of a sound, time to the right.

    Args:
        wave: float (samples,), at 8,000 Hz.
        title: Of the figure.
    """
    from helpers import audio
    from helpers.plots.audio import spectrogram as draw

    with models.LOCK:
        return _png(draw(audio.log_mel(wave), title).figure)


def piano_roll(score, title: str) -> bytes:
    """Return a piece as a piano roll.

    Args:
        score: A `helpers.audio.scores.Score` of at least one note.
        title: Of the figure.
    """
    from helpers.plots.scores import piano_roll as draw

    with models.LOCK:
        return _png(draw(score, title).figure)
