"""Read Bach's chorales from the scores that the installed package music21 carries.

Nothing of them is copied into the course: what is read is kept, as numbers, in the
user's cache folder, because reading all scores takes a while.
"""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ElementTree
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from helpers import course
from helpers.files import whole_file

VOICES = ("Soprano", "Alto", "Tenor", "Bass")
STEP = Fraction(1, 2)  # of the grid, in quarter notes: an eighth
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FORM = 1  # of the cached file; another number makes it anew
FEW = 24  # scores that the smoke profile reads
SHORTEST, LONGEST = 32, 280  # steps


def bach_chorales(paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Read all chorales in four voices on a grid of eighth notes.

    Args:
        paths: Not used; music21 carries the scores.

    Returns:
        names (n,), such as "bwv269"; first (n + 1,), the row at which each begins, and
        the end; pitches int16 (rows, 4), MIDI numbers of soprano, alto, tenor and bass,
        0 for a rest; attacks bool (rows, 4), whether the note begins here; bars and
        fermatas bool (rows,): whether a bar, or a note held at a phrase's end, begins.
        In the smoke profile only the first 24 scores.

    Raises:
        ValueError: If music21 is not installed or carries no scores.
    """
    files = score_paths()
    if course.profile() == "smoke":
        return _joined(files[:FEW])
    kept = course.cache_dir() / f"bach_chorales_{FORM}.npz"
    if not kept.is_file():
        arrays = _joined(files)
        with whole_file(kept) as scratch, open(scratch, "wb") as file:
            np.savez_compressed(file, **arrays)
    with np.load(kept, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def score_paths() -> list[Path]:
    """Return the chorales' score files, without importing music21.

    Raises:
        ValueError: If music21 is not installed or carries no scores.
    """
    found = importlib.util.find_spec("music21")
    folder = Path(found.origin).parent / "corpus" / "bach" if found else Path()
    files = sorted(folder.glob("bwv*.mxl")) if found else []
    if not files:
        raise ValueError("`bach_chorales` wants the scores of music21, found none")
    return files


def read_score(path: str | Path) -> dict[str, np.ndarray] | None:
    """Read one compressed MusicXML score onto the grid.

    A note shorter than an eighth that begins between two places of the grid is left
    out, unless it still sounds at the next one.

    Args:
        path: A .mxl file.

    Returns:
        pitches, attacks, bars and fermatas, as in `bach_chorales`; None if the score is
        not in four voices in simple time, or very short or long.

    Raises:
        ValueError: If the file is no such score.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.endswith("xml")]
            names = [n for n in names if not n.startswith(("META-INF", "__MACOSX"))]
            root = ElementTree.fromstring(archive.read(names[0]))
    except (zipfile.BadZipFile, IndexError, ElementTree.ParseError) as error:
        raise ValueError(f"{Path(path).name} is no MusicXML score: {error}") from error
    parts = _voices(root)
    beats = {(t.findtext("beats"), t.findtext("beat-type")) for t in root.iter("time")}
    if parts is None or not beats <= {("4", "4"), ("3", "4"), ("2", "4")}:
        return None
    read = [_notes(part) for part in parts]
    length = int(read[0][2] / STEP)
    if not SHORTEST <= length <= LONGEST:
        return None
    grids = [_on_grid(notes, length) for notes, _, _ in read]
    bars = np.zeros(length, bool)
    starts = [int(start / STEP) for start in read[0][1] if start % STEP == 0]
    bars[[start for start in starts if start < length]] = True
    return {
        "pitches": np.stack([grid[0] for grid in grids], axis=1),
        "attacks": np.stack([grid[1] for grid in grids], axis=1),
        "bars": bars,
        "fermatas": grids[0][2],
    }


def _joined(files: list[Path]) -> dict[str, np.ndarray]:
    """Read scores and put them one after another."""
    read = {path.stem: read_score(path) for path in files}
    read = {name: score for name, score in read.items() if score}
    scores = list(read.values())
    lengths = [len(score["bars"]) for score in scores]
    arrays = {key: np.concatenate([s[key] for s in scores]) for key in scores[0]}
    first = np.cumsum([0, *lengths])
    return {"names": np.array(list(read)), "first": first, **arrays}


def _voices(root: ElementTree.Element) -> list[ElementTree.Element] | None:
    """Return the parts of soprano, alto, tenor and bass, or None."""
    titles = {
        p.get("id"): p.findtext("part-name") or "" for p in root.iter("score-part")
    }
    parts = root.findall("part")
    chosen = []
    for voice in VOICES:
        fitting = [p for p in parts if titles.get(p.get("id"), "").startswith(voice)]
        if len(fitting) != 1:
            return parts if len(parts) == 4 else None
        chosen += fitting
    return chosen


def _notes(part: ElementTree.Element) -> tuple[list, list, Fraction]:
    """Return notes (start, pitch, begins, fermata), bar starts and the length.

    Times are in quarter notes; a rest has the pitch 0.
    """
    notes, bars, now, divisions = [], [], Fraction(0), 1
    for measure in part.findall("measure"):
        bars.append(now)
        for item in measure:
            if item.tag == "attributes":
                divisions = int(item.findtext("divisions") or divisions)
            elif item.tag == "backup":
                break  # a second voice in the same staff is not read
            elif item.tag in ("note", "forward"):
                lasts = Fraction(int(item.findtext("duration") or 0), divisions)
                if item.find("chord") is None and lasts:
                    notes.append((now, *_note(item)))
                    now += lasts
    return notes, bars, now


def _note(item: ElementTree.Element) -> tuple[int, bool, bool]:
    """Return a note's pitch, whether it begins (is not tied on), and its fermata."""
    pitch = item.find("pitch")
    if pitch is None:
        return 0, True, False
    number = SEMITONES[pitch.findtext("step")] + int(
        float(pitch.findtext("alter") or 0)
    )
    number += 12 * (int(pitch.findtext("octave")) + 1)
    tied_on = any(tie.get("type") == "stop" for tie in item.findall("tie"))
    return number, not tied_on, item.find(".//fermata") is not None


def _on_grid(notes: list, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pitch, attack and fermata at each step of the grid."""
    pitches = np.zeros(length, np.int16)
    attacks, fermatas = np.zeros(length, bool), np.zeros(length, bool)
    events = np.cumsum([begins for _, _, begins, _ in notes])  # tied notes share one
    last, place = -1, 0
    for step in range(length):
        while place + 1 < len(notes) and notes[place + 1][0] <= step * STEP:
            place += 1
        _, pitch, _, fermata = notes[place]
        attacks[step] = events[place] != last
        pitches[step], last = pitch, events[place]
        fermatas[step] = fermata and attacks[step]
    return pitches, attacks, fermatas
