"""Train a second judge of clothes: another architecture, another seed.

An MLP-Mixer has no convolution. Data and held-out part are those of image_features.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from helpers import datasets
from helpers.models.features import MixerNetwork
from recipes import _shipping
from recipes._judges import make

SEED, EPOCHS = 1, 5


def main() -> None:
    """Make the checkpoint image_mixer."""
    options = _shipping.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    data = datasets.load("fashion_mnist", fallback=options.smoke)
    network = MixerNetwork(10, depth=1 if options.smoke else 3)
    make("image_mixer", data, network, True, EPOCHS, options, SEED)


if __name__ == "__main__":
    main()
