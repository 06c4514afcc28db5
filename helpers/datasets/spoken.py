"""Spoken digits by espeak-ng: the stand-in for recordings of people.

They are made when asked for, in a fresh process, since espeak-ng's voice depends on all
it has said before; so they are the same samples every time on one machine.
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEAKERS = {  # name: espeak-ng's voice and its middle pitch
    "ada": ("en-us+f2", 55),
    "bob": ("en-us+m3", 35),
    "cleo": ("en-gb-scotland+f4", 50),
    "dan": ("en-us", 45),
    "eve": ("en-gb-x-rp+Annie", 60),
    "finn": ("en-029+m7", 40),
}
TAKES = 15
SAMPLE_RATE = 8_000  # Hz


def make() -> dict[str, np.ndarray]:
    """Return the digits in the shape of `media.spoken_digits`.

    Six voices are the speakers. Their 15 takes of a digit differ in speed (120 to 220
    words a minute), pitch (up to 12 steps either way) and level (up to 12 dB down).

    Returns:
        waveforms, object array (900,) of float32 (samples,); labels, takes int64 and
        speakers (900,); sample_rate int64 of shape (), in Hz.

    Raises:
        EspeakError: if espeak-ng cannot be loaded.
    """
    from helpers.audio.espeak import speak
    from helpers.audio.waves import resample, trim

    rng = np.random.default_rng(0)
    rows, sounds = [], []
    for digit, word in enumerate(WORDS):
        for name, (voice, middle) in SPEAKERS.items():
            for take in range(TAKES):
                speed, pitch = rng.integers(120, 221), middle + rng.integers(-12, 13)
                sound, rate = speak(word, voice, int(speed), int(pitch))
                gain = 10 ** (-rng.uniform(0, 12) / 20)
                sounds.append(trim(resample(sound, rate, SAMPLE_RATE)) * gain)
                rows.append((digit, name, take))
    waveforms = np.empty(len(sounds), object)
    waveforms[:] = [sound.astype(np.float32) for sound in sounds]
    return {
        "waveforms": waveforms,
        "labels": np.array([row[0] for row in rows]),
        "speakers": np.array([row[1] for row in rows]),
        "takes": np.array([row[2] for row in rows]),
        "sample_rate": np.array(SAMPLE_RATE),
    }


def read(paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Run `make` in a fresh process and return what it made.

    Args:
        paths: not used; the package espeakng-loader carries the voice.

    Raises:
        RuntimeError: if that process fails; its last line says why.
    """
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(
        [sys.executable, "-m", "helpers.datasets.spoken"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").strip().splitlines() or [""]
        raise RuntimeError(f"espeak-ng could not speak the digits: {said[-1]}")
    with np.load(io.BytesIO(answer.stdout)) as packed:
        arrays = dict(packed)
    parts = np.split(arrays.pop("samples"), np.cumsum(arrays.pop("lengths"))[:-1])
    arrays["waveforms"] = np.empty(len(parts), object)
    arrays["waveforms"][:] = parts
    return arrays


def _pack(arrays: dict[str, np.ndarray]) -> bytes:
    """Return the arrays as one npz file, the waveforms end to end."""
    waveforms = arrays.pop("waveforms")
    lengths = np.array([len(wave) for wave in waveforms])
    buffer = io.BytesIO()
    np.savez(buffer, samples=np.concatenate(waveforms), lengths=lengths, **arrays)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(_pack(make()))
