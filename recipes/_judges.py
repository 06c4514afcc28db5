"""What the recipes of image judges share: batches, training, test features, card.

A judge learns from all training pictures, the very ones that the course's generators
learn from. The test pictures are held out: they give the accuracy on the card and the
reference features, and nothing was chosen by them.
"""

import argparse
import time

import keras
import numpy as np

from helpers import datasets, images, training
from helpers.models.features import Describer, PixelComponents
from recipes import _shipping
from recipes._shared import facts, rounded

SEED, BATCH, PEAK = 0, 128, 2e-3


def batches(pictures, labels, shift: int, flip: bool, seed: int, steps: int):
    """Yield batches of pictures, moved by up to `shift` pixels and maybe mirrored."""
    rng = np.random.default_rng(seed)
    border = (shift, shift)
    padded = np.pad(pictures, ((0, 0), border, border, (0, 0)), constant_values=-1.0)
    places = np.arange(28)
    order = np.concatenate(
        [rng.permutation(len(labels)) for _ in range(1 + steps * BATCH // len(labels))]
    )
    for step in range(steps):
        chosen = order[step * BATCH : (step + 1) * BATCH]
        down, right = rng.integers(0, 2 * shift + 1, (2, len(chosen)))
        rows, columns = down[:, None] + places, right[:, None] + places
        mirrored = flip & (rng.random(len(chosen)) < 0.5)
        columns = np.where(mirrored[:, None], columns[:, ::-1], columns)
        x = padded[chosen[:, None, None], rows[:, :, None], columns[:, None]]
        yield x, labels[chosen]


def train(network, pictures, labels, moves: tuple, steps: int, seed: int) -> float:
    """Train a network for `steps` steps, and return the minutes of one core."""
    schedule = training.warmup_cosine(PEAK, steps, warmup=steps // 10)
    network.compile(
        keras.optimizers.AdamW(schedule, weight_decay=0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    start = time.process_time()
    data = batches(pictures, labels, *moves, seed, steps)
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


def make(
    name: str,
    data: datasets.Dataset,
    network: Describer,
    flip: bool,
    epochs: int,
    options: argparse.Namespace,
    seed: int = SEED,
) -> None:
    """Train, round to float16, measure on the test pictures and write it all.

    Args:
        name: of the checkpoint.
        data: the data set.
        network: to be trained; the components of `PixelComponents` are fitted first.
        flip: whether to mirror half of the pictures; `PixelComponents` gets them as
            they are, without the shift of up to 2 pixels that others get.
        epochs: passes over the training pictures.
        options: as `_shipping.recipe_options` returns.
        seed: decides the batches.
    """
    arrays = data.arrays
    pictures, labels = images.to_float(arrays["images"]), arrays["labels"]
    steps = 2 if options.smoke else epochs * len(labels) // BATCH
    moves, more = (2, flip), {}
    if isinstance(network, PixelComponents):  # a linear classifier learns no motion
        more["variance_kept"] = network.fit_components(pictures)
        moves = (0, False)
    minutes = train(network, pictures, labels, moves, steps, seed)
    _shipping.round_weights(network)
    kept = references(network, arrays)
    logits = np.array(network.classify(kept["test_features"].astype(np.float32)))
    accuracy = float(np.mean(logits.argmax(axis=1) == kept["test_labels"]))
    card = {
        "data": f"{data.name}: its {len(labels):,} training pictures",
        "held_out": f"its {len(arrays['test_labels']):,} test pictures",
        **facts(seed, steps, BATCH, minutes),
        "metrics": rounded({"test_accuracy": accuracy} | more),
    }
    _shipping.save(name, network, card, kept, options.output)
    print(f"{name}: {accuracy:.2%} of the test pictures after {minutes:.1f} min")
