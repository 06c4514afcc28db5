"""Draw music in four voices from a language model, by grammar and by rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from helpers.audio.scores import END, FIRST, HOLD, REST, START, Score, VoiceTokens
from helpers.audio.voice_leading import FIFTH, OCTAVE, SINGABLE, parallels


def write(
    logits: Callable[[np.ndarray], np.ndarray],
    tokens: VoiceTokens,
    count: int,
    **settings,
) -> list[Score]:
    """Draw pieces from any function that gives the next token's logits.

    Args:
        logits: from ids (B, T) to (B, V).
        tokens: what the ids mean.
        count: pieces B.
        settings: seed, temperature, top_p, rules and length, as `walk` says.

    Returns:
        The pieces.
    """
    for ids in walk(logits, tokens, count, **settings):  # noqa: B007 - the last is whole
        pass
    return [tokens.decode(row)[0] for row in ids]


def walk(
    logits: Callable[[np.ndarray], np.ndarray],
    tokens: VoiceTokens,
    count: int,
    seed: int = 0,
    temperature: float = 1.0,
    top_p: float = 0.95,
    rules: bool = True,
    length: int = 640,
) -> Iterator[np.ndarray]:
    """Yield what is written so far, after each token: for a program that can stop.

    Args:
        logits: from ids (B, T) to (B, V).
        tokens: what the ids mean.
        count: pieces B.
        seed: of the draws.
        temperature: above 0.
        top_p: above 0, up to 1.
        rules: whether to keep the rules of voice leading.
        length: tokens of a piece, at most.

    Yields:
        int ids (B, T), T from 1 on; `VoiceTokens.decode` makes a score of a row.
    """
    rng = np.random.default_rng(seed)
    ids = np.full((count, 1), START)
    voices = [_Hand(tokens) for _ in range(count)]
    yield ids
    while ids.shape[1] < length and not (ids == END).any(axis=1).all():
        scaled = logits(ids).astype(float) / temperature  # (B, V)
        chosen = np.full(count, END)
        for row, hand in enumerate(voices):
            if not (ids[row] == END).any():
                allowed = hand.allowed(rules)
                chosen[row] = _draw(scaled[row], allowed, top_p, rng)
                hand.take(int(chosen[row]))
        ids = np.concatenate([ids, chosen[:, None]], axis=1)
        yield ids


def _draw(logits: np.ndarray, allowed: np.ndarray, top_p: float, rng) -> int:
    """Draw one allowed token from the likeliest that reach top_p together."""
    p = np.exp(logits - logits[allowed].max()) * allowed
    order = np.argsort(-p, kind="stable")
    before = np.cumsum(p[order]) - p[order]
    p[order[before >= top_p * p.sum()]] = 0
    return int(rng.choice(len(p), p=p / p.sum()))


class _Hand:
    """What one piece has so far: the last chord, and the next one as far as it is."""

    def __init__(self, tokens: VoiceTokens):
        self.tokens, self.last, self.before, self.now = tokens, START, None, []

    def take(self, token: int) -> None:
        """Add a token."""
        self.last = token
        if token >= FIRST:
            kind = token - self.tokens.first[len(self.now)]
            held = self.before[len(self.now)] if kind == HOLD and self.before else 0
            self.now.append(held if kind == HOLD else int(self.tokens.pitch_of[token]))
        if len(self.now) == 4:
            self.before, self.now = self.now, []

    def allowed(self, rules: bool) -> np.ndarray:
        """Return bool (V,): the tokens that may come."""
        grammar = self.tokens.following(self.last)
        if self.before is None:  # nothing to hold yet
            grammar[self.tokens.first] = False
        if not rules:
            return grammar
        fit = grammar & self._keeps_rules(len(self.now))
        return fit if fit.any() else grammar

    def _keeps_rules(self, voice: int) -> np.ndarray:
        """Return bool (V,): tokens of a voice that break no rule with those above."""
        tokens, first = self.tokens, int(self.tokens.first[voice])
        pitch = tokens.pitch_of.copy()
        pitch[first + HOLD] = self.before[voice] if self.before else 0
        low, high = SINGABLE[voice]
        fit = (pitch >= low) & (pitch <= high) | (pitch == 0)
        fit[first + HOLD], fit[first + REST] = True, False
        if self.now and self.now[-1]:
            fit &= pitch <= self.now[-1]
        for above, sung in enumerate(self.now if self.before else []):
            old = np.array([self.before[above], self.before[voice]])
            new = np.stack([np.full_like(pitch, sung), pitch], axis=-1)
            fit &= sum(parallels(old, new, i) for i in (FIFTH, OCTAVE)) == 0
        return fit
