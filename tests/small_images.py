"""A small model with random weights, and small pictures: diffusion, flow matching."""

import keras
import numpy as np

SMALL = {"widths": (4, 6), "condition_dim": 8, "side": 8, "num_classes": 3}


def randomised(kind: type[keras.Model], **options) -> keras.Model:
    """Return a small model of a kind, with random weights everywhere."""
    keras.utils.set_random_seed(0)
    small = kind(**SMALL, **options)
    rng = np.random.default_rng(0)
    for weight in small.trainable_weights:
        weight.assign(rng.normal(0, 0.2, weight.shape))
    return small


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Return 40 small pictures whose brightness is their class, and the classes."""
    rng = np.random.default_rng(1)
    labels = np.arange(40, dtype="int32") % 3
    images = rng.normal(labels[:, None, None, None] / 2 - 0.5, 0.1, (40, 8, 8, 1))
    return np.clip(images, -1, 1).astype("float32"), labels
