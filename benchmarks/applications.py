"""The applications of lessons 20 to 25, each beside its published or simple baseline.

Each row is a system as `helpers.apps` ships it, scored on data that chose nothing, with
a 95 % interval; beside it stands the published figure, where the lesson names one, else
the strongest baseline of the same run. The rows of public data are left out, and said
to be, where the data cannot be had.

    python benchmarks/applications.py               all rows
    python benchmarks/applications.py 24 25         those of two lessons

The last line is the smallest of the ratios ours / beside.
"""

import argparse
import os
from collections.abc import Callable
from typing import NamedTuple

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from helpers import datasets, pretrained
from helpers.metrics.intervals import Interval, bootstrap_interval


class Row(NamedTuple):
    """One claim: ours with its interval, and what stands beside it."""

    what: str  # larger is better
    ours: Interval
    beside: str
    other: float

    @property
    def ratio(self) -> float:
        """Return ours, divided by what stands beside it."""
        return self.ours.value / self.other


def creative() -> list[Row]:
    """Score chorales written under rules, and a Markov chain's, by their parallels."""
    from helpers.apps.studio import chorales
    from helpers.models.text.ngram import NGram
    from helpers.models.text.voices import write

    writer = chorales.ChoraleWriter()
    pieces = chorales.parts(chorales.scores())["train"]
    size, context = writer.tokens.size, 8  # two chords
    counts = NGram(size, order=context + 1)
    counts.fit(np.concatenate(chorales.in_all_keys(pieces)))

    def markov(ids: np.ndarray) -> np.ndarray:
        return np.log(counts.probabilities(ids[:, -context:]))

    def clean(written: list) -> Interval:
        arrays = [(piece.pitches, piece.attacks) for piece in written if len(piece)]
        value, low, high = chorales.rates_with_intervals(arrays)["parallels"]
        return Interval(1 - value / 100, 1 - high / 100, 1 - low / 100)

    ours = clean(writer.write(24, seed=1))
    other = clean(write(markov, writer.tokens, 24, seed=1, rules=False))
    return [Row("chords without parallels", ours, "Markov chain", other.value)]


def medical() -> list[Row]:
    """Find the passage that answers, by support and by BM25."""
    from helpers.apps.evidence import Evidence, Support
    from helpers.apps.retrieval import BM25

    data = datasets.load("clinic_qa")
    passages, questions = data.tables["passages"], data.tables["questions"]
    texts = list(passages["title"] + ". " + passages["text"])
    place = {name: number for number, name in enumerate(passages["id"])}
    questions["answer_at"] = [place.get(name, -1) for name in questions["passage"]]
    half = dict(iter(questions.groupby("split")))
    support = Support(Evidence(texts, pretrained.load("minilm")))
    known = half["calibration"]
    support.fit(list(known["text"]), list(known["answer_at"]))
    asked = half["test"][half["test"]["answer_at"] >= 0]
    wanted = asked["answer_at"].to_numpy()
    words = [BM25(texts).search(text, 1) for text in asked["text"]]
    baseline = np.array([hits[0].index if hits else -1 for hits in words]) == wanted
    ours = np.array([support.best(text)[0] for text in asked["text"]]) == wanted
    found = bootstrap_interval(ours.astype(float))
    return [Row("first passage answers", found, "BM25", float(baseline.mean()))]


LESSONS: dict[int, Callable[[], list[Row]]] = {24: creative, 25: medical}


def main() -> None:
    """Score the applications asked for; print the table and the smallest ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", type=int, help="numbers; all if none")
    chosen = parser.parse_args().lessons or list(LESSONS)
    if unknown := set(chosen) - set(LESSONS):
        parser.error(f"wants some of {list(LESSONS)}, received {sorted(unknown)}")
    print(f"{'':2} {'larger is better':34} {'ours':>20} {'beside':>6}         ratio")
    ratios = []
    for number in chosen:
        try:
            rows = LESSONS[number]()
        except datasets.DatasetUnavailable as problem:
            print(f"{number} left out: {str(problem).splitlines()[0]}")
            continue
        for row in rows:
            value, low, high = row.ours
            ours = f"{value:.3f} [{low:.3f}, {high:.3f}]"
            beside = f"{row.other:6.3f}  {row.beside}"
            print(f"{number} {row.what:34} {ours:>20} {beside:32} {row.ratio:.3f}")
            ratios.append(row.ratio)
    print(f"ratio: {min(ratios):.4f}")


if __name__ == "__main__":
    main()
