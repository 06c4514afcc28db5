"""Adversarial networks for images."""

from helpers.models.gan.gan import GAN, conditional_gan, fit_gan
from helpers.models.gan.networks import Discriminator, Generator

__all__ = ["Discriminator", "GAN", "Generator", "conditional_gan", "fit_gan"]
