"""Keep a part of an image, and let a diffusion model imagine the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers.checks import require_count
from helpers.images.scaling import require_images
from helpers.models.diffusion.base import NoiseToImage, require_guidance
from helpers.models.diffusion.schedule import add_noise
from helpers.models.image_parts import requested_labels, require_seed

MOST_REPEATS = 1_000


def inpaint(
    model: NoiseToImage,
    images: np.ndarray,
    mask: np.ndarray,
    labels: Sequence[int],
    steps: int,
    guidance: float,
    repeats: int,
    seed: int,
) -> np.ndarray:
    """Keep the pixels under the mask and imagine the others.

    Before each step the kept pixels are replaced by the true ones, noised to the
    same time. Each step but the last is repeated: forward in noise, and back again,
    so that both parts can come to an agreement.

    Args:
        model: a `Diffusion`; it has `times`, `step` and `alpha_bar`.
        images: float32 (n, S, S, 1) in [-1, 1].
        mask: bool, broadcastable to the images; True = keep.
        labels: int labels (n,), 0 … K: which class each image should show.
        steps: network steps from noise to picture, 1 … T.
        guidance: 0 to 100; 1 follows the class as learned, more exaggerates it.
        repeats: how often each step but the last is taken, 1 to 1,000.
        seed: decides the noise.

    Returns:
        float32 (n, S, S, 1) in [-1, 1], equal to `images` under the mask.

    Raises:
        ValueError: for pictures, labels or settings outside these ranges.

    Source: Lugmayr et al. 2022, "RePaint", algorithm 1.
    """
    labels = requested_labels(labels, model.num_classes, "inpaint", True)
    walk = model.times(steps)
    require_guidance(guidance)
    images = require_images(images, "inpaint", (model.side, model.side))
    require_count(repeats, "inpaint, repeats,", most=MOST_REPEATS)
    if len(images) != len(labels):
        raise ValueError(
            f"inpaint wants as many labels as images, received {len(labels)} and "
            f"{len(images)}"
        )
    mask = _mask_of(mask, images.shape)
    rng = np.random.default_rng(require_seed(seed, "inpaint"))

    def fresh():
        return rng.standard_normal(images.shape, dtype="float32")

    x = fresh()
    for now, after in walk:
        for repeat in range(repeats):
            known, _ = add_noise(images, fresh(), model.alpha_bar[now])
            x = np.where(mask, known, x).astype("float32")
            x = model.step(x, labels, now, after, guidance, 1.0, fresh())
            if repeat == repeats - 1 or not after:  # from time 0 nothing goes back
                break
            share = model.alpha_bar[now] / model.alpha_bar[after]
            x, _ = add_noise(x, fresh(), share)  # back up: noise from after to now
    return np.where(mask, images, x)


def _mask_of(mask: np.ndarray, shape: tuple) -> np.ndarray:
    """Return a mask broadcast to images of this shape, or refuse it."""
    mask = np.asarray(mask)
    try:
        if mask.dtype == bool:  # 0.5 or NaN would count as True
            return np.broadcast_to(mask, shape)
    except ValueError:
        pass
    raise ValueError(
        f"inpaint wants a bool mask that broadcasts to {shape}, received {mask.dtype} "
        f"{mask.shape}"
    )
