"""Notice that what people ask is no longer what a model was tested on."""

from __future__ import annotations

from collections import deque

import numpy as np

from helpers.checks import require_count, require_share

SMOOTH = 0.5  # added to every count: an empty box would make the index infinite


def stability_index(reference: np.ndarray, now: np.ndarray) -> float:
    """Return the population stability index of two counts over the same boxes.

    It is the sum of (p - q) ln(p / q), the Kullback–Leibler divergences of both
    directions added; 0 for equal shares.

    Args:
        reference: int (boxes,), counts, at least 0.
        now: int (boxes,), counts.

    Raises:
        ValueError: If the shapes differ or a count is negative.
    """
    reference, now = np.asarray(reference, float), np.asarray(now, float)
    if reference.shape != now.shape or reference.ndim != 1 or not len(now):
        raise ValueError(
            "`stability_index` wants counts over the same boxes, received "
            f"{reference.shape} and {now.shape}"
        )
    if min(reference.min(), now.min()) < 0:
        raise ValueError("`stability_index` wants counts of at least 0")
    p = (reference + SMOOTH) / (reference + SMOOTH).sum()
    q = (now + SMOOTH) / (now + SMOOTH).sum()
    return float(np.sum((p - q) * np.log(p / q)))


class DriftMonitor:
    """Compare a sliding window of predictions with those on the validation texts.

    Two numbers are watched: which classes are predicted, by the stability index, and
    how sure the model is, by the mean of its largest probability. What is normal is
    measured: windows of the same length are drawn from the reference, and an alarm
    is raised beyond the quantile that leaves `alarms` of them out.

    Args:
        reference: float (n, classes), probabilities on texts from before.
        window: Predictions in a window, at least 10.
        alarms: Share of windows without drift that raise an alarm; it is split between
            the two numbers.
        draws: Windows drawn to learn what is normal.
        seed: Of the draws.

    Raises:
        ValueError: If the reference has fewer rows than the window, or another number
            is out of range.
    """

    def __init__(
        self,
        reference: np.ndarray,
        window: int = 100,
        alarms: float = 0.01,
        draws: int = 2_000,
        seed: int = 0,
    ):
        reference = np.asarray(reference, float)
        require_count(window, "`DriftMonitor`, of window,", least=10)
        require_share(alarms, "`DriftMonitor`, of alarms,")
        if reference.ndim != 2 or len(reference) < window:
            raise ValueError(
                f"`DriftMonitor` wants probabilities (n, classes), n ≥ {window}, "
                f"received {reference.shape}"
            )
        self.classes = reference.shape[1]
        self.guesses, self.sure = reference.argmax(axis=1), reference.max(axis=1)
        self.counts = np.bincount(self.guesses, minlength=self.classes)
        self.recent: deque[tuple[int, float]] = deque(maxlen=window)
        rng = np.random.default_rng(seed)
        rows = rng.integers(len(reference), size=(draws, window))
        normal = np.array([self._measure(self.guesses[r], self.sure[r]) for r in rows])
        self.most_index = float(np.quantile(normal[:, 0], 1 - alarms / 2))
        self.least_sure = float(np.quantile(normal[:, 1], alarms / 2))

    def _measure(self, guesses, sure) -> tuple[float, float]:
        counts = np.bincount(guesses, minlength=self.classes)
        return stability_index(self.counts, counts), float(np.mean(sure))

    def add(self, probabilities: np.ndarray) -> dict | None:
        """Take one prediction in; return the window's numbers once it is full.

        Args:
            probabilities: float (classes,).

        Returns:
            index, sure, and alarm: "classes", "confidence", both, or "".

        Raises:
            ValueError: For another number of classes.
        """
        probabilities = np.asarray(probabilities, float)
        if probabilities.shape != (self.classes,):
            raise ValueError(
                f"`add` wants ({self.classes},), received {probabilities.shape}"
            )
        self.recent.append((int(probabilities.argmax()), float(probabilities.max())))
        if len(self.recent) < self.recent.maxlen:
            return None
        guesses, sure = map(np.array, zip(*self.recent, strict=True))
        index, mean = self._measure(guesses, sure)
        said = ["classes"] if index > self.most_index else []
        said += ["confidence"] if mean < self.least_sure else []
        return {"index": index, "sure": mean, "alarm": " and ".join(said)}
