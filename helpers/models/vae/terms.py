"""The terms of a variational autoencoder's bound, and Gaussians fitted to its codes.

Shapes: B batch, Z latent_dim, K classes. Losses are in nats.
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


def class_gaussians(
    mean: np.ndarray, variance: np.ndarray, groups: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit one Gaussian with full covariance to the codes of each class.

    The covariance of a class is that of its codes' means, plus the mean of their
    variances: that of all its clouds together.

    Args:
        mean: (n, Z) means of the codes.
        variance: (n, Z) variances of the codes, at least 0.
        groups: (n,) int classes, 0 … count - 1.
        count: number of classes K.

    Returns:
        Centres (K, Z) and lower triangular factors L (K, Z, Z), covariance L Lᵀ.

    Raises:
        ValueError: if a class has fewer than 2 codes, or a code is not finite.
    """
    for codes, name in ((mean, "mean"), (variance, "variance")):
        if not np.isfinite(codes).all():
            raise ValueError(
                f"fit_prior wants a finite {name}, received NaN or infinity"
            )
    counts = np.bincount(groups, minlength=count)
    if counts.min() < 2:
        raise ValueError(
            f"fit_prior wants 2 pictures of each class, received {counts.tolist()}"
        )
    centres, factors = [], []
    for group in range(count):
        own = mean[groups == group].astype("float64")  # (n of the class, Z)
        covariance = np.cov(own, rowvar=False).reshape(2 * (mean.shape[1],))
        spread = variance[groups == group].mean(axis=0, dtype="float64")
        centres.append(own.mean(axis=0))
        # 1e-6: of a plain autoencoder, whose clouds are points, it may be singular.
        factors.append(np.linalg.cholesky(covariance + np.diag(spread + 1e-6)))
    return np.stack(centres), np.stack(factors)
