"""The one style of all figures: colours, dashes, sizes; it also reads in grey."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, in an order where neighbours differ in grey as well.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#D55E00")
INK = "#2B2B2B"  # text and edges
PALE = "#E3E3E3"  # lines behind the data
LINE_STYLES = ("-", "--", "-.", ":")
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo")
TITLE_SIZE = 11.5  # points
DPI = 110
LONGEST_ALT = 400  # characters of an alternative text: a screen reader reads it whole
SETTINGS = {  # of matplotlib
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": TITLE_SIZE,
    "axes.titleweight": "bold",
    "figure.titlesize": TITLE_SIZE,
    "figure.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.9,
    "figure.figsize": (7.0, 3.6),
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.constrained_layout.use": True,
    "image.cmap": "cividis",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def use_style() -> None:
    """Make matplotlib draw in the course's style from here on.

    In a notebook every figure then also carries an alternative text.
    """
    import matplotlib as mpl

    mpl.rcParams.update({**SETTINGS, "axes.prop_cycle": mpl.cycler(color=PALETTE)})
    show_texts_as_they_are()
    _describe_figures()


def show_texts_as_they_are() -> None:
    """Read no text of a figure as a formula: "$5 to $6" is two prices.

    Logarithmic axes then need labels that are no formulas either: 0.1, 1, 10, 1e+06.
    """
    import matplotlib as mpl

    mpl.rcParams["text.parse_math"] = False
    _label_log_axes_plainly()


@cache
def _label_log_axes_plainly() -> None:
    """Put scales with plain labels in place of matplotlib's own, once."""
    import warnings

    from matplotlib import scale, ticker

    class PlainLabels(ticker.LogFormatter):
        """The ticks that matplotlib labels, in plain numbers."""

        def __call__(self, x, pos=None):
            return f"{x:g}" if super().__call__(x, pos) else ""

    class PlainLogScale(scale.LogScale):
        """The scale "log" with such labels."""

        def set_default_locators_and_formatters(self, axis):
            super().set_default_locators_and_formatters(axis)
            axis.set_major_formatter(PlainLabels(self.base))
            axis.set_minor_formatter(PlainLabels(self.base, minor_thresholds=(1, 0.4)))

    class PlainSymmetricLogScale(scale.SymmetricalLogScale):
        """The scale "symlog" with plain numbers at its ticks."""

        def set_default_locators_and_formatters(self, axis):
            super().set_default_locators_and_formatters(axis)
            axis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))

    with warnings.catch_warnings():
        # Matplotlib 3.11 would have no `axis` in the constructor, 3.9 wants it.
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        scale.register_scale(PlainLogScale)
        scale.register_scale(PlainSymmetricLogScale)


def alternative_text(figure: Figure) -> str:
    """Return in words what a figure shows: its titles, axes and legends.

    Args:
        figure: a drawn figure.

    Returns:
        One line of at most `LONGEST_ALT` characters, never empty.
    """
    parts = [figure.get_suptitle()]
    for axes in figure.axes:
        parts += [axes.get_title(loc=side) for side in ("left", "center", "right")]
        labels = [label for label in (axes.get_ylabel(), axes.get_xlabel()) if label]
        parts.append(" against ".join(labels))
    legends = [axes.get_legend() for axes in figure.axes] + figure.legends
    for legend in filter(None, legends):
        parts.append(", ".join(text.get_text() for text in legend.get_texts()))
    lines = [" ".join(part.split()) for part in parts]
    text = "; ".join(dict.fromkeys(line for line in lines if line))
    if len(text) > LONGEST_ALT:
        text = text[: LONGEST_ALT - 2] + " …"
    return text or "A figure without a title"


def _describe_figures() -> None:
    """Let a notebook store the alternative text beside each figure's image.

    nbconvert and screen readers look for it in the output's metadata. The bundle adds
    only that: the image itself comes from matplotlib's own formatter as before.
    """
    if "IPython" not in sys.modules:  # a script: nothing is displayed
        return
    from IPython import get_ipython
    from matplotlib.figure import Figure

    shell = get_ipython()
    if shell is not None:
        shell.display_formatter.mimebundle_formatter.for_type(
            Figure,
            lambda figure: ({}, {"image/png": {"alt": alternative_text(figure)}}),
        )
