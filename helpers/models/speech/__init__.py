"""Adversarial networks that speak."""

from helpers.models.speech.networks import SpeechDiscriminator, SpeechGenerator
from helpers.models.speech.training import SpeechGAN, augment

__all__ = ["SpeechDiscriminator", "SpeechGAN", "SpeechGenerator", "augment"]
