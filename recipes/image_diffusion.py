"""Train the diffusion model of clothes, and measure it on 2,000 pictures.

It learns from all 60,000 training pictures of Fashion-MNIST; no test picture is used.
The state is kept in build/image_diffusion_state.npz every few minutes: the same command
goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from helpers.models.diffusion import training
from helpers.models.diffusion.base import NoiseToImage
from helpers.models.diffusion.diffusion import SAMPLING, Diffusion
from recipes import _images
from recipes._images import SEED, Job

BATCH, STEPS, PEAK = 128, 8_000, 0.01
SMALL = {"widths": (4, 4), "middle_blocks": 1, "condition_dim": 8}


def train(model: NoiseToImage, job: Job) -> float:
    """Train on from the job's state; keep the averaged weights; return CPU minutes."""
    training.prepare(model, job.steps, PEAK)

    def batches(start: int):
        data = training.noisy_batches(
            model, job.pictures, job.labels, job.batch, seed=SEED, start=start
        )
        return data.take(job.steps - start)

    minutes = _images.train(model, job, batches)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return minutes


def make(job: Job, model: NoiseToImage, sampling: dict) -> None:
    """Train a model, measure what `sample` gives without options, and write it.

    Args:
        job: the run.
        model: untrained.
        sampling: what `sample` does without options, for the card.
    """
    model, about = _images.trained(job, lambda: (model, train(model, job)))
    metrics = _images.score(model, job, np.arange(job.count) % 10)
    _images.finish(model, job, about, metrics, sampling=sampling)


def main() -> None:
    """Make the checkpoint image_diffusion."""
    job = _images.begin("image_diffusion", __doc__, STEPS, BATCH, peak=PEAK)
    model = Diffusion(**SMALL if job.smoke else {"widths": (32, 96)})
    make(job, model, SAMPLING)


if __name__ == "__main__":
    main()
