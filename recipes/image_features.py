"""Train the judge of clothes: a classifier of Fashion-MNIST and its test features.

It learns from all 60,000 training pictures, the very ones that the course's generators
learn from. The 10,000 test pictures are held out: they give the accuracy on the card
and the reference features, and nothing was chosen by them.
"""

import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers import datasets, images, training
from helpers.models.features import FeatureNetwork
from recipes import _shipping
from recipes._shared import facts, rounded

SEED, BATCH, EPOCHS, PEAK = 0, 128, 8, 2e-3


def batches(pictures, labels, flip: bool, seed: int, steps: int):
    """Yield batches of pictures, each moved by up to 2 pixels and maybe mirrored."""
    rng = np.random.default_rng(seed)
    padded = np.pad(pictures, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=-1.0)
    places = np.arange(28)
    order = np.concatenate(
        [rng.permutation(len(labels)) for _ in range(1 + steps * BATCH // len(labels))]
    )
    for step in range(steps):
        chosen = order[step * BATCH : (step + 1) * BATCH]
        down, right = rng.integers(0, 5, (2, len(chosen)))
        rows, columns = down[:, None] + places, right[:, None] + places
        mirrored = flip & (rng.random(len(chosen)) < 0.5)
        columns = np.where(mirrored[:, None], columns[:, ::-1], columns)
        x = padded[chosen[:, None, None], rows[:, :, None], columns[:, None]]
        yield x, labels[chosen]


def train(network, pictures, labels, flip: bool, steps: int) -> float:
    """Train a network for `steps` steps, and return the minutes of one core."""
    schedule = training.warmup_cosine(PEAK, steps, warmup=steps // 10)
    network.compile(
        keras.optimizers.AdamW(schedule, weight_decay=0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    start = time.process_time()
    data = batches(pictures, labels, flip, SEED, steps)
    for step, (x, y) in enumerate(data, start=1):
        report = network.train_on_batch(x, y, return_dict=True)
        if step % 500 == 0 or step == steps:
            print(f"step {step} of {steps}: {report['loss']:.3f}", flush=True)
            network.reset_metrics()
    return (time.process_time() - start) / 60


def references(network, arrays) -> dict[str, np.ndarray]:
    """Return what the judge needs besides the network, as it is stored."""
    test = images.to_float(arrays["test_images"])
    pictures, labels = images.to_float(arrays["images"]), arrays["labels"]
    features = [network.features(test[i : i + 500]) for i in range(0, len(test), 500)]
    groups = [pictures[labels == k, ..., 0] for k in range(network.num_classes)]
    return {
        "test_features": np.concatenate(features).astype(np.float16),
        "test_labels": arrays["test_labels"].astype(np.uint8),
        "pixel_means": np.stack([g.mean(axis=0) for g in groups]).astype(np.float16),
        "pixel_spreads": np.stack([g.std(axis=0) for g in groups]).astype(np.float16),
    }


def make(name: str, data, network, flip: bool, epochs: int, options) -> None:
    """Train, round to float16, measure on the test pictures and write it all."""
    arrays = data.arrays
    pictures, labels = images.to_float(arrays["images"]), arrays["labels"]
    steps = 2 if options.smoke else epochs * len(labels) // BATCH
    minutes = train(network, pictures, labels, flip, steps)
    _shipping.round_weights(network)
    kept = references(network, arrays)
    logits = np.array(network.classify(kept["test_features"].astype(np.float32)))
    accuracy = float(np.mean(logits.argmax(axis=1) == kept["test_labels"]))
    card = {
        "data": f"{data.name}: its {len(labels):,} training pictures",
        "held_out": f"its {len(arrays['test_labels']):,} test pictures",
        **facts(SEED, steps, BATCH, minutes),
        "metrics": rounded({"test_accuracy": accuracy}),
    }
    _shipping.save(name, network, card, kept, options.output)
    print(f"{name}: {accuracy:.2%} of the test pictures after {minutes:.1f} min")


def main() -> None:
    """Make the checkpoint image_features."""
    options = _shipping.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    data = datasets.load("fashion_mnist", fallback=options.smoke)
    network = FeatureNetwork(10, width=4 if options.smoke else 32)
    make("image_features", data, network, True, EPOCHS, options)


if __name__ == "__main__":
    main()
