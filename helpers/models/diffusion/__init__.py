"""Diffusion and flow matching for images."""

from helpers.models.diffusion.diffusion import Diffusion
from helpers.models.diffusion.flow_matching import FlowMatching
from helpers.models.diffusion.schedule import add_noise, cosine_schedule
from helpers.models.diffusion.training import noisy_batches, train

__all__ = [
    "Diffusion",
    "FlowMatching",
    "add_noise",
    "cosine_schedule",
    "noisy_batches",
    "train",
]
