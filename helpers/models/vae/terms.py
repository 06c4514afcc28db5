"""The terms of a variational autoencoder's bound.

Shapes: B batch, Z latent_dim. Losses are in nats.
"""

from __future__ import annotations

import math

import numpy as np
from keras import ops

PIXELS = 28 * 28


def gaussian_kl(mean: np.ndarray, log_variance: np.ndarray):
    """Return KL(N(mean, variance) ‖ N(0, I)), in nats, one number a row.

    Args:
        mean: (B, Z) floats.
        log_variance: (B, Z) floats, natural logarithm of each variance.

    Source: Kingma & Welling 2014, appendix B.
    """
    terms = ops.exp(log_variance) + mean**2 - 1.0 - log_variance
    return 0.5 * ops.sum(terms, axis=-1)


def gaussian_nats(squared_error: np.ndarray, variance: float):
    """Return -ln N(x; x̂, variance · I) of images with D = 784 pixels, in nats.

    Args:
        squared_error: (B,) sums of (x - x̂)² over the pixels.
        variance: number above 0, the decoder's variance σ² of one pixel.
    """
    return 0.5 * (squared_error / variance + PIXELS * ops.log(2 * math.pi * variance))
