"""Cut, level, resample and mask waveforms.

A clip is float32, mono, (samples,), from -1 to 1; the course's rate is 8,000 Hz.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from helpers.audio.checks import (
    FULL_SCALE,
    MOST_SAMPLES,
    check_clips,
    check_each,
    check_finite,
    check_rate,
    check_waveform,
    check_whole,
    require_rate,
)
from helpers.audio.spectrum import (
    HOP,
    SAMPLE_RATE,
)

MOST_RATIO = 256  # of two sample rates
CLIP_SAMPLES = 8_192  # a spoken digit: 1.024 s, 64 hops


def resample(waveform: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """Return a sound at another sample rate, low-pass filtered against aliasing.

    Args:
        waveform: float (samples,) or (n, samples), -1 to 1; silence passes.
        source_rate: present rate in Hz, 1 to 1,000,000.
        target_rate: wanted rate in Hz, 1 to 1,000,000.

    Returns:
        float32 (…, about samples · target / source), cut to -1 to 1.

    Raises:
        ValueError: as `check_clips`, for a rate that is not a positive integer, or too
            few or, beyond 100 million, too many samples.
    """
    import soxr

    array = check_clips(waveform, "resample", loudest=FULL_SCALE)
    source, target = (check_rate(r, "resample") for r in (source_rate, target_rate))
    if source == target:
        return array
    if max(source, target) > MOST_RATIO * min(source, target):  # soxr takes for ever
        raise ValueError(
            f"resample wants rates within a factor of {MOST_RATIO}, received {source} "
            f"and {target} Hz"
        )
    if array.size * target / source > MOST_SAMPLES:
        raise ValueError(
            f"resample wants to make at most {MOST_SAMPLES:,} samples, received "
            f"{array.size:,} to bring from {source} to {target} Hz"
        )
    converted = soxr.resample(array.T, source, target).T
    if not converted.size:
        raise ValueError(f"{array.shape[-1]} samples are too few for {target_rate} Hz")
    return np.clip(converted, -1, 1)


def level_db(waveform: np.ndarray) -> float:
    """Return the root mean square level in dB, 0 for a square wave of full scale."""
    array = check_waveform(waveform, "level_db")
    return float(10 * np.log10(np.mean(array.astype(float) ** 2)))


def normalise(waveform: np.ndarray, level: float = -20.0) -> np.ndarray:
    """Bring a sound to one loudness, but never beyond full scale.

    Args:
        waveform: float (samples,), not silent.
        level: root mean square in dB below full scale, -120 to 0.

    Raises:
        ValueError: as `check_waveform`, or for a level out of range.
    """
    array = check_waveform(waveform, "normalise").astype(float)  # 1 / faint is large
    if not -120 <= level <= 0:
        raise ValueError(f"normalise wants a level from -120 to 0 dB, received {level}")
    gain = 10 ** ((level - level_db(array)) / 20)
    return (array * min(gain, 1 / np.abs(array).max())).astype(np.float32)


def trim(waveform: np.ndarray, below: float = 40.0, hop: int = HOP) -> np.ndarray:
    """Cut off a quiet beginning and end.

    Args:
        waveform: float (samples,), not silent.
        below: a hop counts as quiet if it is so many dB below the loudest, > 0.
        hop: samples judged together, ≥ 1.

    Raises:
        ValueError: as `check_waveform`, or for options out of range.
    """
    array = check_waveform(waveform, "trim")
    if not below > 0:
        raise ValueError(f"trim wants below > 0 dB, received {below}")
    hop = check_whole(hop, "trim's hop", 1, MOST_SAMPLES)
    blocks = np.pad(array, (0, -len(array) % hop)).reshape(-1, hop)
    energy = np.mean(blocks.astype(float) ** 2, axis=1)  # float32 loses faint squares
    quiet = energy.max() * 10 ** (-below / 10)
    loud = np.flatnonzero((energy > quiet) | (energy == energy.max()))
    return array[loud[0] * hop : (loud[-1] + 1) * hop]


def fit_length(waveform: np.ndarray, samples: int = CLIP_SAMPLES) -> np.ndarray:
    """Bring a sound to a fixed length: zeros at the end, or its loudest stretch.

    Args:
        waveform: float (n,), n ≥ 1.
        samples: wanted length, 1 to 100 million.

    Returns:
        float32 (samples,).

    Raises:
        ValueError: as `check_waveform`; silence passes.
    """
    array = check_waveform(waveform, "fit_length", silence=True)
    samples = check_whole(samples, "fit_length's samples", 1, MOST_SAMPLES)
    if len(array) <= samples:
        return np.pad(array, (0, samples - len(array)))
    energy = np.concatenate([[0], np.cumsum(array.astype(float) ** 2)])
    start = int(np.argmax(energy[samples:] - energy[:-samples]))
    return array[start : start + samples]


def prepare(
    waveforms: Iterable[np.ndarray],
    sample_rate: int = SAMPLE_RATE,
    samples: int = CLIP_SAMPLES,
    level: float = -20.0,
) -> np.ndarray:
    """Bring recordings to one loudness and one length: what every model here hears.

    Args:
        waveforms: sounds, float (any length,) each.
        sample_rate: their rate; must be 8,000 Hz.
        samples: wanted length.
        level: root mean square of each recording in dB.

    Returns:
        float32 (n, samples).

    Raises:
        ValueError: for another rate, or as `check_each`.

    Example:
        prepare(recordings["waveforms"]).shape -> (3000, 8192)
    """
    require_rate(sample_rate, SAMPLE_RATE, "prepare")
    checked = check_each(waveforms, "prepare")
    samples = check_whole(samples, "prepare's samples", 1, MOST_SAMPLES)
    clips = np.empty((len(checked), samples), np.float32)  # filled one by one
    for place, wave in enumerate(checked):
        clips[place] = fit_length(normalise(wave, level), samples)
    return clips


def spec_augment(
    spectrograms: np.ndarray,
    seed: int | np.random.Generator,
    *,
    time_masks: int = 1,
    time_width: int = 12,
    mel_masks: int = 1,
    mel_width: int = 10,
) -> np.ndarray:
    """Hide random stretches of time and random bands, each sound its own.

    Args:
        spectrograms: float (n, frames, n_mels) or one (frames, n_mels).
        seed: an integer or a generator.
        time_masks: stretches of time hidden in a sound, 0 to 1,000.
        time_width: longest stretch, in frames; each is 0 to `time_width` long.
        mel_masks: groups of bands hidden in a sound, 0 to 1,000.
        mel_width: widest group, in bands.

    Returns:
        A new float32 array; hidden values are their sound's own mean.

    Raises:
        ValueError: for another shape, NaN or infinity, a width beyond the spectrogram,
            or a number of masks out of range.

    Source: Park et al. 2019, "SpecAugment", section 2.
    """
    array = check_finite(spectrograms, "spec_augment")
    batch = array[None] if array.ndim == 2 else array
    if batch.ndim != 3 or not batch.size:
        raise ValueError(f"wanted (n, frames, n_mels), received {array.shape}")
    for masks in (time_masks, mel_masks):
        check_whole(masks, "spec_augment's masks", 0, 1_000)
    check_whole(time_width, "spec_augment's time_width", 0, batch.shape[1])
    check_whole(mel_width, "spec_augment's mel_width", 0, batch.shape[2])
    rng = np.random.default_rng(seed)
    hidden = np.zeros(batch.shape, bool)
    for axis, masks, width in ((1, time_masks, time_width), (2, mel_masks, mel_width)):
        for _ in range(masks):
            long = rng.integers(0, width + 1, len(batch))
            start = rng.integers(0, batch.shape[axis] - long + 1)
            place = np.arange(batch.shape[axis])
            inside = (place >= start[:, None]) & (place < (start + long)[:, None])
            hidden |= np.expand_dims(inside, 3 - axis)
    means = batch.mean((1, 2), keepdims=True)
    return np.where(hidden, means, batch).reshape(array.shape)
