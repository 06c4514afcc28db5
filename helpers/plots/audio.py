"""Draw audio: the wave above, its log-mel spectrogram below, several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.audio.checks import LOUDEST, check_rate, check_waveform
from helpers.audio.spectrum import (
    CEILING_DB,
    FLOOR_DB,
    HOP,
    SAMPLE_RATE,
    hertz_to_mel,
    log_mel,
)
from helpers.plots.figures import figure_title, new_axes, subplots
from helpers.plots.style import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TICKS = (250, 500, 1000, 2000, 3500)  # Hz


def audio_clips(
    waveforms: Mapping[str, np.ndarray],
    title: str,
    *,
    sample_rate: int = SAMPLE_RATE,
    columns: int = 5,
) -> Figure:
    """Draw each sound as a wave over its log-mel spectrogram, in one scale.

    Args:
        waveforms: label -> float (samples,), about -1 to 1; silence passes.
        title: the finding.
        sample_rate: in Hz.
        columns: sounds in one row.

    Returns:
        The figure.

    Raises:
        ValueError: if there is no sound, or as `check_waveform` and `check_rate`.
    """
    if not waveforms:
        raise ValueError("wanted at least one sound to draw, received none")
    check_rate(sample_rate, "clips")
    for label, wave in waveforms.items():
        check_waveform(wave, f"sound {label!r}", silence=True, loudest=LOUDEST)
    columns = min(columns, len(waveforms))
    rows = -(-len(waveforms) // columns)
    figure, axes = subplots(
        2 * rows, columns, figsize=(max(1.75 * columns, 5.6), 2.5 * rows + 0.4),
        height_ratios=[1, 2.2] * rows, squeeze=False,
    )  # fmt: skip
    figure_title(figure, title)
    for spare in range(len(waveforms), rows * columns):
        for part in (0, 1):
            axes[2 * (spare // columns) + part, spare % columns].axis("off")
    for place, (label, wave) in enumerate(waveforms.items()):
        top = axes[2 * (place // columns), place % columns]
        below = axes[2 * (place // columns) + 1, place % columns]
        _wave(top, wave, label, sample_rate)
        squares = _squares(below, log_mel(wave, sample_rate), sample_rate)
        if place % columns:
            below.set(ylabel="", yticklabels=[])
    lower = axes[1::2].ravel().tolist()
    bar = figure.colorbar(squares, ax=lower, shrink=0.9, aspect=30)
    bar.set_label("level (dB)", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure


def spectrogram(
    decibels: np.ndarray, title: str, *, sample_rate: int = SAMPLE_RATE
) -> Axes:
    """Draw one log-mel spectrogram.

    Args:
        decibels: (frames, n_mels) in dB, with hops of 128 samples.
        title: the finding.
        sample_rate: in Hz.

    Returns:
        The axes.

    Raises:
        ValueError: if it is no matrix.
    """
    if np.ndim(decibels) != 2:
        raise ValueError(f"wanted (frames, n_mels), received {np.shape(decibels)}")
    axes = new_axes("time (s)", "frequency (Hz)", title, figsize=(5.4, 3.0))
    image = _squares(axes, decibels, sample_rate)
    axes.figure.colorbar(image, ax=axes, label="level (dB)", shrink=0.9)
    return axes


def _wave(axes, wave: np.ndarray, label: str, sample_rate: int) -> None:
    seconds = np.arange(len(wave)) / sample_rate
    axes.plot(seconds, wave, linewidth=0.5, color=PALETTE[0])
    axes.set_title(label, fontweight="normal", fontsize=9, pad=3)
    axes.set(xlim=(0, len(wave) / sample_rate), xticks=[], yticks=[])
    axes.grid(False)


def _squares(axes, decibels: np.ndarray, sample_rate: int):
    """Show time to the right and mel bands upwards, labelled in Hz."""
    frames, bands = np.shape(decibels)
    top = float(hertz_to_mel(sample_rate / 2))
    ticks = [t for t in TICKS if t <= sample_rate / 2]
    image = axes.imshow(
        np.asarray(decibels).T, origin="lower", aspect="auto", cmap="cividis",
        vmin=FLOOR_DB, vmax=CEILING_DB, extent=(0, frames * HOP / sample_rate, 0, top),
        interpolation="nearest",
    )  # fmt: skip
    axes.set_yticks([float(hertz_to_mel(t)) for t in ticks], ticks, fontsize=7)
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(False)
    axes.set_xlabel("time (s)", fontsize=8)
    axes.set_ylabel("Hz", fontsize=8)
    return image
