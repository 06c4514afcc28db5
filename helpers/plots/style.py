"""The one style of all figures: colours, dashes, sizes; it also reads in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.plots.grids import (
    TITLE_SIZE,
)

if TYPE_CHECKING:
    pass

# Okabe and Ito's colours, in an order where neighbours differ in grey as well.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#D55E00")
INK = "#2B2B2B"  # text and edges
PALE = "#E3E3E3"  # lines behind the data
LINE_STYLES = ("-", "--", "-.", ":")
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo")
DPI = 110


def use_style() -> None:
    """Make matplotlib draw in the course's style from here on."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=PALETTE),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.titlelocation": "left",
            "axes.titlesize": TITLE_SIZE,
            "axes.titleweight": "bold",
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
    )
