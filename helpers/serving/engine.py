"""What a server needs of a model, and how it draws a token from the model's logits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


class Engine(Protocol):
    """A model as the server sees it; tests put a stand-in behind it.

    Attributes:
        name: What clients call the model.
        slots: Number of texts that it continues side by side.
        window: Most tokens of prompt and answer together.
        end_id: The token that ends an answer, or None.
    """

    name: str
    slots: int
    window: int
    end_id: int | None

    def encode(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Turn a conversation into the ids that ask for the next message."""

    def decode(self, ids: Sequence[int]) -> str:
        """Turn the ids of an answer into text."""

    def begin(self, slot: int, ids: Sequence[int]) -> None:
        """Read a prompt into a slot, all but its last token."""

    def step(self, tokens: Mapping[int, int]) -> Mapping[int, np.ndarray]:
        """Feed one token to each named slot; return the next token's logits (V,)."""


@dataclass(eq=False)
class Job:
    """One answer that is being written.

    Args:
        ids: The prompt's token ids, at least one.
        max_tokens: The answer's most tokens.
        temperature: 0 takes the most probable token, 1 draws as the model says.
        top_p: Share of probability, above 0 up to 1, whose tokens may be drawn.
        seed: Of the draws; they do not depend on who shares the batch.
        seconds: Time from now after which the answer is cut off.
    """

    ids: list[int]
    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    seconds: float = 30.0
    written: int = 0
    finish: str = ""  # stop, length, time, error; "" while it is open
    cancelled: bool = False
    queue: asyncio.Queue = field(default_factory=asyncio.Queue)

    def __post_init__(self):
        self.last = self.ids[-1]
        self.draws = np.random.default_rng(self.seed)
        self.deadline = time.monotonic() + self.seconds


def choose(
    logits: np.ndarray, temperature: float, top_p: float, draws: np.random.Generator
) -> int:
    """Draw one token.

    Args:
        logits: float (V,), -inf for what must not come.
        temperature: At least 0; 0 takes the largest logit.
        top_p: Above 0, up to 1; as in `helpers.sampling.TopP`.
        draws: Source of chance.

    Raises:
        ValueError: If the logits are no distribution, such as NaN.
    """
    logits = np.asarray(logits, np.float64)
    highest = logits.max()
    if not np.isfinite(highest):
        raise ValueError(f"`choose` wants a finite largest logit, received {highest}")
    if temperature == 0:
        return int(logits.argmax())
    shares = np.exp((logits - highest) / max(temperature, 1e-6))
    shares /= shares.sum()
    if top_p < 1:
        order = np.argsort(-shares, kind="stable")
        before = np.cumsum(shares[order]) - shares[order]
        shares[order[before >= top_p]] = 0  # the first one has nothing before it
        shares /= shares.sum()
    return int(draws.choice(len(shares), p=shares))
