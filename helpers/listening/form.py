"""Run a listening test in a notebook: one clip at a time, blind, in random order.

`Form` asks one person for one rating a clip on the scale from 1 to 5 and saves each
at once with `ratings.append`. `draw_form` draws what the form looks like, for a
notebook that is read and not run.
"""

from __future__ import annotations

import hashlib
import html
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.audio.checks import check_rate, check_waveform
from helpers.audio.playing import to_wav_bytes
from helpers.audio.spectrum import SAMPLE_RATE
from helpers.listening import ratings
from helpers.plots.figures import figure_title, subplots
from helpers.plots.style import INK, PALE, PALETTE

if TYPE_CHECKING:
    from ipywidgets import VBox
    from matplotlib.figure import Figure

QUESTION = "How good is the quality of this speech?"
ASK = "Choose a rating for this clip, then save it."


@dataclass(frozen=True)
class Clip:
    """One sound of a listening test.

    Attributes:
        name: what the ratings file calls it: the name given, see `ratings.check_name`,
            and eight digits that stand for the waveform, such as "clip 1-3f9a2c1b". A
            rating belongs to what was heard: another waveform has another name.
        system: who made it: a model, or "reference" (natural) and "anchor" (spoilt on
            purpose), by which careless raters are found. The form never shows it.
        waveform: float (samples,), -1 to 1, neither empty nor silent.
        sample_rate: in Hz.
    """

    name: str
    system: str
    waveform: np.ndarray = field(repr=False, compare=False)
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        """Refuse what cannot be played or named."""
        name = ratings.check_name(self.name, "clip")
        ratings.check_name(self.system, "system")
        sound = check_waveform(self.waveform, f"clip {name!r}")
        check_rate(self.sample_rate, f"clip {name!r}")
        heard = to_wav_bytes(sound, self.sample_rate)
        mark = "-" + hashlib.sha256(heard).hexdigest()[:8]
        object.__setattr__(self, "name", name.removesuffix(mark) + mark)
        object.__setattr__(self, "waveform", sound)


