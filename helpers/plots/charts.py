"""Draw lines, bars and histograms, each in a new figure of its own.

A title says what the reader should see, not what is plotted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.plots.figures import new_axes, same_length
from helpers.plots.style import HATCHES, INK, LINE_STYLES, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def lines(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    xlabel: str,
    ylabel: str,
    title: str,
    *,
    floor: tuple[str, float] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    markers: bool = False,
) -> Axes:
    """Draw one line for each series, told apart by colour and by dash.

    Args:
        series: label -> (x, y), two sequences of equal length, at least one point.
        xlabel: what x is, with its unit.
        ylabel: what y is, with its unit.
        title: the finding.
        floor: (label, y) of a horizontal reference line, such as an exact entropy.
        log_x: whether the x axis is logarithmic.
        log_y: whether the y axis is logarithmic.
        markers: whether points are marked too; do so when they are few.

    Returns:
        The axes, for further drawing.

    Raises:
        ValueError: no series, or x and y of different or zero length.
    """
    if not series:
        raise ValueError("wanted at least one series to draw, received none")
    for label, (x, y) in series.items():
        same_length(f"series {label!r}", x=x, y=y)
    axes = new_axes(xlabel, ylabel, title)
    drawn = []
    for index, (label, (x, y)) in enumerate(series.items()):
        style = LINE_STYLES[index % len(LINE_STYLES)]
        marker = "osD^vP*"[index % 7] if markers else None
        colour = PALETTE[index % len(PALETTE)]
        look = {"color": colour, "marker": marker, "markersize": 5}
        drawn += axes.plot(x, y, style, label=label, **look)
    if floor:
        axes.axhline(floor[1], color=INK, linewidth=1.1, linestyle=(0, (1, 1.5)))
        axes.annotate(
            floor[0], (1, floor[1]), (4, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", fontsize=9, va="center",
        )  # fmt: skip  # outside, where no curve runs over it
    axes.set_xscale("log" if log_x else "linear")
    axes.set_yscale("log" if log_y else "linear")
    if len(series) > 1:
        axes.legend(drawn, list(series))  # by itself it leaves out "_x"
    return axes


def bars(
    values: Mapping[str, float] | Mapping[str, Mapping[str, float]],
    ylabel: str,
    title: str,
    *,
    errors: Mapping[str, float | tuple[float, float]] | None = None,
    xlabel: str = "",
    digits: int = 2,
) -> Axes:
    """Draw bars of one colour, or groups of bars, one colour for each name.

    Args:
        values: bar label -> height, or group label -> {bar name: height}.
        ylabel: what the height is, with its unit.
        title: the finding.
        errors: bar label -> half-width, or (down, up), of its interval; single bars.
        xlabel: what the labels along the axis are.
        digits: decimals of the number written over each bar.

    Returns:
        The axes.

    Raises:
        ValueError: no values, errors whose labels are not the bars', or groups that
            do not all have the same bars.
    """
    if not values:
        raise ValueError("wanted at least one bar to draw, received none")
    grouped = isinstance(next(iter(values.values())), Mapping)
    groups = values if grouped else {"": values}
    names = list(next(iter(groups.values())))
    for group, heights in groups.items():
        if list(heights) != names:
            raise ValueError(
                f"wanted bars {names} in {group!r}, received {list(heights)}"
            )
    if errors is not None and (grouped or set(errors) != set(names)):
        raise ValueError(
            f"wanted one error for each of {names}, received {list(errors)}"
        )
    axes = new_axes(xlabel, ylabel, title)
    axes.grid(False, axis="x")
    if grouped:
        _grouped_bars(axes, groups, names, digits)
    else:
        _single_bars(axes, values, errors, digits)
    axes.margins(y=0.15)
    return axes


def _single_bars(axes, values, errors, digits: int) -> None:
    heights = list(values.values())
    spread = None
    if errors is not None:
        pairs = [np.broadcast_to(errors[name], (2,)) for name in values]
        spread = np.transpose(pairs)
    places = np.arange(len(heights))  # by name, "1" and 1 would share a place
    container = axes.bar(
        places, heights, color=PALETTE[0], yerr=spread, capsize=4, width=0.65,
        ecolor=INK,
    )  # fmt: skip
    axes.set_xticks(places, list(values))
    axes.bar_label(container, fmt=f"%.{digits}f", padding=3, fontsize=9)


def _grouped_bars(axes, groups, names: list[str], digits: int) -> None:
    width = 0.8 / len(names)
    places, drawn = np.arange(len(groups)), []
    for index, name in enumerate(names):
        offset = (index - (len(names) - 1) / 2) * width
        heights = [heights[name] for heights in groups.values()]
        container = axes.bar(
            places + offset, heights, width * 0.92, label=name,
            color=PALETTE[index % len(PALETTE)], hatch=HATCHES[index % len(HATCHES)],
            edgecolor="white", linewidth=0,
        )  # fmt: skip
        axes.bar_label(container, fmt=f"%.{digits}f", padding=2, fontsize=8)
        drawn.append(container)
    axes.set_xticks(places, list(groups))
    columns = min(4, len(names))
    axes.figure.legend(drawn, names, ncols=columns, loc="outside lower center")


def histogram(
    samples: Sequence[float] | Mapping[str, Sequence[float]],
    xlabel: str,
    title: str,
    *,
    ylabel: str = "count",
    bins: int = 30,
) -> Axes:
    """Draw how often values occur, one outline for each named sample.

    Args:
        samples: numbers, or label -> numbers; at least one number each.
        xlabel: what the values are, with their unit.
        title: the finding.
        ylabel: what is counted.
        bins: number of equal intervals, the same for every sample.

    Returns:
        The axes.

    Raises:
        ValueError: an empty sample.
    """
    named = samples if isinstance(samples, Mapping) else {"": samples}
    if not named or any(len(values) == 0 for values in named.values()):
        raise ValueError(f"wanted at least one value in each of {list(named)}")
    edges = np.histogram_bin_edges(np.concatenate(list(named.values())), bins)
    axes, drawn = new_axes(xlabel, ylabel, title), []
    for index, (label, values) in enumerate(named.items()):
        colour = PALETTE[index % len(PALETTE)]
        style = LINE_STYLES[index % len(LINE_STYLES)]
        axes.hist(values, edges, color=colour, alpha=0.25)
        _, _, (outline,) = axes.hist(
            values, edges, histtype="step", color=colour, label=label or None,
            linewidth=1.6, linestyle=style,
        )  # fmt: skip
        drawn.append(outline)
    if len(named) > 1:
        axes.legend(drawn, list(named))
    return axes
