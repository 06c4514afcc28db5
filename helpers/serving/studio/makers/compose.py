"""Compose: a chorale in four voices, as MIDI, as sound and as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from helpers.serving.studio.makers import figures, models
from helpers.serving.studio.results import Made, Piece, Step
from helpers.serving.studio.settings import SEEDS, Field, UnfitError, checked

TAB = "compose"
FIELDS = (
    Field("bars", "whole", 6, 2, 16, 1),
    Field("drafts", "whole", 3, 1, 4, 1),
    Field("rules", "flag", True),
    Field("tempo", "whole", 84, 40, 160, 1),
    Field("temperature", "number", 1.0, 0.2, 1.5, 0.05),
    Field("top_p", "number", 0.95, 0.05, 1, 0.05),
    Field("seed", "whole", 1, 0, SEEDS - 1),
)
A_BAR = 4 * 8 + 2  # tokens of four quarters in four voices, and of its marks
OFTEN = 8  # tokens between two looks at whether to stop


def make(given: Mapping[str, object]) -> Iterator[Step | Made]:
    """Yield a step for every few notes, and at last the best of the drafts.

    Args:
        given: Settings, as `FIELDS` says.

    Raises:
        UnfitError: If a setting is refused, or no draft has a note.
    """
    settings = checked(TAB, FIELDS, given)
    yield Step("step.loading")
    writer, ids, length = models.composer(), None, 1 + A_BAR * settings["bars"]
    for ids in written(writer, settings, length):
        if ids.shape[1] % OFTEN == 0:
            yield Step("step.composing", ids.shape[1], length)
    pieces = [writer.tokens.decode(row)[0] for row in ids]
    pieces = [piece for piece in pieces if len(piece) and piece.notes()]
    if not pieces:
        raise UnfitError("refuse.silent")
    yield Step("step.playing")
    yield Made(TAB, settings, files(best(pieces), settings["tempo"]))


def written(
    writer, settings: Mapping[str, object], length: int
) -> Iterator[np.ndarray]:
    """Yield the drafts' ids so far after each token.

    Args:
        writer: A `ChoraleWriter`.
        settings: Checked.
        length: Tokens of a draft, at most.
    """
    names = ("seed", "temperature", "top_p", "rules")
    chosen = {name: settings[name] for name in names}
    walk = writer.walk(settings["drafts"], length=length, **chosen)
    while True:
        with models.LOCK:
            ids = next(walk, None)
        if ids is None:
            return
        yield ids


def best(pieces: list):
    """Return the piece with the fewest faults a chord; very short ones come last.

    Args:
        pieces: Scores, at least one.
    """
    from helpers.apps.studio.creative import fault_rate

    return min(pieces, key=lambda piece: (len(piece) < 16, fault_rate(piece)))


def files(piece, tempo: int) -> tuple[Piece, ...]:
    """Return a piece as sound, MIDI and picture.

    Args:
        piece: A score.
        tempo: Quarters a minute.
    """
    from helpers import audio
    from helpers.audio.scores import STEP, to_midi
    from helpers.audio.synthesis import synthesise

    values = {"quarters": len(piece) * STEP, "tempo": tempo}
    sound = audio.to_wav_bytes(synthesise(piece.notes(), tempo))
    roll = figures.piano_roll(piece, "")
    return (
        Piece("chorale.wav", "audio/wav", sound, "compose.made", values),
        Piece("chorale.mid", "audio/midi", to_midi(piece, tempo), "compose.midi"),
        Piece("chorale.png", "image/png", roll, "compose.shown", values),
    )
