"""A creative studio: music, copy, stories and clips behind one door.

Example:
    studio = Studio()
    piece = studio.compose(seed=1)
    studio.trailer(piece, "trailer.mp4")
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from helpers import audio, checkpoints, pretrained
from helpers.apps.studio import chorales, clips, copywriting, narration
from helpers.audio.scores import STEP, Score
from helpers.audio.synthesis import synthesise
from helpers.audio.voice_leading import faults
from helpers.sampling import TopP
from helpers.text.checking.claims import sentences

TEMPO = 84  # quarters a minute
CLASSES = 10  # of the clothes that the image models draw
NARRATOR = (
    "You are the narrator of a quiet adventure on an island. Tell the player in one "
    "short sentence what happens and what is there. Begin with You. Add nothing."
)


class Studio:
    """What lesson 24 builds, ready to use; models are loaded when first needed.

    Args:
        image_model: "image_gan" or "image_vae", for clips.
    """

    def __init__(self, image_model: str = "image_gan"):
        self.image_model = image_model

    @cached_property
    def writer(self) -> chorales.ChoraleWriter:
        """The writer of chorales."""
        return chorales.ChoraleWriter()

    @cached_property
    def chat(self):
        """SmolLM2, a `helpers.pretrained.ChatModel`."""
        return pretrained.load("smollm2")

    @cached_property
    def images(self):
        """The model that draws frames."""
        return checkpoints.load(self.image_model)

    def compose(self, seed: int = 0, drafts: int = 4) -> Score:
        """Write a few chorales; return the one with the fewest faults a chord.

        Args:
            seed: of the draws.
            drafts: how many are written, side by side.
        """
        pieces = self.writer.write(drafts, seed)
        return min(pieces, key=lambda p: (len(p) < 32, fault_rate(p)))

    def play(self, piece: Score, tempo: float = TEMPO) -> np.ndarray:
        """Return a piece as a waveform at 8,000 Hz, float32 (samples,)."""
        return synthesise(piece.notes(), tempo)

    def advertise(self, brief: copywriting.Brief, drafts: int = 4) -> copywriting.Copy:
        """Write copy that keeps every constraint of a brief.

        Args:
            brief: the brief.
            drafts: at most.
        """

        def ask(question: str, seed: int) -> str:
            return self.chat.chat(question, 96, TopP(0.9, seed=seed))

        return copywriting.write(ask, brief, drafts)

    def tell(self, sheet: str, seed: int = 0) -> str:
        """Put a sheet of facts into the model's words; `narration` checks them."""
        messages = [
            {"role": "system", "content": NARRATOR},
            {"role": "user", "content": sheet},
        ]
        return self.chat.chat(messages, 40, TopP(0.9, temperature=0.7, seed=seed))

    def adventure(self, seed: int = 0, turns: int = 30) -> list[dict]:
        """Play a random game; the same facts are told in the same words.

        Args:
            seed: of the player.
            turns: commands.
        """
        told: dict[str, str] = {}

        def ask(sheet: str) -> str:
            if sheet not in told:
                told[sheet] = first_sentence(self.tell(sheet))
            return told[sheet]

        return narration.random_game(seed, turns, ask)

    def shots(
        self, seed: int = 0, count: int = 6, frames: int = 30
    ) -> list[np.ndarray]:
        """Draw shots, each of another kind of clothes.

        Args:
            seed: of classes and paths.
            count: shots.
            frames: of each.
        """
        labels = np.random.default_rng(seed).permutation(CLASSES)[:count]
        return [
            clips.walk(self.images, int(label), frames, 100 * seed + number)
            for number, label in enumerate(labels)
        ]

    def trailer(
        self, piece: Score, path: str | Path, seed: int = 0, tempo: float = TEMPO
    ) -> tuple[np.ndarray, list[int]]:
        """Cut shots to a piece's phrases and bars, and save them with its sound.

        Args:
            piece: the music.
            path: an .mp4 file.
            seed: of the shots.
            tempo: quarters a minute.

        Returns:
            The clip, and the frames at which shots begin.
        """
        beats = cut_times(piece, tempo)
        clip, edges = clips.trailer(self.shots(seed), beats)
        with tempfile.TemporaryDirectory() as folder:
            sound = Path(folder) / "sound.wav"
            sound.write_bytes(audio.to_wav_bytes(self.play(piece, tempo)))
            clips.save_mp4(clips.enlarged(clip), path, sound)
        return clip, edges


def cut_times(piece: Score, tempo: float = TEMPO, apart: float = 1.0) -> list[float]:
    """Return the seconds at which bars begin, no two nearer than `apart`, and the end.

    Args:
        piece: the music.
        tempo: quarters a minute.
        apart: least seconds between two.
    """
    second = STEP * 60 / tempo  # of one step
    times = [0.0]
    for step in np.flatnonzero(piece.bars):
        if step * second - times[-1] >= apart:
            times.append(float(step * second))
    end = len(piece) * second
    return [t for t in times if t == 0 or end - t >= apart] + [end]


def first_sentence(text: str) -> str:
    """Return a text up to its first full stop, if there is one."""
    return sentences(" ".join(text.split()))[0]


def fault_rate(piece: Score) -> float:
    """Return a piece's faults of voice leading for each of its chords.

    Args:
        piece: the music.
    """
    found = faults(piece.pitches, piece.attacks)
    marks: Sequence[str] = ("fifths", "octaves", "crossings", "range")
    return sum(found[mark] for mark in marks) / max(1, found["chords"])
