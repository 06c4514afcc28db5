"""Train the conditional VAE of clothes, and measure it on 2,000 pictures.

It learns from all 60,000 training pictures of Fashion-MNIST; the test pictures give the
evidence lower bound. The state is kept in build/image_vae.npz every few minutes: the
same command goes on from there after a stop.
"""

import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers import course, datasets, images, shipped, training
from helpers.image_judge import STANDARD, Judge
from helpers.models.picture_parts import random_batches
from helpers.models.vae import VAE

SEED, BATCH, STEPS, PEAK = 0, 64, 4_000, 2e-3
EVERY = 250  # steps between two saved states


def train(model: VAE, pictures, labels, steps: int, path, batch: int) -> float:
    """Train on from the state at `path`, if there is one; return all CPU minutes."""
    schedule = training.warmup_cosine(PEAK, steps)
    model.compile(keras.optimizers.Adam(schedule, beta_2=0.99), jit_compile=False)
    done, minutes = 0, 0.0
    if path and path.exists():
        found = training.load_state(path, model)
        done, minutes = found["step"], found["minutes"]
    start = time.process_time() - 60 * minutes
    data = []
    if done < steps:
        data = random_batches(pictures, labels, batch, steps, done, SEED)
    for step, (x, y) in enumerate(data, start=done + 1):
        report = model.train_on_batch(x, y, return_dict=True)
        minutes = (time.process_time() - start) / 60
        if path and (step % EVERY == 0 or step == steps):
            training.save_state(path, model, minutes=minutes)
            shown = ", ".join(f"{name} {value:.1f}" for name, value in report.items())
            print(f"step {step}, {minutes:.1f} min, {shown}", flush=True)
            model.reset_metrics()
    return minutes


def measure(model: VAE, arrays, judge: Judge, count: int) -> dict[str, float]:
    """Score `count` pictures of all classes; add the terms of the bound, in nats."""
    labels = np.random.default_rng(SEED).permutation(np.arange(count) % 10)
    scores = judge.score(model.sample(labels, seed=SEED), labels)
    test = images.to_float(arrays["test_images"][:count])
    classes = arrays["test_labels"][:count].astype("int32")
    reconstruction, kl = (float(np.mean(t)) for t in model.terms([test, classes]))
    scores |= {"reconstruction_nats": reconstruction, "kl_nats": kl}
    return {key: round(float(value), 4) for key, value in scores.items()}


def main() -> None:
    """Make the checkpoint image_vae."""
    options = shipped.recipe_options(__doc__)
    keras.utils.set_random_seed(SEED)
    data = datasets.load("fashion_mnist", fallback=options.smoke)
    arrays = data.arrays
    model = VAE(16, 8 if options.smoke else 32, num_classes=10, seed=SEED)
    steps, path, batch, count = STEPS, None, BATCH, STANDARD
    if options.smoke:
        steps, batch, count = 2, 8, 100
    else:
        path = course.root() / "build" / "image_vae.npz"
        path.parent.mkdir(exist_ok=True)
    pictures = images.to_float(arrays["images"])
    classes = arrays["labels"].astype("int32")
    minutes = train(model, pictures, classes, steps, path, batch)
    model.fit_prior(pictures[:20_000], classes[:20_000])
    shipped.round_weights(model)
    card = {
        "data": f"{data.name}: its {len(pictures):,} training pictures",
        "held_out": f"compared with its {len(arrays['test_labels']):,} test pictures",
        "seed": SEED,
        "steps": steps,
        "batch": batch,
        "hardware": shipped.hardware(),
        "minutes": round(minutes, 1),  # of one CPU core
        "metrics": measure(model, arrays, Judge.load(data), count),
    }
    shipped.save("image_vae", model, card, where=options.output)
    print(f"image_vae: FID {card['metrics']['fid']:.2f} in {minutes:.0f} min")


if __name__ == "__main__":
    main()