def rater_order(names: Sequence[str], rater: str, seed: int = 0) -> list[str]:
    """Return clips in the random order that belongs to one rater.

    Order matters to listeners: a fair clip sounds good after a bad one. An order of
    each rater's own turns that bias into noise, and a rater who comes back after a
    break finds the same order.

    Args:
        names: names of the clips, in any order.
        rater: who listens.
        seed: of the whole test.

    Returns:
        The names, shuffled.
    """
    rater = unicodedata.normalize("NFC", rater)
    key = hashlib.sha256(f"{seed}:{rater}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(key[:8], "big"))
    return [str(name) for name in rng.permutation(sorted(names))]


class Form:
    """Ask one rater for one rating a clip, blind, in an order of the rater's own.

    Args:
        clips: two or more clips with different names.
        path: the ratings file; clips that the rater has rated there are left out.
        rater: the rater's name or alias; names of simulated raters are refused.
        seed: of the whole test.
        question: what is asked about every clip.

    Raises:
        ValueError: for fewer than two clips, two clips of one name, a rater's name
            that is not allowed, or a file that is no ratings file of these clips.

    Example:
        >>> form = Form(clips, "ratings.csv", "Wei")
        >>> form.widget()  # as the last line of a cell
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        path: str | Path,
        rater: str,
        seed: int = 0,
        question: str = QUESTION,
    ) -> None:
        """Read what the rater has done already and order the rest."""
        self.clips = {clip.name: clip for clip in clips}
        if len(clips) < 2 or len(self.clips) != len(clips):
            names = [clip.name for clip in clips]
            raise ValueError(
                f"Form wants two or more clips of different names, received {names}"
            )
        self.rater, self.path = ratings.check_name(rater, "rater"), Path(path)
        if self.rater.startswith(ratings.SIMULATED):
            raise ValueError(f"rater is {rater!r}; wanted a person's name or alias")
        self.question = question
        done = set()
        if self.path.exists() and self.path.stat().st_size:
            table = ratings.read(self.path, self.clips)
            done = set(table.loc[table["rater"] == self.rater, "clip"])
        order = rater_order(list(self.clips), rater, seed)
        self.remaining = [name for name in order if name not in done]

    @property
    def current(self) -> Clip | None:
        """Return the clip to rate now, None when all are rated."""
        return self.clips[self.remaining[0]] if self.remaining else None

    @property
    def progress(self) -> str:
        """Return how far the rater is, in words."""
        done = len(self.clips) - len(self.remaining)
        if not self.remaining:
            return f"All {done} clips are rated. Thank you, {self.rater}."
        return f"Clip {done + 1} of {len(self.clips)}"

    def rate(self, rating: int) -> None:
        """Save a rating of the current clip and go on to the next.

        Args:
            rating: 1 (bad) to 5 (excellent).

        Raises:
            ValueError: if all clips are rated, or `ratings.append` refuses; the form
                then stays at this clip.
        """
        if self.current is None:
            raise ValueError(f"{self.rater!r} has rated all {len(self.clips)} clips")
        name = self.current.name
        ratings.append(self.path, self.rater, name, rating, clips=self.clips)
        self.remaining.pop(0)

    def widget(self) -> VBox:
        """Return the form as a widget: player, scale, button, progress.

        Show it as the last line of a cell. It lives in the browser: a notebook saved
        with it holds no sound, so show `draw_form(form)` to those who only read.
        """
        import ipywidgets as widgets

        title = widgets.HTML(f"<b>{html.escape(self.question)}</b>")  # no markup
        message, bar = widgets.HTML(), widgets.IntProgress(max=len(self.clips))
        player = widgets.Audio(format="wav", autoplay=False, loop=False)
        scale = [(f"{value} · {word}", value) for value, word in ratings.SCALE.items()]
        choice = widgets.RadioButtons(options=scale, value=None)
        button = widgets.Button(description="Save and next", disabled=True)

        def show() -> None:
            bar.value = len(self.clips) - len(self.remaining)
            message.value, choice.value = self.progress, None
            if self.current is None:
                player.layout.display = choice.layout.display = "none"
            else:
                clip = self.current
                player.value = to_wav_bytes(clip.waveform, clip.sample_rate)

        def save(_) -> None:
            if choice.value is None:  # a second click, or one before any choice
                saved = "Your last rating is saved. " if bar.value else ""
                message.value = saved + (self.progress if self.current is None else ASK)
                return
            try:
                self.rate(choice.value)
            except (ValueError, OSError) as fault:
                message.value = f"Not saved: {html.escape(str(fault))}"
            else:
                show()

        choice.observe(lambda change: _enable(button, change["new"]), "value")
        button.on_click(save)
        show()
        return widgets.VBox([title, bar, player, choice, button, message])


def _enable(button, rating: int | None) -> None:
    """Let the rater save only what has been chosen."""
    button.disabled = rating is None


def draw_form(form: Form) -> Figure:
    """Draw the form as it stands: question, player, scale, progress.

    The picture is as blind as the form: it shows the clip's sound wave and neither
    its name nor who made it.

    Args:
        form: a form with a clip left to rate.

    Returns:
        The figure.

    Raises:
        ValueError: if every clip is rated.
    """
    clip = form.current
    if clip is None:
        raise ValueError("every clip is rated; wanted a form with a clip to show")
    heights = (1.1, 2.2)
    figure, (top, below) = subplots(2, 1, figsize=(7.0, 3.4), height_ratios=heights)
    figure_title(figure, form.question)
    seconds = np.arange(clip.waveform.size) / clip.sample_rate
    top.plot(seconds, clip.waveform, color=PALETTE[0], linewidth=0.6)
    top.set(xlim=(0, seconds[-1]), xlabel="seconds", yticks=[])
    top.set_ylabel("▶ play", rotation=0, ha="right", va="center")
    top.grid(False)
    below.set(xlim=(0, 10), ylim=(0, 6))
    below.axis("off")
    for place, (value, word) in enumerate(ratings.SCALE.items()):
        below.scatter(0.3, 5.3 - place, s=90, facecolor="white", edgecolor=INK)
        below.text(0.65, 5.3 - place, f"{value} · {word}", va="center")
    box = {"boxstyle": "round,pad=0.5", "facecolor": PALE, "edgecolor": INK}
    below.text(5.6, 3.2, "Save and next", va="center", bbox=box)
    below.text(5.6, 1.3, form.progress, va="center")
    return figure
