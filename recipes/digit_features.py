"""Train the judge of digits: a classifier of scikit-learn's digits, enlarged.

It learns from the first 1,500 pictures; the last 297 are held out.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from helpers import datasets
from helpers.models.features import FeatureNetwork
from recipes import _shipping
from recipes._judges import SEED, make

EPOCHS = 60


def main() -> None:
    """Make the checkpoint digit_features."""
    options = _shipping.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    network = FeatureNetwork(10, feature_dim=32, width=4 if options.smoke else 32)
    make("digit_features", datasets.load("digits"), network, False, EPOCHS, options)


if __name__ == "__main__":
    main()
