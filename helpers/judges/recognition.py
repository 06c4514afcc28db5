"""Recognise speech and predict its opinion score, with models that pip brings.

Recognition is pocketsphinx's, 16 kHz US English: any words, or only the ten digits. The
predicted score is DNSMOS's: a network that was trained to guess what people would say.
"""

from __future__ import annotations

import importlib
import importlib.util
import numbers
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.audio.checks import check_each, check_waveform
from helpers.audio.spectrum import SAMPLE_RATE
from helpers.audio.waves import normalise, resample, trim
from helpers.datasets.spoken import WORDS

if TYPE_CHECKING:
    from pocketsphinx import Decoder

RATE = 16_000  # Hz, of both models
GRAMMARS = ("digit", "digits", "free")
MARGIN = 0.25  # seconds of silence put around a clip
HEARD = int(9.01 * RATE)  # samples that DNSMOS hears at once
MOS_PARTS = {  # place of DNSMOS's raw score, and the curve from it to people's
    "overall": (2, (-0.06766283, 1.11546468, 0.04602535)),
    "speech": (0, (-0.08397278, 1.22083953, 0.0052439)),
    "background": (1, (-0.13166888, 1.60915514, -0.39604546)),
}
JUDGES = {  # what they are made of; some systems have no such packages
    "pocketsphinx": ("pocketsphinx",),
    "dnsmos": ("onnxruntime", "speechmos"),
}
RATES = (1_000, 384_000)  # Hz; others are mistakes, and take long to convert
LONGEST = 600  # seconds of sound at once


class JudgeUnavailable(RuntimeError):  # noqa: N818  the name says it better
    """A judge's package is not here; the message says which."""


def available(judge: str) -> bool:
    """Tell whether a judge can be asked here; if not, print why in one line.

    There is no pocketsphinx for Linux on Arm with Python 3.12, and no onnxruntime,
    which DNSMOS needs, for macOS before 14.

    Args:
        judge: "pocketsphinx", which `recognise` asks, or "dnsmos", which
            `predicted_mos` asks.

    Raises:
        ValueError: for another name.

    Example:
        if available("pocketsphinx"):
            print(recognise(clip))
    """
    try:
        _require(judge)
    except JudgeUnavailable as error:
        print(error)
        return False
    return True


def _require(judge: str) -> None:
    """Import what a judge is made of, or say what is missing."""
    if judge not in list(JUDGES):  # a list compares where a dict would hash
        raise ValueError(f"judge wants one of {list(JUDGES)}, received {judge!r}")
    for package in JUDGES[judge]:
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise JudgeUnavailable(
                f"{judge} is left out: this system has no {package} ({error})."
            ) from error


@cache
def _decoder(grammar: str) -> Decoder:
    """Load a recogniser once a process."""
    _require("pocketsphinx")
    import pocketsphinx

    pocketsphinx.set_loglevel("FATAL")
    options = {"samprate": RATE, "loglevel": "FATAL"}
    if grammar == "free":
        return pocketsphinx.Decoder(**options)
    decoder = pocketsphinx.Decoder(lm=None, **options)
    plus = "+" if grammar == "digits" else ""
    rule = f"({' | '.join(WORDS)}){plus}"
    decoder.add_jsgf_string(
        "digits", f"#JSGF V1.0; grammar digits; public <digits> = {rule};"
    )
    decoder.activate_search("digits")
    return decoder


