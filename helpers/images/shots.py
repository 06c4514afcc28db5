"""Find where a clip changes from one shot to the next: hard cuts and cross-fades."""

from __future__ import annotations

import numpy as np

FADE = 8  # frames of a cross-fade
WINDOW = 6  # frames on each side that a change is compared with
JUMP = 0.05  # least mean change of a hard cut, of the range of grey
RATIO = 3.0  # times the largest change nearby, for a hard cut
SLOW_JUMP = 0.15  # least change of a cross-fade, from its first frame to its last
FASTER = 1.5  # times what the frames around a fade would change in its time
BLEND = 0.25  # largest share of a change that a straight fade leaves unexplained


def changes(clip: np.ndarray) -> np.ndarray:
    """Return the mean absolute change of each frame from the one before; first 0."""
    found = np.abs(np.diff(clip.astype(float), axis=0)).mean(axis=(1, 2))
    return np.concatenate([[0.0], found])


def hard_cuts(clip: np.ndarray) -> list[int]:
    """Return the frames that begin a new shot at once.

    A frame does if it changes much, and several times more than any frame near it.

    Args:
        clip: float (frames, height, width), 0 to 1.
    """
    change, found = changes(clip), []
    for frame in range(1, len(clip)):
        near = [*change[max(1, frame - WINDOW) : frame]]
        near += [*change[frame + 1 : frame + 1 + WINDOW]]
        usual = max(near, default=0.0) if len(near) < 2 else sorted(near)[-2]
        if change[frame] > max(JUMP, RATIO * usual):
            found.append(frame)
    return found


def cross_fades(clip: np.ndarray, length: int = FADE) -> list[int]:
    """Return the middle frames of changes that look like cross-fades.

    Over `length` frames the image changes as much as at a cut, faster than in the
    frames before and after, and the frames between are nearly mixtures of the first
    and the last.

    Args:
        clip: float (frames, height, width), 0 to 1.
        length: frames that a fade is expected to have.
    """
    cuts, scores, span = hard_cuts(clip), np.zeros(len(clip)), length + 1
    calm = changes(clip)
    calm[cuts] = 0
    for start in range(len(clip) - span):
        stop = start + span
        if not any(start < cut <= stop for cut in cuts):
            around = [*calm[max(1, start - length) : start + 1]]
            around += [*calm[stop + 1 : stop + 1 + length]]
            usual = span * float(np.median([c for c in around if c] or [0]))
            total, left = _blend(clip[start : stop + 1])
            if total > max(SLOW_JUMP, FASTER * usual) and left < BLEND:
                scores[start + span // 2] = total
    found: list[int] = []
    for frame in np.argsort(-scores):
        if scores[frame] and all(abs(frame - other) > length for other in found):
            found.append(int(frame))
    return sorted(found)


def _blend(part: np.ndarray) -> tuple[float, float]:
    """Return how far the last frame is from the first, and what a fade leaves over."""
    weight = np.linspace(0, 1, len(part))[:, None, None]
    total = float(np.abs(part[-1] - part[0]).mean())
    straight = (1 - weight) * part[0] + weight * part[-1]
    left = float(np.abs(part - straight)[1:-1].mean())
    return total, left / max(1e-9, total)
