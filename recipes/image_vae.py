"""Train the conditional VAE of clothes, and measure it on 2,000 pictures.

It learns from all 60,000 training pictures of Fashion-MNIST; the test pictures give the
evidence lower bound. The state is kept in build/image_vae_state.npz every few minutes:
the same command goes on from there after a stop.
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

BATCH, STEPS, PEAK = 64, 4_000, 2e-3
PRIOR = 20_000  # pictures that the prior is fitted to


def bound(model: VAE, job: Job) -> dict[str, float]:
    """Return the terms of the evidence lower bound on test pictures, in nats."""
    test = images.to_float(job.data.arrays["test_images"][: job.count])
    classes = job.data.arrays["test_labels"][: job.count].astype("int32")
    reconstruction, kl = (float(np.mean(t)) for t in model.terms([test, classes]))
    return {"reconstruction_nats": reconstruction, "kl_nats": kl}


def main() -> None:
    """Make the checkpoint image_vae."""
    job = _images.begin("image_vae", __doc__, STEPS, BATCH, peak=PEAK)

    def make() -> tuple[VAE, float]:
        model = VAE(16, 4 if job.smoke else 32, num_classes=10, seed=SEED)
        schedule = training.warmup_cosine(PEAK, job.steps)
        model.compile(keras.optimizers.Adam(schedule, beta_2=0.99), jit_compile=False)
        minutes = _images.train(model, job)
        model.fit_prior(job.pictures[:PRIOR], job.labels[:PRIOR])
        return model, minutes

    model, about = _images.trained(job, make)
    metrics = _images.score(model, job, _images.mixed_labels(job.count))
    _images.finish(model, job, about, metrics | bound(model, job))


if __name__ == "__main__":
    main()
