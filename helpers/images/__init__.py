"""Images as arrays: scale them, move them, change them at random."""

from helpers.images.augmentation import (
    augmenter,
    random_brightness,
    random_contrast,
    random_crop,
    random_erase,
    random_flip,
    random_rotation,
    random_shift,
)
from helpers.images.scaling import require_images, stack_images, to_float, to_uint8

__all__ = [
    "augmenter",
    "random_brightness",
    "random_contrast",
    "random_crop",
    "random_erase",
    "random_flip",
    "random_rotation",
    "random_shift",
    "require_images",
    "stack_images",
    "to_float",
    "to_uint8",
]
