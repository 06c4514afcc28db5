"""Choose the best sequence of tags: forbidden moves, transition scores, Viterbi."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

NEVER = -1e4  # a score in nats that no sentence of logits makes up for


def allowed(before: str | None, tag: str) -> bool:
    """Tell whether IOB2 lets `tag` follow `before`, None at a sentence's start."""
    continues = before is not None and before != "O" and before[2:] == tag[2:]
    return tag[:2] != "I-" or continues


def transition_scores(
    sentences: Iterable[Sequence[str]], tags: Sequence[str], strength: float
) -> np.ndarray:
    """Count how much likelier a tag is after another than by itself.

    The network's own scores hold how likely each tag is by itself, so only the ratio
    is new: strength × log p(tag | tag before) / p(tag), with one added to each count.

    Args:
        sentences: IOB2 tags of the training sentences.
        tags: All K tags, in the network's order.
        strength: At least 0; 0 leaves only what IOB2 forbids.

    Returns:
        float32 (K + 1, K) in nats: row = tag before, the last row a sentence's start.

    Raises:
        ValueError: If a tag is not among `tags`, or the strength is negative.
    """
    if not 0 <= strength < np.inf:
        raise ValueError(
            f"`transition_scores` wants strength >= 0, received {strength}"
        )
    place = {tag: number for number, tag in enumerate(tags)}
    counts = np.ones((len(tags) + 1, len(tags)))
    for sentence in sentences:
        before = len(tags)
        for tag in sentence:
            if tag not in place:
                known = ", ".join(tags)
                raise ValueError(
                    f"`transition_scores` wants tags among {known}, received {tag!r}"
                )
            counts[before, place[tag]] += 1
            before = place[tag]
    given = counts / counts.sum(axis=1, keepdims=True)
    scores = strength * np.log(given / (counts.sum(axis=0) / counts.sum()))
    for row, before in enumerate([*tags, None]):
        for column, tag in enumerate(tags):
            if not allowed(before, tag):
                scores[row, column] = NEVER
    return scores.astype(np.float32)


def viterbi(log_probs: np.ndarray, transitions: np.ndarray) -> np.ndarray:
    """Find the path of tags with the highest sum of scores.

    Args:
        log_probs: float (T, K), nats; T may be 0.
        transitions: float (K + 1, K) as `transition_scores` returns it.

    Returns:
        int32 (T,), a tag for each token.

    Raises:
        ValueError: If the shapes do not fit or a score is not finite.

    Source: Forney 1973, "The Viterbi algorithm", section III.
    """
    log_probs, transitions = np.asarray(log_probs), np.asarray(transitions)
    count = transitions.shape[-1]
    if log_probs.ndim != 2 or transitions.shape != (log_probs.shape[1] + 1, count):
        raise ValueError(
            "`viterbi` wants scores (T, K) and transitions (K + 1, K), received "
            f"{log_probs.shape} and {transitions.shape}"
        )
    if not (np.isfinite(log_probs).all() and np.isfinite(transitions).all()):
        raise ValueError("`viterbi` wants finite scores, received NaN or infinity")
    if not len(log_probs):
        return np.zeros(0, np.int32)
    best = log_probs[0] + transitions[-1]  # (K,): the best path that ends in each tag
    came_from = np.zeros(log_probs.shape, np.int32)
    for step in range(1, len(log_probs)):
        paths = best[:, None] + transitions[:-1]  # (K before, K now)
        came_from[step] = paths.argmax(axis=0)
        best = paths.max(axis=0) + log_probs[step]
    path = np.zeros(len(log_probs), np.int32)
    path[-1] = best.argmax()
    for step in range(len(log_probs) - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path
