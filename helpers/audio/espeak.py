"""The voice of espeak-ng: a formant synthesiser that needs no training data.

The library comes with the package `espeakng-loader` and is called through `ctypes`. It
keeps one voice at a time, so calls wait for each other.
"""

from __future__ import annotations

import ctypes
import os
import threading
from functools import cache
from pathlib import Path

import numpy as np

from helpers.checks import require_text

_LOCK = threading.Lock()
_SYNCHRONOUS, _DONT_EXIT, _UTF8 = 2, 0x8000, 1  # from espeak-ng's speak_lib.h
_RATE, _PITCH = 1, 3
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class EspeakError(RuntimeError):
    """espeak-ng cannot be loaded or failed at its work."""


class _Engine:
    """The loaded library and the pieces of sound it hands over."""

    def __init__(self, library: ctypes.CDLL, sample_rate: int):
        self.library, self.sample_rate = library, sample_rate
        self.pieces: list[np.ndarray] = []
        self.callback = _CALLBACK(self._keep)  # must live as long as the library
        library.espeak_SetSynthCallback(self.callback)

    def _keep(self, samples, count, events) -> int:
        if samples and count > 0:
            self.pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def set(self, voice: str, rate: int, pitch: int) -> None:
        _, plus, variant = voice.partition("+")
        known = not plus or variant in variants()  # espeak-ng passes over others
        if not known or self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(
                f"espeak-ng has no voice {voice!r}; wanted a language such as 'en-us' "
                "or 'cmn', if wished with '+' and a variant such as 'f3' or 'm7'"
            )
        self.library.espeak_SetParameter(_RATE, rate, 0)
        self.library.espeak_SetParameter(_PITCH, pitch, 0)

    def synthesise(self, text: bytes) -> np.ndarray:
        self.pieces.clear()
        status = self.library.espeak_Synth(
            text, len(text) + 1, 0, 1, 0, _UTF8, None, None
        )
        if status != 0 or not self.pieces:
            raise EspeakError(f"espeak-ng made no sound, status {status}")
        return np.concatenate(self.pieces)


@cache
def _engine() -> _Engine:
    """Load and start espeak-ng once a process."""
    try:
        import espeakng_loader

        library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path()
    except (ImportError, OSError, RuntimeError) as error:
        raise EspeakError(
            f"espeak-ng cannot be loaded: {error}. `pip install espeakng-loader` "
            "brings it for Linux, macOS and Windows"
        ) from error
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint,
        ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    start = library.espeak_Initialize
    start.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    sample_rate = start(_SYNCHRONOUS, 0, os.fsencode(data), _DONT_EXIT)
    if sample_rate <= 0:
        raise EspeakError(
            f"espeak-ng did not start with its data in {data!r} (an installed path of "
            "more than about 200 characters is too long for it)"
        )
    if hasattr(library, "espeak_ng_SetRandSeed"):  # else it is seeded with the time
        library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    return _Engine(library, sample_rate)


@cache
def variants() -> tuple[str, ...]:
    """Return the names that can follow "+" in a voice, such as f1, m3 and Annie."""
    import espeakng_loader

    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    return tuple(sorted(path.name for path in folder.iterdir()))


def speak(
    text: str, voice: str = "en-us", rate: int = 175, pitch: int = 50
) -> tuple[np.ndarray, int]:
    """Return a text as spoken by espeak-ng.

    A program that makes the same calls gets the same samples, but a call repeated
    differs a little from the first: the voice trembles, and the tremor goes on from
    one call to the next. Threads may call it; they take turns.

    Args:
        text: what to say, at least one letter or digit.
        voice: a language ("en-us", "en-gb-scotland", "cmn"), optionally + a variant
            ("en-us+f3": a woman's voice; m1 … m8, f1 … f5, and named ones).
        rate: words a minute, 80 to 450.
        pitch: height of the voice, 0 to 99.

    Returns:
        float32 samples (n,), -1 to 1, and the sample rate in Hz (22,050).

    Raises:
        ValueError: for an empty text, an unknown voice, or rate or pitch out of range.
        EspeakError: if espeak-ng cannot be loaded or fails.

    Example:
        sound, rate = speak("nine", voice="en-us+f3", rate=140)
    """
    require_text(text, "speak", allow_empty=False)
    if "\0" in require_text(voice, "speak's voice"):
        raise ValueError(f"speak wants a voice without NUL, received {voice!r}")
    if not any(letter.isalnum() for letter in text) or "\0" in text:
        raise ValueError(f"speak wants a letter or digit and no NUL, received {text!r}")
    if not 80 <= rate <= 450 or not 0 <= pitch <= 99:
        raise ValueError(
            f"rate is {rate} and pitch {pitch}; wanted 80 ≤ rate ≤ 450 words a minute "
            "and 0 ≤ pitch ≤ 99"
        )
    with _LOCK:
        engine = _engine()
        engine.set(voice, int(rate), int(pitch))
        samples = engine.synthesise(text.encode("utf-8"))
    return samples.astype(np.float32) / 32768, engine.sample_rate
