"""Make up a panel of raters whose biases are known: a simulation, and it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from helpers.listening.ratings import SIMULATED

if TYPE_CHECKING:
    import pandas as pd


def simulated_panel(
    quality: Mapping[str, float],
    raters: int = 20,
    bias: float = 0.5,
    noise: float = 0.6,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.Series]:
    """Make up a panel of raters, to try out statistics where the truth is known.

    This is a SIMULATION and no evidence about any clip. Each rating is the clip's
    quality + the rater's bias + noise, rounded and kept within 1 to 5; every name
    begins with "simulated-".

    Args:
        quality: clip -> true quality, 1 to 5.
        raters: how many raters, 2 to 999.
        bias: standard deviation of the raters' biases, in points of the scale.
        noise: standard deviation of a single rating's error, in points.
        seed: of the draws.

    Returns:
        Table with rater, clip, rating (raters × clips rows), and the biases by rater.

    Raises:
        ValueError: for no clip, a quality outside 1 to 5, fewer than two raters or a
            negative or infinite deviation.
    """
    import pandas as pd

    try:
        true = np.array(list(quality.values()), float)
    except (TypeError, ValueError):  # text, None, complex numbers
        true = np.array([np.nan])
    if not true.size or not ((true >= 1) & (true <= 5)).all():
        raise ValueError(f"wanted clips of quality 1 to 5, received {dict(quality)}")
    whole = isinstance(raters, int | np.integer) and 2 <= raters <= 999
    if not whole or not 0 <= bias < np.inf or not 0 <= noise < np.inf:
        raise ValueError(
            f"received {raters} raters, bias {bias}, noise {noise}; wanted 2 to 999 "
            "raters, a whole number, and finite deviations >= 0"
        )
    rng = np.random.default_rng(seed)
    offsets = rng.normal(0, bias, raters)
    exact = true + offsets[:, None] + rng.normal(0, noise, (raters, true.size))
    ratings = np.clip(np.rint(exact), 1, 5).astype(int)  # (raters, clips)
    names = [f"{SIMULATED}{number:03}" for number in range(1, raters + 1)]
    table = pd.DataFrame(
        {
            "rater": np.repeat(names, true.size),
            "clip": list(quality) * raters,
            "rating": ratings.ravel(),
        }
    )
    return table, pd.Series(offsets, index=names, name="bias")
