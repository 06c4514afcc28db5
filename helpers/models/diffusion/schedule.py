"""The way from an image to noise: how much is left at each time, and one jump to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from helpers.checks import require_count

Tensor = Any  # of the backend, or anything it makes one from
MOST_TIMES = 100_000  # noising steps; a hundred times those of the papers


def cosine_schedule(timesteps: int, offset: float = 0.008) -> np.ndarray:
    """Return ᾱ_0 … ᾱ_T: the share of a picture's variance left at each time.

    Args:
        timesteps: number of noising steps T, 1 to 100,000.
        offset: keeps the first steps from being too small, 0 to 1.

    Returns:
        float64 array (T + 1,), falling from 1 to almost 0; no step has β above 0.999.

    Raises:
        ValueError: for settings outside these ranges.

    Source: Nichol & Dhariwal 2021, "Improved DDPM", equation 17.
    """
    require_count(timesteps, "`cosine_schedule`, timesteps,", most=MOST_TIMES)
    if not 0 <= offset <= 1:
        raise ValueError(f"`cosine_schedule` wants offset 0 … 1, received {offset}")
    angles = (np.arange(timesteps + 1) / timesteps + offset) / (1 + offset)
    curve = np.cos(angles * np.pi / 2) ** 2  # ᾱ_t, but for a factor
    # At the end ᾱ would be 0 and β 1: nothing could be divided by √ᾱ any more.
    beta = np.minimum(1 - curve[1:] / curve[:-1], 0.999)
    return np.concatenate([[1.0], np.cumprod(1 - beta)])


def add_noise(images: Tensor, noise: Tensor, alpha_bar: Tensor):
    """Return x_t and the velocity v that leads back, in one step from x_0.

    Args:
        images: float tensor (B, S, S, 1) of clean pictures x_0, in [-1, 1].
        noise: standard normal ε of the same shape.
        alpha_bar: ᾱ_t of each picture, broadcastable to them, 0 … 1.

    Returns:
        The pair (x_t, v).

    Source: Ho et al. 2020, "DDPM", equation 4; Salimans & Ho 2022, "Progressive
        Distillation", appendix D.
    """
    share = ops.cast(alpha_bar, images.dtype)  # two squares that add up to 1:
    signal, sigma = ops.sqrt(share), ops.sqrt(1 - share)
    return signal * images + sigma * noise, signal * noise - sigma * images
