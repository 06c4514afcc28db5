"""Clips: planted cuts are found, fades reported, trailers cut on beats."""

import wave

import numpy as np
import pytest

from helpers import audio
from helpers.apps.studio import clips
from helpers.images import shots


class Painter:
    """Smooth images of a code: a sum of waves, another kind for each class."""

    latent_dim, components = 6, 3

    def __init__(self):
        rng = np.random.default_rng(0)
        self.waves = rng.uniform(-0.4, 0.4, (10, self.latent_dim, 2))
        self.level = rng.uniform(-0.8, 0.8, 10)

    def codes(self, noise, labels, component=0):
        self.last = component
        return noise

    def decode(self, codes, labels):
        y, x = np.mgrid[:28, :28]
        made = []
        for code, label in zip(codes, labels, strict=True):
            waves = self.waves[label]
            phases = waves[:, 0, None, None] * x + waves[:, 1, None, None] * y
            made.append(
                np.tanh(np.tensordot(code, np.sin(phases), 1) + self.level[label])
            )
        return np.array(made)[..., None]


PAINTER = Painter()


def planted(seed, fades=0.0):
    return clips.planted(PAINTER, seed, fades)


def test_planted_hard_cuts_are_found_and_no_others():
    for seed in range(30):
        clip, cuts, _ = planted(seed)
        assert shots.hard_cuts(clip) == cuts


def test_fades_are_reported_and_are_no_hard_cuts():
    found = wanted = extra = 0
    for seed in range(30):
        clip, cuts, middles = planted(seed, fades=0.4)
        assert shots.hard_cuts(clip) == cuts
        reported = shots.cross_fades(clip)
        found += sum(any(abs(m - r) <= 4 for r in reported) for m in middles)
        extra += sum(all(abs(m - r) > 4 for m in middles) for r in reported)
        wanted += len(middles)
    assert wanted > 40
    assert found / wanted > 0.8 and extra <= 0.1 * wanted


def test_still_and_slow_clips_have_no_cuts():
    slow = clips.walk(PAINTER, 3, 60, 1, stride=0.02)
    assert shots.hard_cuts(slow) == [] == shots.cross_fades(slow)
    assert shots.hard_cuts(np.zeros((20, 28, 28))) == []


def test_a_walk_is_smooth_and_its_codes_stay_normal():
    shot = clips.walk(PAINTER, 2, 20, 5)
    assert shot.shape == (20, 28, 28) and 0 <= shot.min() < shot.max() <= 1
    assert shots.changes(shot).max() < 0.1


def test_a_cut_between_like_shots_is_found_and_a_flicker_is_none():
    for change, wanted in ((0.066, [10]), (0.04, [])):
        clip = np.zeros((20, 28, 28))
        clip[10:] = change
        assert shots.hard_cuts(clip) == wanted


def test_walks_go_through_every_kind_of_a_class():
    seen = set()
    for seed in range(12):
        clips.walk(PAINTER, 2, 2, seed)
        seen.add(PAINTER.last)
    assert seen == {0, 1, 2}


def test_shots_lie_between_the_cuts():
    clip, cuts, _ = planted(4)
    parts = clips.shots_between(clip)
    assert [len(part) for part in parts] == np.diff([0, *cuts, len(clip)]).tolist()


def test_a_trailer_changes_shot_on_the_beats():
    clip, _, _ = planted(5)
    beats = [0, 1.5, 3.0, 3.75, 6.0]
    made, edges = clips.trailer(clips.shots_between(clip), beats)
    assert len(made) == 72 and edges == [18, 36, 45]
    assert shots.hard_cuts(made) == edges
    for bad in ([0], [0.5, 1], [0, 1, 1]):
        with pytest.raises(ValueError, match="beats from 0"):
            clips.trailer([clip], bad)
    with pytest.raises(ValueError, match="wants shots"):
        clips.trailer([], beats)


def test_files_come_back(tmp_path):
    import imageio.v3 as iio

    clip = clips.enlarged(planted(6)[0][:24], 4)
    assert clip.shape == (24, 112, 112) and clip.dtype == np.uint8
    clips.save_gif(clip, tmp_path / "clip.gif")
    back = iio.imread(tmp_path / "clip.gif")
    assert back.shape[1:3] == (112, 112) and 20 <= len(back) <= 24
    sound = np.sin(np.arange(16_000) / 5).astype(np.float32) * 0.5
    (tmp_path / "sound.wav").write_bytes(audio.to_wav_bytes(sound))
    with wave.open(str(tmp_path / "sound.wav")) as file:
        assert file.getnframes() == 16_000
    clips.save_mp4(clip, tmp_path / "clip.mp4", tmp_path / "sound.wav")
    frames = iio.imread(tmp_path / "clip.mp4", plugin="FFMPEG")
    assert abs(len(frames) - 24) <= 1
    assert np.abs(frames[5, ..., 0].astype(float) - clip[5]).mean() < 12
