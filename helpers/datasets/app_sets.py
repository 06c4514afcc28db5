"""The data sets of the applications, each read into tables.

As in `text_sets`, a parser takes the files by name.
"""

from __future__ import annotations

import re
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


_PII_KINDS = {"e": "EMAIL", "p": "PHONE", "i": "ID", "c": "CARD", "b": "IBAN"}
_PII_KINDS |= {"a": "IP", "d": "BIRTH", "n": "NAME"}
_MARK = re.compile(r"\{([a-z]):([^{}]+)\}")


def pii_notes(paths: Paths) -> pd.DataFrame:
    """Read notes with personal data marked as ``{kind:text}``.

    Args:
        paths: The one file.

    Returns:
        text; spans, a list of (kind, start, end) in `text`, end exclusive, kinds
        EMAIL, PHONE, ID, CARD, IBAN, IP, BIRTH, NAME; split (development, test).

    Raises:
        ValueError: If a column is missing, or a mark is not closed or unknown.
    """
    (path,) = paths.values()
    table = read_table(path, ["marked", "split"])[["marked", "split"]]
    texts, spans = zip(*map(_read_pii, table.pop("marked")), strict=True)
    table.insert(0, "text", texts)
    table.insert(1, "spans", spans)
    return table


def _read_pii(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Return a note without its marks, and what they marked."""
    text, spans, last = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[last : mark.start()]
        if mark[1] not in _PII_KINDS:
            raise ValueError(f"`pii_notes` wants a known kind, received {mark[0]!r}")
        spans.append((_PII_KINDS[mark[1]], len(text), len(text) + len(mark[2])))
        text, last = text + mark[2], mark.end()
    text += marked[last:]
    if "{" in text or "}" in text:
        raise ValueError(f"`pii_notes` wants closed marks, received {marked!r}")
    return text, spans


VIEWS = {
    "shop_briefs": {"table": shop_briefs},
    "movielens_small": {
        "table": lambda paths: movielens_small(paths)["ratings"],
        "tables": movielens_small,
    },
    "clinic_qa": {"tables": clinic_qa},
    "pii_notes": {"table": pii_notes},
}
