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


def reader_club(paths: Paths) -> dict[str, pd.DataFrame]:
    """Read books and readings as tables named and laid out as `movielens_small`'s.

    Args:
        paths: The five files, by name.

    Returns:
        ratings: user, item (int64), rating (1 to 5, float64), timestamp (seconds);
        movies: item, title, genres, text; tags: user, item, tag, timestamp; and the
        truth: traits (item, appeal, a weight for each of 16 traits) and tastes (user,
        a taste for each of them).
    """
    tables = {}
    for name, columns in _READERS.items():
        path = paths[f"{_READERS_FILES.get(name, name)}.csv"]
        table = read_table(path, columns)
        whole = {key: "int64" for key in ("user", "item", "timestamp") if key in table}
        texts = ("title", "genres", "text", "tag")
        kinds = {key: "float64" for key in table if key not in texts} | whole
        tables[name] = to_numbers(table, kinds, path.name)
    return tables


_READERS = {
    "ratings": ["user", "item", "rating", "timestamp"],
    "movies": ["item", "title", "text", "genres"],
    "tags": ["user", "item", "tag", "timestamp"],
    "traits": ["item", "appeal"],
    "tastes": ["user"],
}
_READERS_FILES = {"ratings": "readings", "movies": "books"}

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


VIEWS = {
    "shop_briefs": {"table": shop_briefs},
    "movielens_small": {
        "table": lambda paths: movielens_small(paths)["ratings"],
        "tables": movielens_small,
    },
    "reader_club": {
        "table": lambda paths: reader_club(paths)["ratings"],
        "tables": reader_club,
    },
    "clinic_qa": {"tables": clinic_qa},
}
