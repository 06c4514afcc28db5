"""Fit a third judge of clothes: principal components of the pixels, no network.

The components are those of the 60,000 training pictures. A linear classifier of the
features is trained beside them. The held-out part is that of image_features.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from helpers import datasets
from helpers.models.features import PixelComponents
from recipes import _shipping
from recipes._judges import SEED, make

EPOCHS = 6


def main() -> None:
    """Make the checkpoint image_components."""
    options = _shipping.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    data = datasets.load("fashion_mnist", fallback=options.smoke)
    make("image_components", data, PixelComponents(10), False, EPOCHS, options)


if __name__ == "__main__":
    main()
