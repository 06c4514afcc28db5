"""How good is an alarm? Quiet backgrounds, planted events, delays, false alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from helpers.apps.market.alarms import detection_delays, false_alarms, onsets
from helpers.checks import require_count, require_numbers

Ring = Callable[[np.ndarray, float], np.ndarray]  # (z, threshold) -> alarms


class Event(NamedTuple):
    """What was planted: the row of its topic, its first and its last window."""

    topic: int
    first: int
    last: int


def shuffles(z: np.ndarray, copies: int = 200, seed: int = 0) -> np.ndarray:
    """Return copies of a quiet background, the windows of each topic shuffled.

    Args:
        z: z-scores (topics, windows).
        copies: How many, 1 or more.
        seed: Of the shuffling.
    """
    z = require_numbers(z, "shuffles' z")
    copies = require_count(copies, "shuffles' copies")
    return np.random.default_rng(seed).permuted(np.tile(z, (copies, 1, 1)), axis=-1)


def alarms_a_week(rings: np.ndarray, days: int = 5) -> float:
    """Return how often all topics together ring in a week; a run of alarms is one.

    Args:
        rings: Booleans (..., topics, windows).
        days: Windows in a week.
    """
    weeks = rings.size / rings.shape[-2] / days
    return float(onsets(rings).sum() / weeks)


def threshold_for(ring: Ring, quiet: np.ndarray, budget: float) -> float:
    """Return the lowest threshold (in tenths) that keeps to a budget of false alarms.

    Args:
        ring: Tells alarms from z-scores and a threshold.
        quiet: z-scores (..., topics, windows) in which nothing happened.
        budget: Alarms a week of five windows, all topics together.

    Raises:
        ValueError: If no threshold up to 20 keeps to it.
    """
    for bar in np.arange(0.5, 20, 0.1):
        if alarms_a_week(ring(quiet, float(bar))) <= budget:
            return float(bar)
    raise ValueError(f"threshold_for wants a budget it can meet, received {budget}")


def judge(
    rings: np.ndarray, events: Iterable[Event], within: int = 3, after: int = 2
) -> tuple[list[int | None], int]:
    """Return the delay of each event, None if it was missed, and the false alarms.

    Args:
        rings: Booleans (topics, windows).
        events: What really happened.
        within: Windows from an event's start in which it must be found.
        after: Windows behind an event in which an alarm is not false.
    """
    events = [Event(*event) for event in events]
    delays = [detection_delays(rings[e.topic], [e.first], within)[0] for e in events]
    false = 0
    for topic, row in enumerate(rings):
        spans = [(e.first, e.last) for e in events if e.topic == topic]
        false += false_alarms(row, spans, after)
    return delays, false


def planted_delays(
    ring: Ring,
    threshold: float,
    background: np.ndarray,
    size: float,
    lasts: int = 3,
    every: int = 3,
) -> np.ndarray:
    """Plant an event in each topic at many places, and see when it is found.

    Args:
        ring: Tells alarms from z-scores and a threshold.
        threshold: Of the alarms.
        background: z-scores (topics, windows) in which nothing happened.
        size: What an event adds to its windows' z-scores; it is planted both ways.
        lasts: Its windows.
        every: An event starts at each so-many-th window, from the sixth on.

    Returns:
        float64 (starts, topics, 2): windows until it is found, `lasts` if it is not.
    """
    background = require_numbers(background, "planted_delays' background")
    delays = []
    for start in range(5, background.shape[-1] - lasts + 1, every):
        series = np.stack([background, background], axis=1)  # (topics, 2, windows)
        series[..., start : start + lasts] += np.array([[size], [-size]])
        hits = ring(series, threshold)[..., start : start + lasts]
        delays.append(np.where(hits.any(axis=-1), hits.argmax(axis=-1), lasts))
    if not delays:
        shape = background.shape
        raise ValueError(f"planted_delays wants {lasts + 5} windows, received {shape}")
    return np.array(delays, float)