def recognise(
    waveform: np.ndarray, sample_rate: int = SAMPLE_RATE, grammar: str = "digit"
) -> str:
    """Return the words that pocketsphinx hears, "" if none.

    It was trained on 16 kHz speech; 8 kHz sound has nothing above 4 kHz and is
    recognised less well, single short words least of all. A quiet beginning and end is
    cut off first: with zeros to 1.024 s behind them, as `audio.prepare` puts them, 55
    of 100 recorded digits are missed, and without 26.

    Args:
        waveform: float (samples,), -1 to 1, not silent.
        sample_rate: in Hz; other rates than 16,000 are converted.
        grammar: "digit": one of zero … nine; "digits": one or more of them; "free":
            any English words.

    Returns:
        Words in lower case, parted by blanks.

    Raises:
        ValueError: for an unknown grammar, a rate outside 1,000 to 384,000 Hz, more
            than ten minutes, or as `check_waveform`.
        JudgeUnavailable: if pocketsphinx is not installed; see `available`.

    Source: Huggins-Daines et al. 2006, "Pocketsphinx".

    Example:
        recognise(*espeak.speak("seven")) -> "seven"
    """
    if grammar not in GRAMMARS:
        raise ValueError(f"grammar is {grammar!r}; wanted one of {GRAMMARS}")
    _check_duration(check_waveform(waveform, "recognise"), sample_rate, "recognise")
    sound = _at_16_khz(trim(waveform), sample_rate, "recognise")
    silence = np.random.default_rng(0).normal(0, 1e-4, int(MARGIN * RATE))
    # faint noise, as every room has it, instead of digital zeros
    samples = np.concatenate([silence, sound, silence])
    decoder = _decoder(grammar)
    decoder.reinit_feat()  # forget the noise of what it heard before,
    for _ in range(2):  # and learn this sound's before it counts
        decoder.start_utt()
        decoder.process_raw((samples * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
    found = decoder.hyp()
    return found.hypstr.strip().lower() if found else ""


def recognise_all(
    waveforms: Iterable[np.ndarray],
    sample_rate: int = SAMPLE_RATE,
    grammar: str = "digit",
) -> list[str]:
    """Return what `recognise` hears in each of several `waveforms`.

    Args:
        waveforms: float (samples,) each.
        sample_rate: in Hz, of all.
        grammar: as `recognise`.

    Raises:
        ValueError: as `recognise`, with the sound's number, or if there is none.
        JudgeUnavailable: as `recognise`.
    """
    sounds = check_each(waveforms, "recognise_all")
    return [recognise(sound, sample_rate, grammar) for sound in sounds]


def _at_16_khz(waveform: np.ndarray, sample_rate: int, where: str) -> np.ndarray:
    """Return a checked sound at one level and at 16 kHz."""
    sound = check_waveform(waveform, where)
    _check_duration(sound, sample_rate, where)
    return np.clip(resample(normalise(sound), sample_rate, RATE), -1, 1)


def _check_duration(waveform: np.ndarray, sample_rate: int, where: str) -> None:
    """Refuse rates that are none, and sounds that would keep a judge for hours."""
    low, high = RATES
    if (
        not isinstance(sample_rate, numbers.Real)
        or not low <= sample_rate <= high
        or sample_rate != int(sample_rate)
    ):
        raise ValueError(
            f"{where} wants an integer rate of {low:,} to {high:,} Hz, "
            f"received {sample_rate!r}"
        )
    if (seconds := len(waveform) / sample_rate) > LONGEST:
        raise ValueError(f"{where} wants {LONGEST} s at most, received {seconds:.0f} s")


@cache
def _mos_model() -> Callable[[np.ndarray], np.ndarray]:
    """Load the network that predicts scores: nine seconds to raw scores (3,).

    Only the network of these scores is loaded, and not librosa with the second one of
    `speechmos`. One thread and no arena: onnxruntime would keep 0.2 GB for good.
    """
    _require("dnsmos")
    import onnxruntime

    package = importlib.util.find_spec("speechmos")
    folder = Path(package.submodule_search_locations[0]) / "dnsmos_models"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    session = onnxruntime.InferenceSession(
        str(folder / "sig_bak_ovr.onnx"), options, ["CPUExecutionProvider"]
    )
    return lambda sound: session.run(None, {"input_1": sound[None]})[0][0]


def predicted_mos(
    waveform: np.ndarray, sample_rate: int = SAMPLE_RATE
) -> dict[str, float]:
    """Return DNSMOS's guess of the opinion scores, about 1 to 5; no person heard it.

    The network hears nine seconds; a shorter clip is repeated until it is as long, and
    of a longer one windows are heard, one second apart, and averaged.
    It was trained on noisy 16 kHz sentences, so 8 kHz words stand outside of what it
    knows: compare its numbers with each other, not with people's.

    Args:
        waveform: float (samples,), -1 to 1, not silent.
        sample_rate: in Hz; other rates than 16,000 are converted.

    Returns:
        overall, speech (how little it is distorted) and background (how little noise).

    Raises:
        ValueError: for a rate outside 1,000 to 384,000 Hz, more than ten minutes, or
            as `check_waveform`.
        JudgeUnavailable: if onnxruntime is not installed; see `available`.

    Source: Reddy, Gopal & Cutler 2022, "DNSMOS P.835".
    """
    sound = _at_16_khz(waveform, sample_rate, "predicted_mos")
    sound = np.resize(sound, max(len(sound), HEARD)).astype(np.float32)
    # Microsoft's script counts windows like this; its last one may end before the clip
    starts = range(0, int(len(sound) // RATE - 9.01) * RATE + 1, RATE)
    raw = [_mos_model()(sound[start : start + HEARD]) for start in starts]
    return {
        name: float(np.mean([np.polyval(curve, row[place]) for row in raw]))
        for name, (place, curve) in MOS_PARTS.items()
    }


def predicted_mos_all(
    waveforms: Iterable[np.ndarray], sample_rate: int = SAMPLE_RATE
) -> dict[str, np.ndarray]:
    """Return `predicted_mos` of several `waveforms`, float64 (n,) for each part.

    Args:
        waveforms: float (samples,) each, at least one.
        sample_rate: in Hz, of all.

    Raises:
        ValueError: as `predicted_mos`, with the sound's number, or if there is none.
        JudgeUnavailable: as `predicted_mos`.
    """
    sounds = check_each(waveforms, "predicted_mos_all")
    rows = [predicted_mos(sound, sample_rate) for sound in sounds]
    return {name: np.array([row[name] for row in rows]) for name in MOS_PARTS}
