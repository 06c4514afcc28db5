"""Draw music: a piano roll, time to the right and pitch upwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.audio.scores import STEP, VOICES, Score
from helpers.plots.figures import new_axes
from helpers.plots.style import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OCTAVES = {36: "C2", 48: "C3", 60: "C4", 72: "C5", 84: "C6"}  # MIDI number: its name


def piano_roll(score: Score, title: str) -> Axes:
    """Draw each note as a bar in the colour of its voice.

    Args:
        score: of at least one note.
        title: the finding.

    Returns:
        The axes.

    Raises:
        ValueError: if there is no note.
    """
    notes = score.notes()
    if not notes:
        raise ValueError("`piano_roll` wants at least one note, received none")
    axes = new_axes("time (quarter notes)", "pitch", title, figsize=(7.0, 3.4))
    for voice, name in enumerate(VOICES):
        mine = [note for note in notes if note[3] == voice]
        spans = [(start, 0.92 * length) for start, length, *_ in mine]
        for span, (*_, pitch, _voice) in zip(spans, mine, strict=True):
            axes.broken_barh([span], (pitch - 0.4, 0.8), color=PALETTE[voice])
        axes.plot([], [], color=PALETTE[voice], linewidth=5, label=name)
    pitches = [pitch for *_, pitch, _ in notes]
    axes.set_ylim(min(pitches) - 2, max(pitches) + 2)
    shown = [p for p in OCTAVES if min(pitches) - 2 <= p <= max(pitches) + 2]
    axes.set_yticks(shown, [OCTAVES[p] for p in shown])
    axes.set_xlim(0, len(score) * STEP)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=4)
    return axes
