"""Train the judge of clothes: a classifier of Fashion-MNIST and its test features.

It learns from all 60,000 training pictures, the very ones that the course's generators
learn from. The 10,000 test pictures are held out: they give the accuracy on the card
and the reference features, and nothing was chosen by them.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from helpers import datasets
from helpers.models.features import FeatureNetwork
from recipes import _shipping
from recipes._judges import SEED, make

EPOCHS = 8


def main() -> None:
    """Make the checkpoint image_features."""
    options = _shipping.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    data = datasets.load("fashion_mnist", fallback=options.smoke)
    network = FeatureNetwork(10, width=4 if options.smoke else 32)
    make("image_features", data, network, True, EPOCHS, options)


if __name__ == "__main__":
    main()
