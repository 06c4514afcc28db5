"""Fit a third judge of digits: principal components of the pixels, no network.

The components are those of the first 1,500 pictures; the last 297 are held out.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from helpers import datasets
from helpers.models.features import PixelComponents
from recipes import _shipping
from recipes._judges import SEED, make

EPOCHS = 150


def main() -> None:
    """Make the checkpoint digit_components."""
    options = _shipping.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    network = PixelComponents(10, 32)
    make("digit_components", datasets.load("digits"), network, False, EPOCHS, options)


if __name__ == "__main__":
    main()
