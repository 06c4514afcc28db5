"""The course's judge of spoken digits: which digit, which voice, alike or not.

It is the shipped checkpoint `speech_judge`, a `Listener` trained on recordings of six
people and six voices of espeak-ng; `checkpoints.card("speech_judge")` says how good
it is. No generator of the course has seen it, and it has seen no generator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from helpers import audio, checkpoints
from helpers.checks import require_numbers
from helpers.metrics.audio import equal_error_rate

if TYPE_CHECKING:
    from helpers.models.listener import Listener

BATCH = 100


class SpeechJudge:
    """Hear clips of one spoken digit at 8 kHz.

    Args:
        listener: a trained `Listener`.
        speakers: the names of the voices it knows.

    Example:
        judge = SpeechJudge.load()
        judge.score(waveforms, labels)["accuracy"]
    """

    def __init__(self, listener: Listener, speakers: Sequence[str]):
        self.listener, self.speakers = listener, tuple(speakers)

    @classmethod
    def load(cls, where: str | Path | None = None) -> SpeechJudge:
        """Load the shipped judge, or the one in the folder `where`.

        Raises:
            ValueError: if there is none, or a file is damaged.
        """
        card = checkpoints.card("speech_judge", where)
        return cls(checkpoints.load("speech_judge", where), card["speakers"])

    def hear(
        self, waveforms: Iterable[np.ndarray], sample_rate: int = audio.SAMPLE_RATE
    ) -> dict[str, np.ndarray]:
        """Return all that the network says about clips.

        Each is brought to one level and to 1.024 s, so loudness does not matter.

        Args:
            waveforms: float (samples,) each, -1 to 1, or an array (n, samples).
            sample_rate: must be 8,000 Hz.

        Returns:
            word_logits (n, 10), speaker_logits (n, S), and unit vectors word and
            speaker (n, D), float32.

        Raises:
            ValueError: for another rate, no clips, stereo, silence, NaN …, with the
                clip's number.
        """
        prepared = audio.prepare(waveforms, sample_rate)
        return self.hear_spectrograms(audio.log_mel(prepared))

    def hear_spectrograms(self, decibels: np.ndarray) -> dict[str, np.ndarray]:
        """Return what `hear` does, of log-mel spectrograms.

        Args:
            decibels: (n, 64, 64) in dB, of clips as `audio.prepare` makes them.

        Raises:
            ValueError: for another shape or values that are not finite.
        """
        array = np.asarray(decibels, np.float32)
        if (
            array.shape[1:] != (64, 64)
            or not len(array)
            or not np.isfinite(array).all()
        ):
            raise ValueError(
                f"wanted finite spectrograms (n, 64, 64), received {array.shape}"
            )
        scaled = audio.scale_log_mel(array)
        parts = [
            self.listener(scaled[i : i + BATCH]) for i in range(0, len(scaled), BATCH)
        ]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def classify(
        self, waveforms: Iterable[np.ndarray], sample_rate: int = audio.SAMPLE_RATE
    ) -> np.ndarray:
        """Return the probabilities of the ten digits, float32 (n, 10).

        Takes `waveforms` and `sample_rate`, and raises, as `hear`.
        """
        return softmax(self.hear(waveforms, sample_rate)["word_logits"], axis=1)

    def score(
        self,
        waveforms: Iterable[np.ndarray],
        labels: Sequence[int],
        sample_rate: int = audio.SAMPLE_RATE,
    ) -> dict:
        """Score clips against the digits they should be.

        Args:
            waveforms: as `hear`.
            labels: wanted digits 0 to 9, one a clip.
            sample_rate: must be 8,000 Hz.

        Returns:
            accuracy; confidence, the mean probability of the wanted digit; coverage,
            how many digits are recognised at least once where they were wanted;
            class_accuracy, a dict by digit; predicted, int64 (n,).

        Raises:
            ValueError: as `hear`, or for labels that are no digits or too few.
        """
        wanted = np.asarray(labels)
        probabilities = self.classify(waveforms, sample_rate)
        whole = wanted.dtype.kind in "iu" and wanted.shape == (len(probabilities),)
        if not whole or wanted.min() < 0 or wanted.max() > 9:
            raise ValueError(
                f"wanted {len(probabilities)} labels from 0 to 9, received "
                f"{wanted.dtype} {wanted.shape}"
            )
        predicted = probabilities.argmax(axis=1)
        hit = predicted == wanted
        return {
            "accuracy": float(hit.mean()),
            "confidence": float(probabilities[np.arange(len(wanted)), wanted].mean()),
            "coverage": len(np.unique(wanted[hit])),
            "class_accuracy": {
                int(digit): float(hit[wanted == digit].mean())
                for digit in np.unique(wanted)
            },
            "predicted": predicted,
        }

    def matching(
        self,
        waveforms: Iterable[np.ndarray],
        names: Sequence,
        of: str = "speaker",
        sample_rate: int = audio.SAMPLE_RATE,
    ) -> dict:
        """Tell like pairs from unlike among all pairs of clips.

        Args:
            waveforms: as `hear`, two or more.
            names: each clip's speaker, or its digit.
            of: "speaker" or "word".
            sample_rate: must be 8,000 Hz.

        Returns:
            equal_error_rate, 0.5 is guessing; threshold; cosines and same, (pairs,).

        Raises:
            ValueError: as `hear`, for another `of`, if the numbers differ, or if all
                pairs are alike or none is.
        """
        if of not in ("speaker", "word"):
            raise ValueError(f"of is {of!r}; wanted 'speaker' or 'word'")
        return match_pairs(self.hear(waveforms, sample_rate)[of], names)


def match_pairs(vectors: np.ndarray, names: Sequence) -> dict:
    """Tell like pairs from unlike among all pairs of clips, by their cosines.

    Args:
        vectors: float (n, D) of length 1, n ≥ 2, as `SpeechJudge.hear` gives.
        names: each clip's speaker, or its digit.

    Returns:
        As `SpeechJudge.matching`.

    Raises:
        ValueError: if the numbers differ, all pairs are alike or none is.
    """
    vectors = require_numbers(vectors, "match_pairs, vectors,")
    if vectors.ndim != 2 or len(names) != len(vectors) or len(vectors) < 2:
        raise ValueError(
            f"match_pairs wants vectors (n, D) of n >= 2 clips and n names, received "
            f"{vectors.shape} and {len(names)} names"
        )
    # numbered by Python's equality: NumPy would turn 1 and "1" into one name
    number = {name: place for place, name in enumerate(dict.fromkeys(names))}
    numbers = np.array([number[name] for name in names])
    first, second = np.triu_indices(len(numbers), 1)
    cosines = (vectors @ vectors.T)[first, second]
    same = numbers[first] == numbers[second]
    rate, threshold = equal_error_rate(cosines, same)
    return {
        "equal_error_rate": rate,
        "threshold": threshold,
        "cosines": cosines,
        "same": same,
    }
