"""Compare each image with the one it should be: PSNR and SSIM, by scikit-image."""

import numpy as np

from helpers.checks import require_numbers
from helpers.images.scaling import SLACK, stack_images


def _image_pairs(
    reference: np.ndarray, images: np.ndarray, data_range: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pairs of float64 images (height, width), checked."""
    a, b = stack_images(reference, "reference"), stack_images(images, "images")
    if a.shape != b.shape:
        raise ValueError(
            f"reference and images want one shape, received {a.shape} and {b.shape}"
        )
    white = require_numbers(data_range, "data_range")
    if white.ndim or not white > 0:
        raise ValueError(f"data_range is > 0, received {data_range}")
    a, b = a[..., 0].astype(np.float64), b[..., 0].astype(np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("images want finite pixels, received NaN or infinity")
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    if high - low > data_range + SLACK:
        raise ValueError(
            f"pixels from {low:.4g} to {high:.4g} lie further apart than the data_range"
            f" of {data_range:g}; wanted 2 for [-1, 1], 255 for bytes"
        )
    return list(zip(a, b, strict=True))


def psnr(
    reference: np.ndarray, images: np.ndarray, data_range: float = 2.0
) -> np.ndarray:
    """Return each image's peak signal-to-noise ratio in dB; equal ones get inf.

    Args:
        reference: Images as they should be, (n, height, width[, 1]).
        images: Images as they are, same shape.
        data_range: Distance of black from white: 2 for [-1, 1], 255 for bytes.

    Returns:
        float64 (n,).

    Raises:
        ValueError: If shapes differ, a pixel is not finite, the range is not positive
            or pixels lie further apart than it, or as `images.stack_images`.
    """
    from skimage.metrics import peak_signal_noise_ratio

    pairs = _image_pairs(reference, images, data_range)
    with np.errstate(divide="ignore"):  # of equal images
        found = [peak_signal_noise_ratio(*p, data_range=data_range) for p in pairs]
    return np.array(found, np.float64)


def ssim(
    reference: np.ndarray, images: np.ndarray, data_range: float = 2.0
) -> np.ndarray:
    """Return each image's structural similarity, -1 to 1; equal ones get 1.

    Args:
        reference: As in `psnr`, both sides 11 pixels or more: the window of the paper.
        images: As in `psnr`.
        data_range: As in `psnr`.

    Returns:
        float64 (n,).

    Raises:
        ValueError: As `psnr`, or if a side is shorter than 11 pixels.

    Source: Wang et al. 2004, Image quality assessment, equation 13.
    """
    from skimage.metrics import structural_similarity

    pairs = _image_pairs(reference, images, data_range)
    if min(pairs[0][0].shape) < 11:
        shape = pairs[0][0].shape
        raise ValueError(f"ssim wants sides of 11 pixels or more, received {shape}")
    # The paper's Gaussian window and its variances: scikit-image defaults to neither.
    paper = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    paper["data_range"] = data_range
    return np.array([structural_similarity(*pair, **paper) for pair in pairs])
