"""Train the conditional GAN of clothes, and measure it on 2,000 pictures.

It learns from all 60,000 training pictures of Fashion-MNIST; no test picture is used.
The state is kept in build/image_gan_state.npz every few minutes: the same command goes
on from there after a stop. Both learning rates fall to 0 over the second half.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from helpers.models.gan.gan import GAN, conditional_gan
from helpers.models.gan.networks import Generator
from recipes import _images
from recipes._images import SEED, Job

BATCH, STEPS, RATE, DECAY = 64, 20_000, 1e-3, 0.999


def train(model: GAN, job: Job) -> float:
    """Train on from the job's state, if there is one; return all CPU minutes."""

    def set_rates(step: int) -> None:
        rate = RATE * min(1.0, 2 * (job.steps - step) / job.steps)
        for optimizer in model.optimizers:
            optimizer.learning_rate = rate

    return _images.train(model, job, before=set_rates)


def main() -> None:
    """Make the checkpoint image_gan: the averaged generator."""
    settings = {"rate": RATE, "decay": DECAY}
    job = _images.begin("image_gan", __doc__, STEPS, BATCH, **settings)

    def make() -> tuple[Generator, float]:
        width = 4 if job.smoke else 32
        model = conditional_gan(10, width=width, decay=DECAY, seed=SEED)
        minutes = train(model, job)
        return model.average, minutes

    model, about = _images.trained(job, make)
    metrics = _images.score(model, job, _images.mixed_labels(job.count))
    _images.finish(model, job, about, metrics)


if __name__ == "__main__":
    main()
