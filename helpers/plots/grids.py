"""Draw what stands in rows and columns: matrices, attention maps and images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.plots.figures import new_axes, new_panels, same_length

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def heatmap(
    values: np.ndarray,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    title: str,
    xlabel: str = "",
    ylabel: str = "",
    colourbar: str = "",
    annotate: bool | None = None,
    digits: int = 2,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """Draw a matrix as coloured squares, light for large values.

    Args:
        values: (rows, columns) numbers.
        rows: labels of the rows, top to bottom.
        columns: labels of the columns, left to right.
        title: the finding.
        xlabel: what the columns are.
        ylabel: what the rows are.
        colourbar: what the values are, with their unit, beside the colour bar.
        annotate: whether each square shows its number; by default up to 100 squares.
        digits: decimals of these numbers.
        limits: (lowest, highest) value of the colours.

    Returns:
        The axes.

    Raises:
        ValueError: not a matrix, or labels that are too few or too many.
    """
    values = _matrix(values, rows, columns)
    height = min(6.5, max(2.4, 0.32 * values.shape[0] + 1.2))
    axes = new_axes(xlabel, ylabel, title, figsize=(min(8.0, height * 1.25), height))
    _squares(axes, values, rows, columns, limits)
    axes.figure.colorbar(axes.images[0], ax=axes, label=colourbar, shrink=0.85)
    if values.size <= 100 if annotate is None else annotate:
        middle = sum(axes.images[0].get_clim()) / 2
        for (row, column), value in np.ndenumerate(values):
            colour = "black" if value > middle else "white"
            text = f"{value:.{digits}f}"
            axes.text(column, row, text, ha="center", va="center", color=colour, size=8)
    return axes


def attention_maps(
    weights: np.ndarray,
    tokens: Sequence[str],
    title: str,
    *,
    columns: int = 4,
) -> Figure:
    """Draw the attention weights of each head: row t shows where token t looks.

    Args:
        weights: (heads, T, T) non-negative, each row summing to 1.
        tokens: the T tokens as text.
        title: the finding.
        columns: panels in one row.

    Returns:
        The figure.

    Raises:
        ValueError: weights that are not (heads, T, T) with T the number of tokens.
    """
    weights = np.asarray(weights)
    size = len(tokens)
    if weights.ndim != 3 or weights.shape[1:] != (size, size) or not size:
        wanted = f"(heads, {size}, {size}) weights for {size} tokens"
        raise ValueError(f"wanted {wanted}, received shape {weights.shape}")
    columns = min(columns, len(weights))
    across = 2.2 if size <= 16 else 2.6
    figure, panels = new_panels(len(weights), columns, across, across + 0.25, title)
    for head, axes in enumerate(panels):
        _squares(axes, weights[head], tokens, tokens, (0, float(weights.max())))
        axes.set_title(f"head {head + 1}", fontweight="normal", fontsize=9.5)
        axes.tick_params(labelsize=6.5 if size > 8 else 8)
        axes.tick_params(axis="x", rotation=90)
        if head % columns:
            axes.set_yticks([])
    figure.supxlabel("token looked at", fontsize=9.5)
    figure.supylabel("token that looks", fontsize=9.5)
    figure.colorbar(panels[0].images[0], ax=panels, label="weight", shrink=0.85)
    return figure


def grid(
    images: Sequence[np.ndarray],
    labels: Sequence[str],
    title: str,
    *,
    columns: int = 8,
    rows: Sequence[str] | None = None,
) -> Figure:
    """Draw images side by side on one scale of grey, each with its label.

    Args:
        images: (height, width) grey or (height, width, 3) colour. uint8 is 0 … 255;
            floats are -1 … 1 if any is negative, else 0 … 1, or 0 … 255 if any is
            above 1. What lies outside is drawn as black or white.
        labels: one text for each image.
        title: the finding.
        columns: images in one row.
        rows: one text for each row, written to its left.

    Returns:
        The figure.

    Raises:
        ValueError: no images, not one label for each image or row, or pixels that are
            not finite numbers.
    """
    same_length("an image grid", images=images, labels=labels)
    columns = min(columns, len(images))
    if rows is not None and len(rows) != -(-len(images) // columns):
        raise ValueError(
            f"an image grid wants {-(-len(images) // columns)} labels for rows, "
            f"received {len(rows)}"
        )
    black, white = _scale(images)
    figure, panels = new_panels(len(images), columns, 1.0, 1.2, title)
    for axes, image, label in zip(panels, images, labels, strict=True):
        shown = (np.squeeze(image).astype(float) - black) / (white - black)
        shown = np.clip(shown, 0, 1)
        axes.imshow(shown, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(label, fontweight="normal", fontsize=8, loc="center", pad=3)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for axes, text in zip(panels[::columns], rows or (), strict=False):
        axes.set_ylabel(text, rotation=0, ha="right", va="center", fontsize=9)
    return figure


def _scale(images) -> tuple[float, float]:
    """Return the values of black and of white, the same for all images."""
    arrays = [np.asarray(image) for image in images]
    for place, array in enumerate(arrays):
        if array.dtype.kind not in "buif" or not np.isfinite(array).all():
            raise ValueError(
                f"an image grid wants finite numbers, received {array.dtype} with "
                f"NaN, infinity or no numbers as image {place}"
            )
    if all(array.dtype == np.uint8 for array in arrays):
        return 0, 255
    if min(np.min(array) for array in arrays) < 0:
        return -1, 1
    return (0, 1) if max(np.max(array) for array in arrays) <= 1 else (0, 255)


def _squares(axes, values, rows, columns, limits) -> None:
    lowest, highest = limits or (None, None)
    axes.imshow(values, vmin=lowest, vmax=highest, cmap="cividis", aspect="auto")
    axes.grid(False)
    if columns is not None:
        long = max(len(str(label)) for label in columns) > 3
        axes.set_xticks(range(len(columns)), columns, rotation=90 if long else 0)
    if rows is not None:
        axes.set_yticks(range(len(rows)), rows)


def _matrix(values, rows, columns) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"heatmap wants a (rows, columns) matrix, received {values.shape}"
        )
    for name, labels, wanted in zip(
        ("rows", "columns"), (rows, columns), values.shape, strict=True
    ):
        if labels is not None and len(labels) != wanted:
            raise ValueError(
                f"wanted {wanted} labels for {name}, received {len(labels)}"
            )
    return values
