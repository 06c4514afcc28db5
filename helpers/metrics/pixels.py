"""Compare each picture with the one it should be: PSNR and SSIM.

`helpers.metrics.image` offers both beside the metrics of whole sets.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from helpers.images.scaling import SLACK, stack_images


def _picture_pairs(
    reference: np.ndarray, images: np.ndarray, data_range: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return both stacks as float64 (n, height, width), checked."""
    a, b = stack_images(reference, "reference"), stack_images(images, "images")
    if a.shape != b.shape:
        raise ValueError(
            f"reference and images want one shape, received {a.shape} and {b.shape}"
        )
    if not data_range > 0:
        raise ValueError(f"data_range is > 0, received {data_range}")
    a, b = a[..., 0].astype(np.float64), b[..., 0].astype(np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("pictures want finite pixels, received NaN or infinity")
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    if high - low > data_range + SLACK:
        raise ValueError(
            f"pixels from {low:.4g} to {high:.4g} lie further apart than the data_range"
            f" of {data_range:g}; wanted 2 for [-1, 1], 255 for bytes"
        )
    return a, b


def psnr(
    reference: np.ndarray, images: np.ndarray, data_range: float = 2.0
) -> np.ndarray:
    """Return each picture's peak signal-to-noise ratio in dB; equal ones get inf.

    10 log10(data_range² / mean squared error), as scikit-image computes it.

    Args:
        reference: Pictures as they should be, (n, height, width[, 1]).
        images: Pictures as they are, same shape.
        data_range: Distance of black from white: 2 for [-1, 1], 255 for bytes.

    Returns:
        float64 (n,).

    Raises:
        ValueError: If shapes differ, a pixel is not finite, the range is not positive
            or pixels lie further apart than it, or as `images.stack_images`.
    """
    a, b = _picture_pairs(reference, images, data_range)
    error = np.mean((a - b) ** 2, axis=(1, 2))
    with np.errstate(divide="ignore"):
        return 10 * np.log10(data_range**2 / error)


def ssim(
    reference: np.ndarray, images: np.ndarray, data_range: float = 2.0
) -> np.ndarray:
    """Return each picture's structural similarity, -1 to 1; equal ones get 1.

    Means, variances and covariance under a Gaussian window (sigma 1.5, 11 x 11),
    averaged over the pixels whose window lies inside. That is scikit-image's
    `structural_similarity(…, gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False)`.

    Args:
        reference: Pictures as they should be, (n, height, width[, 1]), both sides 11
            pixels or more.
        images: Pictures as they are, same shape.
        data_range: Distance of black from white: 2 for [-1, 1], 255 for bytes.

    Returns:
        float64 (n,).

    Raises:
        ValueError: As `psnr`, or if a side is shorter than 11 pixels.

    Source: Wang et al. 2004, Image quality assessment, equation 13.
    """
    a, b = _picture_pairs(reference, images, data_range)
    if min(a.shape[1:]) < 11:
        raise ValueError(f"ssim wants sides of 11 pixels or more, got {a.shape[1:]}")

    def blur(x: np.ndarray) -> np.ndarray:
        return ndimage.gaussian_filter(x, (0, 1.5, 1.5), truncate=3.5)

    mean_a, mean_b = blur(a), blur(b)
    variances = blur(a * a) - mean_a**2 + blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    upper = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    values = upper / ((mean_a**2 + mean_b**2 + c1) * (variances + c2))
    return values[:, 5:-5, 5:-5].mean(axis=(1, 2))
