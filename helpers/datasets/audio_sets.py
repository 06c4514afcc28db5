"""Read the recordings of spoken digits out of their archive."""

from __future__ import annotations

import io
import re
import wave
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
        ValueError: If a member is not a mono 16-bit WAV file, two sample rates occur
            or there is only one digit.
    """
    (path,) = paths.values()
    members = read_members(path, "recordings/*.wav")
    names = [_recording(path.name, name) for name in members]
    sounds = [read_wav(name, content) for name, content in members.items()]
    rates = {rate for _, rate in sounds}
    if len(rates) != 1 or len({digit for digit, _, _ in names}) < 2:
        raise ValueError(
            f"{path.name}: sample rates {sorted(rates)} and digits "
            f"{sorted({digit for digit, _, _ in names})}; wanted one rate, two digits"
        )
    waveforms = np.empty(len(sounds), dtype=object)
    for place, (samples, _) in enumerate(sounds):
        waveforms[place] = samples
    return {
        "waveforms": waveforms,
        "labels": np.array([int(digit) for digit, _, _ in names]),
        "speakers": np.array([speaker for _, speaker, _ in names]),
        "takes": np.array([int(take) for _, _, take in names]),
        "sample_rate": np.array(rates.pop()),
    }


def read_wav(name: str, content: bytes) -> tuple[np.ndarray, int]:
    """Read a mono WAV file of 16-bit samples.

    Args:
        name: What to call the file in errors.
        content: The file's bytes.

    Returns:
        float32 samples (n,), from -1 to 1, and the sample rate in Hz.

    Raises:
        ValueError: If it is another format, cut off or empty.
    """
    try:
        with wave.open(io.BytesIO(content)) as file:
            form = (file.getnchannels(), 8 * file.getsampwidth())
            rate, stated = file.getframerate(), file.getnframes()
            frames = file.readframes(stated)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{name}: is no WAV file: {error}") from error
    if form != (1, 16):
        raise ValueError(
            f"{name}: has {form[0]} channels of {form[1]} bits; wanted 1 of 16"
        )
    if stated == 0 or len(frames) != 2 * stated:
        raise ValueError(f"{name}: holds {len(frames) // 2} of {stated} samples")
    return np.frombuffer(frames, dtype="<i2").astype(np.float32) / 32768, rate


def _recording(archive: str, name: str) -> tuple[str, str, str]:
    """Split a recording's name into digit, speaker and take."""
    match = RECORDING.fullmatch(name)
    if match is None:
        raise ValueError(
            f"{archive}: member {name!r}; wanted <digit>_<speaker>_<take>.wav"
        )
    return match.groups()
