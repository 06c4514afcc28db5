"""Draw every figure of the course in one style that also reads in grey.

Each function makes a new figure and returns its `Axes` (`attention_maps` and `grid`
return the `Figure`). `helpers.plots.audio` draws sound; it is imported by its name, so
that a lesson about text loads no audio.
"""

from helpers.plots.charts import bars, histogram, lines
from helpers.plots.diagrams import diagram
from helpers.plots.grids import attention_maps, grid, heatmap
from helpers.plots.style import PALETTE, use_style

__all__ = [
    "PALETTE",
    "attention_maps",
    "bars",
    "diagram",
    "grid",
    "heatmap",
    "histogram",
    "lines",
    "use_style",
]
