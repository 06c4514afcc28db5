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
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for recipes

import numpy as np  # noqa: E402

from helpers import datasets, pretrained  # noqa: E402
from helpers.metrics.intervals import Interval, bootstrap_interval  # noqa: E402
from helpers.pretrained.classifier import TextClassifier  # noqa: E402
from recipes import _text_sets, market_tone  # noqa: E402

BERT, FINBERT_ALL, FINBERT_HALF = 0.9366, 0.97, 0.86  # published accuracies


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


def _right(name: str, part: tuple) -> np.ndarray:
    """Tell of each text whether a shipped classifier names its class."""
    classifier = TextClassifier(name, pretrained.load("minilm"))
    guess = classifier.probabilities(list(part[0])).argmax(axis=1)
    return 1.0 * (np.array(classifier.classes)[guess] == part[1])


def newsroom() -> list[Row]:
    """Write articles, and look whether they name what the picture shows."""
    from helpers.apps.news import NewsDesk
    from helpers.apps.newsroom import Request
    from helpers.sampling.samplers import TopP
    from helpers.text import stories

    data = datasets.load("picture_news")
    table = data.tables["stories"]
    rows = table[table["split"] == "test"].to_dict("records")
    shown = data.arrays["test_images"]
    requests = [
        Request(
            stories.fill(row["headline"], row, "coat", "dark"),
            {name: row[name] for name in stories.FACTS},
            shown[row["picture"]],
        )
        for row in rows
    ]
    sampler = TopP(0.9, temperature=0.7, seed=0)
    texts = NewsDesk.load(batch_size=32).draft(requests, sampler)
    wanted = [(row["thing"], row["tone"]) for row in rows]
    said = [stories.said_of(text) for text in texts]
    right = np.array([1.0 * (a == b) for a, b in zip(said, wanted, strict=True)])
    first = sorted({thing for thing, _ in wanted})[0]
    other = np.mean([pair == (first, "dark") for pair in wanted])
    what = "thing and tone of the picture named"
    return [Row(what, bootstrap_interval(right), "one sentence for all", float(other))]


def service() -> list[Row]:
    """Find a passage of the shop's, and name intents of Banking77."""
    from helpers.apps.retrieval import BM25
    from helpers.apps.service.finder import Finder

    tables = datasets.load("support_desk").tables
    passages, questions = tables["passages"], tables["questions"]
    place = {name: number for number, name in enumerate(passages["id"])}
    questions["at"] = questions["passage"].map(place)
    half, outside = dict(iter(questions.groupby("split"))), tables["outside"]
    strange = list(outside["text"][outside["split"] == "train"])
    columns = [list(passages[name]) for name in ("title", "text", "asked")]
    finder = Finder(*columns, pretrained.load("minilm"))
    known = half["train"]
    finder.fit([*known["text"], *strange], [*known["at"], *[-1] * len(strange)])
    words = BM25(list(passages["title"] + " " + passages["text"]))
    asked = half["test"]

    def hits(lists: list) -> np.ndarray:
        rows = [[hit.index for hit in one[:3]] for one in lists]
        return np.array(
            [1.0 * (at in row) for row, at in zip(rows, asked["at"], strict=True)]
        )

    ours = hits(finder.search_many(list(asked["text"]), 3))
    other = hits([words.search(text, 3) for text in asked["text"]])
    rows = [
        Row("right passage in three", bootstrap_interval(ours), "BM25", other.mean())
    ]
    parts, _ = _text_sets.banking()
    right = bootstrap_interval(_right("banking_intents", parts["test"]))
    return [*rows, Row("intents of Banking77, shipped", right, "BERT, published", BERT)]


def market() -> list[Row]:
    """Tell good news from bad on the sentences that the shipped tone did not read."""
    parts, agreed, _ = _text_sets.phrases(market_tone.SEED)
    right = _right("market_tone", parts["test"])
    half, whole = bootstrap_interval(right), bootstrap_interval(right[agreed])
    return [
        Row("tone, all annotators agree", whole, "FinBERT, published", FINBERT_ALL),
        Row("tone, half of them agree", half, "FinBERT, published", FINBERT_HALF),
    ]


def recommendation() -> list[Row]:
    """Rank the last five films of each reader among all unseen ones."""
    from helpers.apps import collaborative, films
    from helpers.metrics import ranking

    tables = datasets.load("movielens_small").tables
    movies = tables["movies"].sort_values("item").reset_index(drop=True)
    items = movies["item"].to_numpy()
    rows = collaborative.in_order(tables["ratings"], items)
    past = rows[rows["back"] >= 5]
    held_out = rows[rows["back"] < 5]["item"].to_numpy().reshape(-1, 5)
    users = np.unique(tables["ratings"]["user"])
    known = past.assign(user=users[past["reader"]], item=items[past["item"]])
    recommender = films.Recommender(movies, pretrained.load("minilm")).fit(known)
    hidden = collaborative.matrix(past, (len(users), len(items))) > 0
    ours, ease = (
        ranking.ndcg(ranking.ranks_of(scores, held_out, hidden))
        for scores in (recommender.scores(past), recommender.parts(past)["ease"])
    )
    ahead = bootstrap_interval(ours, ease)
    print("23 ahead of EASE, paired: {:+.3f} [{:+.3f}, {:+.3f}]".format(*ahead))
    found = bootstrap_interval(ours)
    return [Row("nDCG@10, last five films", found, "EASE, fading", float(ease.mean()))]


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


LESSONS: dict[int, Callable[[], list[Row]]] = {
    20: newsroom,
    21: service,
    22: market,
    23: recommendation,
    24: creative,
    25: medical,
}


def main() -> None:
    """Score the applications asked for; print the table and the smallest ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", type=int, help="numbers; all if none")
    chosen = parser.parse_args().lessons or list(LESSONS)
    if unknown := set(chosen) - set(LESSONS):
        parser.error(f"wants some of {list(LESSONS)}, received {sorted(unknown)}")
    print(f"{'':2} {'larger is better':35} {'ours':>20} {'beside':>6}         ratio")
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
            print(f"{number} {row.what:35} {ours:>20} {beside:32} {row.ratio:.3f}")
            ratios.append(row.ratio)
    print(f"ratio: {min(ratios):.4f}")


if __name__ == "__main__":
    main()
