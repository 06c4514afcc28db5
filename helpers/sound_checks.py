"""Checks of sounds that several modules share."""

from __future__ import annotations

import numpy as np


def check_waveform(
    waveform: np.ndarray, where: str = "sound", *, silence: bool = False
) -> np.ndarray:
    """Return a sound as float32 if it is one mono clip with something to hear.

    Args:
        waveform: float (samples,), -1 to 1.
        where: what it is, for the message.
        silence: whether a clip of zeros passes.

    Raises:
        ValueError: if it is stereo, empty, of integers, holds NaN, goes beyond -1 to 1
            or is silent.
    """
    array = np.asarray(waveform)
    if array.ndim != 1:
        stereo = array.ndim == 2 and 2 in array.shape
        hint = " (stereo? average the two channels)" if stereo else ""
        raise ValueError(
            f"{where} wants mono samples (n,), received shape {array.shape}{hint}"
        )
    if array.size == 0:
        raise ValueError(f"{where} wants at least one sample, received a clip of none")
    if array.dtype.kind != "f":
        raise ValueError(
            f"{where} wants floats from -1 to 1, received {array.dtype}"
            " (divide 16-bit integers by 32768)"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{where} wants finite samples, received NaN or infinity")
    peak = float(np.abs(array).max())
    if peak > 1.0001:
        raise ValueError(f"{where} wants samples from -1 to 1, received {peak:.3f}")
    if peak == 0 and not silence:
        raise ValueError(f"{where} wants a sound, received silence: all samples are 0")
    return array.astype(np.float32)


def require_rate(sample_rate: int, wanted: int, where: str = "sound") -> int:
    """Return `sample_rate` (Hz) if it is the `wanted` one; `where` is named if not.

    Raises:
        ValueError: if the rates differ.
    """
    if int(sample_rate) != wanted:
        raise ValueError(
            f"{where} wants {wanted} Hz, received {sample_rate} Hz; "
            f"audio.resample(sound, {sample_rate}, {wanted}) converts"
        )
    return wanted
