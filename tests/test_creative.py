"""The studio: five lines make music, copy, a game and a trailer cut to the music."""

import numpy as np
import pytest

from helpers.apps.studio import clips, copywriting, creative
from helpers.audio.scores import Score
from helpers.audio.voice_leading import faults
from helpers.images import shots


class Parrot:
    """Answers what it is told to, in place of the chat model."""

    def chat(self, messages, max_new_tokens, sampler):
        asked = messages if isinstance(messages, str) else messages[-1]["content"]
        return "A dragon sells 99 kettles. " + asked.splitlines()[0]


@pytest.fixture(scope="module")
def studio():
    made = creative.Studio()
    made.chat = Parrot()
    return made


@pytest.fixture(scope="module")
def piece(studio):
    return studio.compose(seed=1, drafts=2)


def test_a_chorale_in_five_lines_keeps_the_rules(piece):
    found = faults(piece.pitches, piece.attacks)
    assert len(piece) >= 32 and found["range"] == 0
    assert found["fifths"] + found["octaves"] <= 2


def test_the_trailer_is_cut_on_bars(studio, piece, tmp_path):
    clip, edges = studio.trailer(piece.cut(0, 48), tmp_path / "trailer.mp4")
    beats = creative.cut_times(piece.cut(0, 48))
    assert shots.hard_cuts(clip) == edges
    for frame, beat in zip(edges, beats[1:], strict=False):
        assert abs(frame / clips.FRAMES - beat) <= 0.5 / clips.FRAMES + 1e-9
    assert (tmp_path / "trailer.mp4").stat().st_size > 5_000


def test_copy_and_stories_never_pass_on_what_is_wrong(studio):
    for brief in copywriting.briefs()[:3]:
        made = studio.advertise(brief, drafts=2)
        assert not copywriting.check(made.text, brief)
    rows = studio.adventure(seed=2, turns=20)
    told = [row for row in rows if row["faults"] is not None]
    assert told and all("dragon" not in row["text"] for row in rows)
    assert not any(row["broken"] or row["left"] for row in rows)


def test_cut_times_are_bars_apart_from_each_other():
    steps = 40
    bars = np.zeros(steps, bool)
    bars[[0, 8, 16, 24, 32]] = True
    score = Score(np.full((steps, 4), 60), np.ones((steps, 4), bool), bars, bars)
    second = 0.5 * 60 / creative.TEMPO
    assert creative.cut_times(score) == pytest.approx(
        [step * second for step in (0, 8, 16, 24, 32, 40)]
    )
    wide = creative.cut_times(score, apart=3.0)
    assert min(np.diff(wide)) >= 3.0 and wide[-1] == pytest.approx(40 * second)
    assert creative.first_sentence("You go. Then you stop.") == "You go."
