"""Raise an alert when a topic's sentiment leaves its usual level."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from helpers.apps.market.alarms import cusum, onsets, z_alarms, z_scores
from helpers.checks import require_option

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Monitor:
    """Watch windows of several topics, each against its own quiet level.

    Args:
        method: "cusum", which adds small shifts up, or "z", one window at a time.
        allowance: k of the CUSUM; the z-score needs none.

    Attributes:
        level: Each topic's mean score in quiet times.
        spread: Each topic's standard deviation of one score.
        threshold: Chosen by `fit`.

    Example:
        monitor = Monitor().fit(history, scores, budget=0.5)
        print(monitor.alerts(today))
    """

    method: str = "cusum"
    allowance: float = 0.5
    level: dict[str, float] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)
    threshold: float = np.inf

    def __post_init__(self):
        require_option(self.method, ("cusum", "z"), "Monitor's method")

    def fit(
        self, history: pd.DataFrame, events: pd.DataFrame, budget: float
    ) -> Monitor:
        """Learn levels and the lowest threshold with few enough alarms.

        Args:
            history: Quiet windows, as `windows` returns them.
            events: The events of that time: topic and score.
            budget: How many alarms all topics together may raise in that time.
        """
        groups = events.groupby("topic")["score"]
        self.level = groups.mean().to_dict()
        self.spread = groups.std().to_dict()
        z = self.z(history)
        for threshold in np.arange(0.5, 20, 0.05):
            if self._alarms(z, threshold).sum() <= budget:
                self.threshold = float(threshold)
                return self
        raise ValueError(f"Monitor.fit wants a budget it can meet, received {budget}")

    def z(self, table: pd.DataFrame) -> np.ndarray:
        """Return z-scores (topics, windows), topics in alphabetical order.

        Args:
            table: As `windows` returns it.
        """
        wide = table.pivot(index="topic", columns="start", values=["mean", "count"])
        unknown = set(wide.index) - set(self.level)
        if unknown:
            raise ValueError(f"Monitor knows no level of {sorted(unknown)}")
        level = np.array([[self.level[topic]] for topic in wide.index])
        spread = np.array([[self.spread[topic]] for topic in wide.index])
        return z_scores(wide["mean"], wide["count"], level, spread)

    def alerts(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the alerts: start, topic, direction and z of the window.

        Args:
            table: As `windows` returns it, from a quiet start on.
        """
        import pandas as pd

        z = self.z(table)
        topics, starts = sorted(set(table["topic"])), sorted(set(table["start"]))
        rows = [
            {
                "start": starts[window],
                "topic": topics[topic],
                "direction": "up" if z[topic, window] > 0 else "down",
                "z": z[topic, window],
            }
            for topic, window in np.argwhere(self._alarms(z, self.threshold))
        ]
        found = pd.DataFrame(rows, columns=["start", "topic", "direction", "z"])
        return found.sort_values(["start", "topic"], ignore_index=True)

    def _alarms(self, z: np.ndarray, threshold: float) -> np.ndarray:
        """Return the first window of each run of alarms (topics, windows)."""
        if self.method == "z":
            return onsets(z_alarms(z, threshold))
        return onsets(cusum(z, threshold, self.allowance)[2])
