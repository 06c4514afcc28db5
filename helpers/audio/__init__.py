"""Audio as arrays: check, cut, level, resample, turn into spectrograms and back, play.

A clip is float32, mono, (samples,), from -1 to 1; the course's rate is 8,000 Hz.
"""

from helpers.audio.checks import check_waveform, require_rate
from helpers.audio.espeak import speak
from helpers.audio.griffin_lim import (
    griffin_lim,
    log_mel_to_waveform,
    spectral_convergence,
)
from helpers.audio.playing import player, to_wav_bytes
from helpers.audio.spectrum import (
    CEILING_DB,
    FLOOR_DB,
    HOP,
    N_FFT,
    N_MELS,
    SAMPLE_RATE,
    hann,
    hertz_to_mel,
    istft,
    log_mel,
    mel_filterbank,
    mel_to_hertz,
    mel_to_magnitude,
    scale_log_mel,
    stft,
    unscale_log_mel,
)
from helpers.audio.waves import (
    CLIP_SAMPLES,
    fit_length,
    level_db,
    normalise,
    prepare,
    resample,
    spec_augment,
    trim,
)

__all__ = [
    "CEILING_DB",
    "CLIP_SAMPLES",
    "FLOOR_DB",
    "HOP",
    "N_FFT",
    "N_MELS",
    "SAMPLE_RATE",
    "check_waveform",
    "fit_length",
    "griffin_lim",
    "hann",
    "hertz_to_mel",
    "istft",
    "level_db",
    "log_mel",
    "log_mel_to_waveform",
    "mel_filterbank",
    "mel_to_hertz",
    "mel_to_magnitude",
    "normalise",
    "player",
    "prepare",
    "require_rate",
    "resample",
    "scale_log_mel",
    "speak",
    "spec_augment",
    "spectral_convergence",
    "stft",
    "to_wav_bytes",
    "trim",
    "unscale_log_mel",
]
