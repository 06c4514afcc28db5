"""Short clips: shots by a walk through a model's codes, cuts found, a trailer made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.images.shots import FADE, cross_fades, hard_cuts

FRAMES = 12  # a second


def walk(model, label: int, frames: int, seed: int, stride: float = 0.03) -> np.ndarray:
    """Return a shot: one class of images along a smooth path of codes.

    The path goes round a circle through two random codes, so that every code on it is
    as likely as the first.

    Args:
        model: an `ImageSampler`: the shipped GAN or VAE.
        label: the class.
        frames: how many.
        seed: of the path.
        stride: radians from frame to frame.

    Returns:
        float32 (frames, 28, 28), 0 is black and 1 is white.
    """
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(2, model.latent_dim))
    angle = stride * np.arange(frames)[:, None]
    noise, labels = np.cos(angle) * one + np.sin(angle) * other, np.full(frames, label)
    codes = model.codes(noise, labels, int(rng.integers(model.components)))
    return (model.decode(codes, labels)[..., 0] + 1) / 2


def join(
    shots: Sequence[np.ndarray], fades: Sequence[bool], length: int = FADE
) -> tuple[np.ndarray, list[int], list[int]]:
    """Put shots one after another, by hard cuts or by cross-fades.

    Args:
        shots: float (frames, height, width) each, longer than two fades.
        fades: for each change of shot, whether it is a cross-fade.
        length: frames of a cross-fade, in which both shots are seen.

    Returns:
        The clip; the first frames after hard cuts; the middle frames of the fades.
    """
    clip, cuts, middles = shots[0], [], []
    weight = (np.arange(1, length + 1) / (length + 1))[:, None, None]
    for shot, fade in zip(shots[1:], fades, strict=True):
        if fade:
            mixed = (1 - weight) * clip[-length:] + weight * shot[:length]
            middles.append(len(clip) - length // 2)
            clip = np.concatenate([clip[:-length], mixed, shot[length:]])
        else:
            cuts.append(len(clip))
            clip = np.concatenate([clip, shot])
    return clip, cuts, middles


def planted(
    model, seed: int, fades: float = 0.4
) -> tuple[np.ndarray, list[int], list[int]]:
    """Return a clip of six shots, with the places of its cuts and fades, as `join`.

    Args:
        model: as in `walk`, of ten classes.
        seed: of classes, lengths, paths and kinds of change.
        fades: share of the changes that are cross-fades.
    """
    rng = np.random.default_rng(seed)
    made = []
    for place, label in enumerate(rng.permutation(10)[:6]):
        frames = int(rng.integers(18, 30))
        made.append(walk(model, int(label), frames, 1_000 + 10 * seed + place))
    return join(made, rng.random(5) < fades)


def shots_between(clip: np.ndarray, least: int = 4) -> list[np.ndarray]:
    """Return the shots of a clip: what lies between its cuts and fades.

    Args:
        clip: float (frames, height, width).
        least: frames; shorter pieces are left out.
    """
    edges = [(cut, cut) for cut in hard_cuts(clip)]
    half = FADE // 2 + 1
    edges += [(middle - half, middle + half) for middle in cross_fades(clip)]
    edges, start, found = sorted(edges), 0, []
    for before, after in [*edges, (len(clip), len(clip))]:
        if before - start >= least:
            found.append(clip[start:before])
        start = max(start, after)
    return found


def trailer(
    shots: Sequence[np.ndarray], beats: Sequence[float], frames: int = FRAMES
) -> tuple[np.ndarray, list[int]]:
    """Cut shots to music: each lasts from one beat to the next.

    A shot that is too short is played to and fro.

    Args:
        shots: float (frames, height, width) each; they take turns.
        beats: seconds at which shots begin, rising from 0, and the end at last.
        frames: in a second.

    Returns:
        The clip, and the frames at which shots begin, the first left out.

    Raises:
        ValueError: for no shot, or beats that do not rise from 0 by a frame or more.
    """
    edges = [round(beat * frames) for beat in beats]
    if not len(shots) or len(edges) < 2 or edges[0] or min(np.diff(edges)) < 1:
        raise ValueError(f"`trailer` wants shots and beats from 0, received {beats}")
    parts = []
    for number, count in enumerate(np.diff(edges)):
        shot = shots[number % len(shots)]
        to_and_fro = np.concatenate([shot, shot[-2:0:-1]]) if len(shot) > 2 else shot
        parts.append(to_and_fro[np.arange(count) % len(to_and_fro)])
    return np.concatenate(parts), edges[1:-1]


def enlarged(clip: np.ndarray, times: int = 6) -> np.ndarray:
    """Return uint8 (frames, height, width) with each pixel drawn as a square.

    Args:
        clip: float (frames, height, width), 0 to 1.
        times: pixels along a square's side.
    """
    grey = np.rint(np.clip(clip, 0, 1) * 255).astype(np.uint8)
    return grey.repeat(times, axis=1).repeat(times, axis=2)


def save_gif(clip: np.ndarray, path: str | Path, frames: int = FRAMES) -> None:
    """Write a GIF that repeats; it has no sound.

    Args:
        clip: uint8 (frames, height, width).
        path: the file.
        frames: in a second.
    """
    import imageio.v3 as iio

    iio.imwrite(path, clip, extension=".gif", duration=round(1000 / frames), loop=0)


def save_mp4(
    clip: np.ndarray,
    path: str | Path,
    sound: str | Path | None = None,
    frames: int = FRAMES,
) -> None:
    """Write an MP4 (H.264), with a sound file's sound if one is given.

    Args:
        clip: uint8 (frames, height, width), height and width even.
        path: the file.
        sound: a WAV file.
        frames: in a second.
    """  # fmt: skip
    from imageio_ffmpeg import write_frames

    options = {"audio_path": str(sound), "audio_codec": "aac"} if sound else {}
    options |= {"output_params": ["-b:a", "32k"]} if sound else {}
    height, width = clip.shape[1:]
    writer = write_frames(
        str(path), (width, height), pix_fmt_in="gray", fps=frames, quality=6,
        macro_block_size=2, ffmpeg_log_level="quiet", **options,
    )  # fmt: skip
    writer.send(None)
    for frame in clip:
        writer.send(np.ascontiguousarray(frame))
    writer.close()
