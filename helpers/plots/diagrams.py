"""Draw boxes and the arrows between them: how data flows through a network."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from helpers.plots.figures import new_axes
from helpers.plots.style import INK, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARGIN = 0.35  # around the outermost boxes, in units of the diagram


def diagram(
    boxes: Mapping[str, tuple[float, float]],
    arrows: Sequence[tuple[str, str]],
    title: str,
    *,
    labels: Mapping[str, str] | None = None,
    shaded: Collection[str] = (),
    bends: Mapping[tuple[str, str], float] | None = None,
    note: str = "",
    box: tuple[float, float] = (1.5, 0.7),
    width: float = 8.0,
) -> Axes:
    """Draw a diagram of boxes and arrows; one unit is as long across as upwards.

    Args:
        boxes: name -> (x, y) of the box's centre, y growing upwards.
        arrows: (from, to), names of boxes.
        title: the finding, or what the diagram shows.
        labels: name -> text in the box, where it is not the name; it may have lines.
        shaded: names of boxes with a coloured ground, such as those with weights.
        bends: (from, to) -> height of an arrow that goes round in a bow, as a share of
            its length; positive bows to the left of the way, as seen from above.
        note: what the coloured ground means, written below the diagram.
        box: (width, height) of every box, in the units of the centres.
        width: of the figure, in inches; the height follows.

    Returns:
        The axes.

    Raises:
        ValueError: no boxes, or an arrow, label, bow or ground for a box or an arrow
            that is not there.

    Example:
        diagram({"x": (0, 0), "y": (2, 0)}, [("x", "y")], "From x to y")
    """
    labels, bends = labels or {}, bends or {}
    if not boxes:
        raise ValueError("`diagram` wants at least one box, received none")
    ends = {name for arrow in arrows for name in arrow}
    _require_known({*ends, *labels, *shaded}, boxes, "boxes")
    _require_known(bends, arrows, "arrows")
    (left, right), (low, high) = (
        (min(centres) - size / 2 - MARGIN, max(centres) + size / 2 + MARGIN)
        for centres, size in zip(zip(*boxes.values(), strict=True), box, strict=True)
    )
    high = max(high, *(_top(boxes, *pair, bends[pair]) for pair in bends), high)
    height = width * (high - low) / (right - left) + 0.5
    axes = new_axes("", "", title, figsize=(width, height))
    axes.set(xlim=(left, right), ylim=(low, high), aspect="equal")
    axes.axis("off")
    patches = {
        name: _draw_box(axes, place, labels.get(name, name), box, name in shaded)
        for name, place in boxes.items()
    }
    for pair in arrows:
        _draw_arrow(axes, boxes, patches, pair, bends.get(pair, 0.0))
    if note:
        axes.text(left, low, note, fontsize=9, color=INK, va="bottom")
    return axes


def _require_known(names, known, what: str) -> None:
    """Refuse names that are not among the known ones."""
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"`diagram` wants {what} of {list(known)}, received {unknown}")


def _top(boxes, start: str, end: str, bend: float) -> float:
    """Return how high an arrow's bow reaches: half its control point's height."""
    (x, y), (to_x, to_y) = boxes[start], boxes[end]
    return (y + to_y) / 2 + bend * abs(to_x - x) / 2 + MARGIN


def _draw_box(axes, place, text: str, box, shaded: bool):
    """Draw one box with its text; return its patch, at which arrows end."""
    from matplotlib.patches import FancyBboxPatch

    (x, y), (width, height) = place, box
    patch = FancyBboxPatch(
        (x - width / 2, y - height / 2), width, height,
        boxstyle="round,pad=0,rounding_size=0.12", linewidth=1.2, edgecolor=INK,
        facecolor=(PALETTE[5], 0.45) if shaded else "white", zorder=2,
    )  # fmt: skip
    axes.add_patch(patch)
    axes.text(x, y, text, ha="center", va="center", fontsize=9.5, zorder=3)
    return patch


def _draw_arrow(axes, boxes, patches, pair: tuple[str, str], bend: float) -> None:
    """Draw an arrow from the edge of one box to the edge of another."""
    start, end = pair
    style = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.3, "shrinkA": 0}
    style |= {"shrinkB": 1, "patchA": patches[start], "patchB": patches[end]}
    style["connectionstyle"] = f"arc3,rad={-bend}"
    axes.annotate("", boxes[end], boxes[start], arrowprops=style, zorder=1)
