"""Bach's chorales for a language model: parts without shared tunes, and a writer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from helpers import checkpoints, course, datasets, splits
from helpers.audio import voice_leading
from helpers.audio.scores import Score, VoiceTokens
from helpers.metrics.intervals import Interval, bootstrap_interval
from helpers.models.text.voices import walk, write

LONGEST = 640  # tokens of a piece
SHINGLE = 7  # steps of a tune that two chorales may share by chance
SAME_TUNE = 0.25  # share of the shorter tune's shingles


def scores(names: bool = False) -> list[Score] | tuple[list[Score], list[str]]:
    """Return all chorales that the installed package music21 carries.

    Args:
        names: whether to return their names beside them, such as "bwv269".
    """
    arrays = datasets.load("bach_chorales").arrays
    keys = ("pitches", "attacks", "bars", "fermatas")
    bounds = zip(arrays["first"][:-1], arrays["first"][1:], strict=True)
    found = [Score(*(arrays[key][a:b] for key in keys)) for a, b in bounds]
    return (found, arrays["names"].tolist()) if names else found


def tune(score: Score) -> tuple[int, ...]:
    """Return the melody as intervals from note to note, the same in every key."""
    notes = score.pitches[score.attacks[:, 0] & (score.pitches[:, 0] > 0), 0]
    return tuple(np.diff(notes).tolist())


def same_tunes(pieces: Sequence[Score]) -> list[set[int]]:
    """Return sets of pieces whose melodies share a quarter of the shorter one or more.

    Bach set many tunes several times. A split by piece would put one setting into
    training and another into the test.

    Args:
        pieces: scores.

    Returns:
        Sets of indices, as `helpers.splits.split` takes them as groups.
    """
    shingles = []
    for piece in pieces:
        line = tune(piece)
        runs = (line[i : i + SHINGLE] for i in range(len(line) - SHINGLE + 1))
        shingles.append(set(runs) or {line})
    groups = []
    for one, mine in enumerate(shingles):
        for other in range(one):
            shared = len(mine & shingles[other])
            if shared >= SAME_TUNE * min(len(mine), len(shingles[other])):
                groups.append({one, other})
    return groups


def parts(pieces: Sequence[Score], seed: int = 0) -> dict[str, list[Score]]:
    """Split pieces by tune into train, validation and test: 80, 10 and 10 %.

    Args:
        pieces: scores.
        seed: of the split.
    """
    groups = [{i} for i in range(len(pieces))] + same_tunes(pieces)
    found = splits.split(len(pieces), seed=seed, groups=groups)
    names = ("train", "validation", "test")
    return {n: [pieces[i] for i in f] for n, f in zip(names, found, strict=True)}


def in_all_keys(pieces: Sequence[Score], reach: int = 6) -> list[np.ndarray]:
    """Return the ids of each piece in every key that its voices can sing.

    Args:
        pieces: scores.
        reach: semitones up and down, at most.
    """
    tokens = VoiceTokens()
    moved = [p.transposed(k) for p in pieces for k in range(-reach, reach + 1)]
    return [tokens.encode(piece) for piece in moved if tokens.fits(piece)]


class ChoraleWriter:
    """Write chorales, token by token, with any model of `VoiceTokens`.

    The grammar of tokens is kept by construction: one voice after another. The rules
    of voice leading are kept where `rules` says so: a token that would make parallel
    fifths or octaves, a crossing, or a note outside a voice's range gets the
    probability 0, as long as another one is left.

    Args:
        model: a `helpers.models.text.gpt.GPT`; the shipped one if None.
    """

    def __init__(self, model=None):
        self.model = model or checkpoints.load("chorale_gpt")
        self.tokens = VoiceTokens()
        self._step = None

    def write(
        self,
        count: int = 4,
        seed: int = 0,
        temperature: float = 1.0,
        top_p: float = 0.95,
        rules: bool = True,
        length: int = LONGEST,
    ) -> list[Score]:
        """Write new pieces.

        Args:
            count: how many, side by side.
            seed: of the draws.
            temperature: below 1 sharpens.
            top_p: draw from the likeliest tokens that have this probability together.
            rules: whether to keep the rules of voice leading.
            length: tokens of a piece, at most. Beyond its window, the model sees the
                last half window or more.

        Returns:
            Scores, in order; those that did not end by then are cut there.
        """
        settings = {"temperature": temperature, "top_p": top_p, "rules": rules}
        settings |= {"seed": seed, "length": length}
        return write(self._logits(count), self.tokens, count, **settings)

    def walk(self, count: int = 4, **settings) -> Iterator[np.ndarray]:
        """Yield the ids (count, T) so far after each token, to show or to stop it.

        Args:
            count: how many, side by side.
            settings: as in `write`, with its defaults.
        """
        settings = {"length": LONGEST} | settings
        return walk(self._logits(count), self.tokens, count, **settings)

    def _logits(self, count: int) -> Callable[[np.ndarray], np.ndarray]:
        """Return a function from ids (B, T) to the next logits (B, V), with a cache."""
        import tensorflow as tf

        if self._step is None:
            worth_it = course.profile() != "smoke"  # there compiling takes longer
            self._step = tf.function(
                self.model.call_with_cache, autograph=False, jit_compile=worth_it
            )
        window = self.model.max_sequence_length
        cache = self.model.initial_cache(count)
        first = 0  # place of the first token that the cache knows

        def following(ids: np.ndarray) -> np.ndarray:
            nonlocal cache, first
            new = ids[:, -1:]
            if ids.shape[1] - first > window:  # go on from the last half window
                first = ids.shape[1] - window // 2
                new = ids[:, first:]
            place = tf.constant(ids.shape[1] - first - new.shape[1])
            logits, cache = self._step(tf.constant(new, tf.int32), cache, place)
            return logits[:, -1].numpy()

        return following


def rates_with_intervals(
    pieces: Iterable[tuple[np.ndarray, np.ndarray]],
) -> dict[str, Interval]:
    """Return the faults for every 100 chords with bootstrap intervals over pieces.

    Args:
        pieces: (pitches, attacks) of each, as `faults` takes them; two or more.

    Returns:
        parallels, crossings and range, with 95 % intervals.
    """
    found = [voice_leading.faults(*piece) for piece in pieces]
    marks = {
        "parallels": [one["fifths"] + one["octaves"] for one in found],
        "crossings": [one["crossings"] for one in found],
        "range": [one["range"] for one in found],
    }
    chords_of = [one["chords"] for one in found]

    def rate(rows: np.ndarray) -> float:  # (pieces, 2)
        return float(100 * rows[:, 0].sum() / rows[:, 1].sum())

    return {
        mark: bootstrap_interval(np.c_[counts, chords_of], statistic=rate)
        for mark, counts in marks.items()
    }
