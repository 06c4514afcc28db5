"""A vocoder: from mel spectrograms to waveforms."""

from helpers.models.vocoder.training import VocoderGAN, WaveDiscriminator, mel_decibels
from helpers.models.vocoder.vocoder import Vocoder, inverse_stft

__all__ = ["Vocoder", "VocoderGAN", "WaveDiscriminator", "inverse_stft", "mel_decibels"]
