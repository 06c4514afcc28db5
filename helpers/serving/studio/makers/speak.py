"""Speak: digits in a voice that a network has learned, as sound and as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from helpers.serving.studio.makers import figures, models
from helpers.serving.studio.results import Made, Piece, Step
from helpers.serving.studio.settings import SEEDS, Field, checked

TAB = "speak"
VOICES = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")  # of its card
FIELDS = (
    Field("digits", "digits", "2026", 1, 12),
    Field("voice", "choice", "jackson", choices=VOICES),
    Field("variety", "number", 0.7, 0, 1.5, 0.05),
    Field("pause", "number", 0.1, 0, 1, 0.05),
    Field("seed", "whole", 1, 0, SEEDS - 1),
)
QUIET = -1.0  # dB below full scale: of the loudest sample


def make(given: Mapping[str, object]) -> Iterator[Step | Made]:
    """Yield a step for each digit, and at last the sound and its spectrogram.

    Args:
        given: Settings, as `FIELDS` says.

    Raises:
        UnfitError: If a setting is refused.
    """
    from helpers import audio

    settings = checked(TAB, FIELDS, given)
    yield Step("step.loading")
    vocoder = models.checkpoint("speech_vocoder")
    pictures, parts = spectrograms(settings), []
    silence = np.zeros(int(settings["pause"] * audio.SAMPLE_RATE), np.float32)
    for done, picture in enumerate(pictures, start=1):
        with models.LOCK:
            sound = vocoder.speak(picture)
        parts += [audio.trim(sound), silence]
        yield Step("step.speaking", done, len(pictures))
    wave = np.concatenate(parts[:-1])
    wave = wave * (10 ** (QUIET / 20) / max(1e-6, float(np.abs(wave).max())))
    values = {"digits": settings["digits"], "voice": settings["voice"]}
    shown = figures.spectrogram(wave, settings["digits"])
    yield Made(
        TAB,
        settings,
        (
            Piece("digits.wav", "audio/wav", audio.to_wav_bytes(wave), "speak.made",
                  values),
            Piece("digits.png", "image/png", shown, "speak.shown", values),
        ),
    )  # fmt: skip


def spectrograms(settings: Mapping[str, object]) -> np.ndarray:
    """Return one spectrogram (64, 64) in dB for each digit.

    Args:
        settings: Checked.
    """
    generator = models.checkpoint("speech_gan")
    digits = [int(one) for one in settings["digits"]]
    voices = [VOICES.index(settings["voice"])] * len(digits)
    with models.LOCK:
        return generator.sample(digits, settings["seed"], voices, settings["variety"])
