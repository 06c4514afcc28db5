"""Begin a figure: its axes, its title, and the check of what it is to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.plots.style import TITLE_SIZE, show_texts_as_they_are

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def subplots(rows: int = 1, columns: int = 1, **options) -> tuple:
    """Return a new figure whose texts are shown as they are, and its axes.

    Matplotlib reads "$5 (7%) to $6" as a formula and fails on "$$". Titles and labels
    of the course are data, tokens among them, so nothing in them is markup.

    Args:
        rows: axes above each other.
        columns: axes side by side.
        options: as `matplotlib.pyplot.subplots` takes.
    """
    import matplotlib.pyplot as plt

    # Ticks make their texts when they are drawn, so this holds from here on.
    show_texts_as_they_are()
    return plt.subplots(rows, columns, **options)


def new_axes(
    xlabel: str,
    ylabel: str,
    title: str,
    figsize: tuple[float, float] | None = None,
) -> Axes:
    """Return the axes of a new figure.

    Args:
        xlabel: what x is, with its unit.
        ylabel: what y is, with its unit.
        title: the finding.
        figsize: (width, height) in inches; by default the style's.
    """
    _, axes = subplots(figsize=figsize)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return axes


def new_panels(count: int, columns: int, width: float, height: float, title: str):
    """Return a new figure and `count` axes in rows of `columns`.

    Args:
        count: number of axes, at least 1.
        columns: axes in a row.
        width: of one of the axes, in inches.
        height: of one of the axes, in inches.
        title: the finding.
    """
    rows = -(-count // columns)
    size = (max(columns * width, 4.0), rows * height + 0.4)
    figure, axes = subplots(rows, columns, figsize=size, squeeze=False)
    figure_title(figure, title)
    for spare in axes.flat[count:]:
        spare.axis("off")
    return figure, list(axes.flat[:count])


def figure_title(figure: Figure, title: str) -> None:
    """Write a title over all axes of a figure, in the style of a single axes' title.

    Args:
        figure: to be titled.
        title: the finding.
    """
    figure.suptitle(title, x=0.01, ha="left", fontsize=TITLE_SIZE, fontweight="bold")


def same_length(what: str, **sequences: Sequence) -> None:
    """Raise ValueError about `what` unless all `sequences` have one length above 0."""
    lengths = {name: len(values) for name, values in sequences.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ValueError(f"{what} wants equal lengths above 0, received {lengths}")
