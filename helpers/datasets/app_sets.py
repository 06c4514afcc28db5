"""The data sets of the applications, each read into tables.

As in `text_sets`, a parser takes the files by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets.readers import read_json, read_table, to_numbers
from helpers.text.reading.prescriptions import note_words, read_marks, tags_of

if TYPE_CHECKING:
    import pandas as pd

Paths = dict[str, Path]


def shop_briefs(paths: Paths) -> pd.DataFrame:
    """Read briefs: product, audience, facts, required, banned, least and most."""
    import pandas as pd

    (path,) = paths.values()
    return pd.DataFrame(read_json(path, list))


def movielens_small(paths: Paths) -> dict[str, pd.DataFrame]:
    """Read films and their ratings as four tables.

    Returns:
        ratings: user, item (int64), rating (0.5 to 5, float64), timestamp (seconds);
        movies: item, title, genres (parted by ``|``); tags: user, item, tag,
        timestamp; links: item, imdb, tmdb (strings, may be blank).
    """
    names = {"userId": "user", "movieId": "item", "imdbId": "imdb", "tmdbId": "tmdb"}
    kinds = {"user": "int64", "item": "int64", "timestamp": "int64"}
    kinds["rating"] = "float64"
    tables = {}
    for name, columns in _MOVIELENS.items():
        path = paths[f"{name}.csv"]
        table = read_table(path, columns)[columns]
        table = table.rename(columns=lambda name: names.get(name, name))
        present = {key: kinds[key] for key in table if key in kinds}
        tables[name] = to_numbers(table, present, path.name)
    return tables


_MOVIELENS = {
    "ratings": ["userId", "movieId", "rating", "timestamp"],
    "movies": ["movieId", "title", "genres"],
    "tags": ["userId", "movieId", "tag", "timestamp"],
    "links": ["movieId", "imdbId", "tmdbId"],
}


_CLINIC = {
    "passages": ["id", "topic", "title", "text"],
    "questions": ["text", "kind", "passage", "topic", "answer", "split"],
    "messages": ["text", "urgent", "split"],
    "notes": ["marked", "split"],
}


def clinic_qa(paths: Paths) -> dict[str, pd.DataFrame]:
    """Read the clinic's texts as four tables.

    Args:
        paths: The four files, by name.

    Returns:
        passages: id, topic, title, text; questions: text, kind (answerable, near,
        medical, unrelated), passage and answer ("" where there is none), topic, split
        (calibration, test); messages: text, urgent (bool), split
        (calibration, test, fresh); notes: text, tokens,
        tags in IOB2 (DRUG, DOSE, FREQ), split (train, validation, test).

    Raises:
        ValueError: If a column is missing or a mark in a note is not closed.
    """
    tables = {name: read_table(paths[f"{name}.csv"], c) for name, c in _CLINIC.items()}
    tables["messages"]["urgent"] = tables["messages"]["urgent"] == "yes"
    notes = tables["notes"]
    plain, spans = zip(*map(read_marks, notes.pop("marked")), strict=True)
    notes["text"] = plain
    notes["tokens"] = [[word for word, _, _ in note_words(text)] for text in plain]
    notes["tags"] = list(map(tags_of, plain, spans))
    return tables


_MARKET = {
    "headlines": "id time source topic sentiment headline kernel fold event".split(),
    "events": "id topic direction first last headlines".split(),
}


def market_wire(paths: Paths) -> dict[str, pd.DataFrame]:
    """Read the newswire's headlines and its planted events as two tables.

    Args:
        paths: The two files, by name.

    Returns:
        headlines, in the order of time: id, time (datetime64), source (wire, chat),
        topic, sentiment, headline, kernel, fold (0 to 4 by kernel; -1 for chat), event
        ("" where none); events: id, topic, direction (a sentiment), first and last
        (datetime64), headlines (their number).

    Raises:
        ValueError: If a column is missing or a number or time is none.
    """
    import pandas as pd

    tables = {name: read_table(paths[f"{name}.csv"], c) for name, c in _MARKET.items()}
    kinds = {"headlines": {"fold": "int64"}, "events": {"headlines": "int64"}}
    tables = {n: to_numbers(t, kinds[n], f"{n}.csv") for n, t in tables.items()}
    for name, column in (
        ("headlines", "time"),
        ("events", "first"),
        ("events", "last"),
    ):
        tables[name][column] = pd.to_datetime(tables[name][column], format="ISO8601")
    return tables


def market_phrases(paths: Paths) -> pd.DataFrame:
    """Read the wire's headlines under the names that financial_phrasebank has.

    Returns:
        sentence, sentiment, agreement (100: one author, who agrees), kernel.
    """
    headlines = market_wire(paths)["headlines"]
    wire = headlines[headlines["source"] == "wire"].rename(
        columns={"headline": "sentence"}
    )
    wire = wire.assign(agreement=100).reset_index(drop=True)
    return wire[["sentence", "sentiment", "agreement", "kernel"]]


VIEWS = {
    "shop_briefs": {"table": shop_briefs},
    "movielens_small": {
        "table": lambda paths: movielens_small(paths)["ratings"],
        "tables": movielens_small,
    },
    "clinic_qa": {"tables": clinic_qa},
    "market_wire": {"table": market_phrases, "tables": market_wire},
}
