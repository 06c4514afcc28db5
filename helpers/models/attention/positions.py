"""Tell attention where a token stands: waves that are added, or pairs that are turned.

Shapes: T positions, D width of one head.
"""

from __future__ import annotations

import math
import numbers

import keras
import numpy as np
from keras import ops


def sinusoidal_positions(length: int, dim: int, max_wavelength: float = 10_000.0):
    """Build the fixed position table of sines and cosines.

    Args:
        length: number of positions, at least 1.
        dim: width, even.
        max_wavelength: wavelength of the slowest wave, in positions / 2π; above 0.

    Returns:
        float32 array (length, dim); even columns are sines, odd ones cosines.

    Raises:
        ValueError: if length is below 1, dim is odd or below 2, one of them is no
            integer, or the wavelength is not above 0 and finite.

    Source: Vaswani et al. 2017, section 3.5.
    """
    whole = all(isinstance(number, numbers.Integral) for number in (length, dim))
    if not whole or length < 1 or dim < 2 or dim % 2:
        raise ValueError(
            "`sinusoidal_positions` wants an integer length ≥ 1 and an even dim ≥ 2, "
            f"received {length} and {dim}"
        )
    _require_wavelength(max_wavelength, "sinusoidal_positions")
    # A geometric series: each pair of columns turns slower than the one before it.
    frequencies = max_wavelength ** (-np.arange(0, dim, 2) / dim)  # (dim/2,)
    angles = np.arange(length)[:, None] * frequencies  # (length, dim/2)
    table = np.stack([np.sin(angles), np.cos(angles)], axis=-1)  # (length, dim/2, 2)
    return table.reshape(length, dim).astype("float32")


def rotary(x, positions, max_wavelength: float = 10_000.0):
    """Rotate each pair of features by an angle proportional to its position.

    Feature i is paired with feature i + D/2, as in KerasHub and Llama. The product of
    a rotated query and a rotated key depends only on how far apart they are.

    Args:
        x: float tensor (…, T, D), D even.
        positions: tensor (T,), int or float, finite.
        max_wavelength: wavelength of the slowest pair, in positions / 2π; above 0.

    Returns:
        Tensor of the shape and dtype of x.

    Raises:
        ValueError: if D is odd, x is not of floats, there are more or fewer positions
            than T, or a position or the wavelength is not finite.

    Source: Su et al. 2021, "RoFormer", equation 34.
    """
    positions = positions if hasattr(positions, "shape") else np.asarray(positions)
    length, width = x.shape[-2:]
    one_each = length is None or tuple(positions.shape) in ((length,), (None,))
    floats = "float" in keras.backend.standardize_dtype(x.dtype)
    if width % 2 or not one_each or not floats:
        raise ValueError(
            "`rotary` wants floats (…, T, D) of an even width D and T positions, "
            f"received {x.dtype} {tuple(x.shape)} and {tuple(positions.shape)}"
        )
    if isinstance(positions, np.ndarray) and not np.all(np.isfinite(positions)):
        raise ValueError(f"`rotary` wants finite positions, received {positions}")
    _require_wavelength(max_wavelength, "rotary")
    half = width // 2
    # In float32 whatever x is: float16 counts exactly to 2,048 only, bfloat16 to 256.
    frequencies = max_wavelength ** (-np.arange(half, dtype="float32") / half)
    angles = ops.expand_dims(ops.cast(positions, "float32"), -1) * frequencies
    cos = ops.cast(ops.cos(angles), x.dtype)  # (T, D/2)
    sin = ops.cast(ops.sin(angles), x.dtype)
    first, second = x[..., :half], x[..., half:]
    return ops.concatenate(
        [first * cos - second * sin, second * cos + first * sin], axis=-1
    )


def _require_wavelength(max_wavelength: float, where: str) -> None:
    """Raise ValueError unless the wavelength is above 0 and finite."""
    if not 0 < max_wavelength < math.inf:
        raise ValueError(
            f"`{where}` wants a finite max_wavelength above 0, received "
            f"{max_wavelength}"
        )
