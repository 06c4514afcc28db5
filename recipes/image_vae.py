"""Train the conditional VAE of clothes, and measure it on 2,000 pictures.

It learns from all 60,000 training pictures of Fashion-MNIST; the test pictures give the
evidence lower bound. The numbers of a code and its price were chosen by VAEs that
learned from 48,000 of the pictures, judged on 10,000 others. Width, steps and the
Gaussians of a class were raised once, when a first model of 32 channels, after 12,000
steps, stood at 4.5 times the floor by two of the judges; the second leg (a warm
restart, Loshchilov & Hutter 2017) was added when 16,000 steps stood at 4.0 and 4.1. The
state of each leg is kept in build every few minutes: the same command goes on from
there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from helpers import images, training
from helpers.models.vae.vae import VAE
from recipes import _images
from recipes._images import SEED, Job

LEGS = ((16_000, 2e-3), (12_000, 1e-3))  # steps and highest rate of each
BATCH, STEPS, WIDTH = 64, sum(steps for steps, _ in LEGS), 48
SIZE, BETA, COMPONENTS = 64, 0.1, 20  # numbers of a code, its price, parts of a class


def bound(model: VAE, job: Job) -> dict[str, float]:
    """Return the terms of the evidence lower bound on test pictures, in nats."""
    test = images.to_float(job.data.arrays["test_images"][: job.count])
    classes = job.data.arrays["test_labels"][: job.count].astype("int32")
    reconstruction, kl = (float(np.mean(t)) for t in model.terms([test, classes]))
    return {"reconstruction_nats": reconstruction, "kl_nats": kl}


def prepare(model: VAE, steps: int, peak: float) -> None:
    """Compile the model for a leg."""
    rate = training.warmup_cosine(peak, steps)
    model.compile(keras.optimizers.Adam(rate, beta_2=0.99), jit_compile=False)


def main() -> None:
    """Make the checkpoint image_vae."""
    settings = {"size": SIZE, "width": WIDTH, "beta": BETA}
    job = _images.begin("image_vae", __doc__, STEPS, BATCH, legs=str(LEGS), **settings)

    def make() -> tuple[VAE, float]:
        width, components = (4, 1) if job.smoke else (WIDTH, COMPONENTS)
        options = {"beta": BETA, "components": components, "seed": SEED}
        model = VAE(SIZE, width, num_classes=10, **options)
        minutes = _images.train_legs(model, job, LEGS, prepare)
        model.fit_prior(job.pictures, job.labels)
        return model, minutes

    model, about = _images.trained(job, make)
    metrics = _images.score(model, job, _images.mixed_labels(job.count))
    _images.finish(model, job, about, metrics | bound(model, job))


if __name__ == "__main__":
    main()
