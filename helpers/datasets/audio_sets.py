"""Read the recordings of spoken digits out of their archive."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import numpy as np

from helpers.datasets.payload import read_members

RECORDING = re.compile(r"(?:.*/)?(\d)_([a-z]+)_(\d+)\.wav")


def spoken_digits(paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Read the spoken digits out of their archive.

    Args:
        paths: The one archive, its members named ``<digit>_<speaker>_<take>.wav``.

    Returns:
        waveforms, object array (3000,) of float32 arrays (samples,) from -1 to 1;
        labels int64 and takes int64 (3000,); speakers, strings (3000,); sample_rate,
        int64 of shape (), in Hz. The data's makers test on takes 0 to 4.

    Raises:
        ValueError: If a member is not a mono WAV file, or is named in another way.
    """
    (path,) = paths.values()
    members = read_members(path, "recordings/*.wav")
    names = [_recording(path.name, name) for name in members]
    sounds = [read_wav(name, content) for name, content in members.items()]
    waveforms = np.empty(len(sounds), dtype=object)
    for place, (samples, _) in enumerate(sounds):
        waveforms[place] = samples
    return {
        "waveforms": waveforms,
        "labels": np.array([int(digit) for digit, _, _ in names]),
        "speakers": np.array([speaker for _, speaker, _ in names]),
        "takes": np.array([int(take) for _, _, take in names]),
        "sample_rate": np.array(sounds[0][1]),
    }


def read_wav(name: str, content: bytes) -> tuple[np.ndarray, int]:
    """Read a mono WAV file of whole numbers (8 to 64 bits) or floats (32 or 64).

    Args:
        name: What to call the file in errors.
        content: The file's bytes.

    Returns:
        float32 samples (n,), from -1 to 1, and the sample rate in Hz.

    Raises:
        ValueError: If it is another format, cut off or empty, has more channels than
            one, or floats that are not from -1 to 1.
    """
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            rate, samples = wavfile.read(io.BytesIO(content))
    except Exception as error:  # damaged headers break scipy in many ways
        raise ValueError(f"{name}: is no WAV file: {error}") from error
    if any("prematurely" in str(warning.message) for warning in said):
        raise ValueError(f"{name}: is cut off after {len(samples):,} samples")
    if samples.ndim != 1:
        raise ValueError(f"{name}: has {samples.shape[1]} channels; wanted 1")
    if not samples.size or rate < 1:
        raise ValueError(
            f"{name}: has {samples.size} samples at {rate} Hz; wanted some"
        )
    scaled = _to_unit(samples)
    if not np.abs(scaled).max() <= 1:  # NaN is not, either
        raise ValueError(f"{name}: has floats beyond -1 to 1, or no numbers")
    return scaled, int(rate)


def _to_unit(samples: np.ndarray) -> np.ndarray:
    """Scale samples as WAV stores them to float32 from -1 to 1."""
    if samples.dtype.kind == "f":
        return samples.astype(np.float32)
    if samples.dtype == np.uint8:  # up to 8 bits have their zero at 128
        return (samples.astype(np.float32) - 128) / 128
    # 24 bits come at the upper end of 32
    return (samples / 2.0 ** (8 * samples.itemsize - 1)).astype(np.float32)


def _recording(archive: str, name: str) -> tuple[str, str, str]:
    """Split a recording's name into digit, speaker and take."""
    match = RECORDING.fullmatch(name)
    if match is None:
        raise ValueError(
            f"{archive}: member {name!r}; wanted <digit>_<speaker>_<take>.wav"
        )
    return match.groups()
