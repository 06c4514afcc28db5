"""Checks of sounds, which every function that takes sound goes through."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real

import numpy as np

FULL_SCALE = 1.0001  # 1, and what rounding may add
LOUDEST = 10.0  # of sound that is measured or drawn: a model may exceed full scale
MOST_RATE = 1_000_000  # Hz; bats call at 200,000
MOST_SAMPLES = 100_000_000  # that a function may make: 0.4 GB, an hour at 28 kHz
STEREO = " (stereo? average the two channels)"


def check_waveform(
    waveform: np.ndarray,
    where: str = "sound",
    *,
    silence: bool = False,
    loudest: float = FULL_SCALE,
) -> np.ndarray:
    """Return a sound as float32 if it is one mono clip with something to hear.

    Args:
        waveform: float (samples,), -1 to 1.
        where: what it is, for the message.
        silence: whether a clip of zeros passes.
        loudest: largest sample that passes.

    Raises:
        ValueError: if it is stereo, empty, of integers, holds NaN, goes beyond -1 to 1
            or is silent, or fainter than float32 can hold.
    """
    array = np.asarray(waveform)
    if array.ndim != 1:
        stereo = array.ndim == 2 and 2 in array.shape
        raise ValueError(
            f"{where} wants mono samples (n,), received shape {array.shape}"
            + STEREO * stereo
        )
    peak = _peak(array, where, loudest)
    sound = array.astype(np.float32)
    if not silence and not sound.any():
        if peak:
            raise ValueError(
                f"{where} wants a sound that float32 can hold, received one of at most "
                f"{peak:.3g}"
            )
        raise ValueError(f"{where} wants a sound, received silence: all samples are 0")
    return sound


def check_clips(
    waveforms: np.ndarray, where: str = "sounds", *, loudest: float = LOUDEST
) -> np.ndarray:
    """Return one sound, or clips of one length, as float32; silence passes.

    Args:
        waveforms: float (samples,) or (n, samples).
        where: what it is, for the message.
        loudest: largest sample that passes.

    Raises:
        ValueError: as `check_waveform`, or for clips of different lengths.
    """
    several = isinstance(waveforms, (list, tuple)) and len(
        set(map(np.shape, waveforms))
    )
    array = None if several > 1 else np.asarray(waveforms)
    if array is None or array.dtype == object:
        raise ValueError(
            f"{where} wants clips of one length, received several; "
            "helpers.audio.fit_length levels them"
        )
    columns = array.ndim == 2 and array.shape[1] <= 2 < len(array)
    if array.ndim not in (1, 2) or columns:
        raise ValueError(
            f"{where} wants samples (n,) or clips (n, samples), received shape "
            f"{array.shape}" + STEREO * columns
        )
    _peak(array, where, loudest)
    return array.astype(np.float32, copy=False)


def check_each(waveforms: Iterable[np.ndarray], where: str) -> list[np.ndarray]:
    """Return several sounds, each as `check_waveform` does.

    Args:
        waveforms: float (samples,) each, of any lengths, or (n, samples).
        where: what wants them, for the message.

    Raises:
        ValueError: if there is none, or as `check_waveform`, with the sound's number.
    """
    clips = list(waveforms)
    if not clips:
        raise ValueError(f"{where} wants at least one sound, received none")
    if np.ndim(clips[0]) == 0:
        raise ValueError(f"{where} wants several sounds (put one into a list)")
    if len(clips) > 2 and max(map(np.size, clips)) <= 2:
        raise ValueError(f"{where} received {len(clips)} sounds of 2 samples{STEREO}")
    return [check_waveform(clip, f"sound {i}") for i, clip in enumerate(clips)]


def check_rate(sample_rate: int, where: str = "sound") -> int:
    """Return `sample_rate` (Hz) as an int if it is a whole number up to `MOST_RATE`.

    Raises:
        ValueError: if it is not; `where` is named.
    """
    rate = sample_rate
    if isinstance(rate, np.ndarray) and rate.ndim == 0:  # as npz files keep it
        rate = rate.item()
    number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not (number and 1 <= rate <= MOST_RATE and rate == int(rate)):  # nor NaN
        raise ValueError(
            f"{where} wants integer rates ≥ 1, received {sample_rate} Hz "
            f"(at most {MOST_RATE:,} Hz)"
        )
    return int(rate)


def check_whole(value: int, what: str, least: int, most: int) -> int:
    """Return `value` as an int if it is a whole number from `least` to `most`.

    Raises:
        ValueError: if it is not; `what` is named.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not (whole and least <= value <= most):
        raise ValueError(
            f"{what} wants a whole number from {least:,} to {most:,}, received {value}"
        )
    return int(value)


def check_finite(values: np.ndarray, what: str) -> np.ndarray:
    """Return real numbers that are finite as float32, of any shape.

    Args:
        values: ints or floats.
        what: the caller and its argument, quoted in the message.

    Raises:
        ValueError: if there is NaN, infinity (also in float32), or no real number.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{what} wants real numbers, received {array.dtype}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        raise ValueError(f"{what} wants finite values, received NaN or infinity")
    return array


def require_rate(sample_rate: int, wanted: int, where: str = "sound") -> int:
    """Return `sample_rate` (Hz) if it is the `wanted` one; `where` is named if not.

    Raises:
        ValueError: if the rates differ.
    """
    if sample_rate != wanted:
        raise ValueError(
            f"{where} wants {wanted} Hz, received {sample_rate} Hz; "
            f"audio.resample(sound, {sample_rate}, {wanted}) converts"
        )
    return wanted


def _peak(array: np.ndarray, where: str, loudest: float) -> float:
    """Return the largest sample of floats that are finite and not too loud."""
    if array.size == 0:
        raise ValueError(f"{where} wants at least one sample, received a clip of none")
    if array.dtype.kind != "f":
        raise ValueError(
            f"{where} wants floats from -1 to 1, received {array.dtype}"
            " (divide 16-bit integers by 32768)"
        )
    peak = max(float(array.max()), -float(array.min()))  # NaN if there is any
    if not np.isfinite(peak):
        raise ValueError(f"{where} wants finite samples, received NaN or infinity")
    if peak > loudest:
        raise ValueError(f"{where} wants samples from -1 to 1, received {peak:.3f}")
    return peak
