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
    import numpy as np
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


_PICTURE_NEWS = {
    "stories": (
        "id headline article city district person organisation number date thing tone "
        "picture kernel split"
    ).split(),
    "checks": ["text", "invented"],
}


def picture_news(paths: Paths) -> dict[str, pd.DataFrame]:
    """Read the stories of picture_news, and the sentences that test a checker.

    Returns:
        stories: templates (headline, article) and what fills them; picture (int64) is a
        row of `picture_news_arrays`, of the training part where split is train, else of
        the test part. checks: text, about the facts in the datasheet, and invented,
        what is invented in it ("" if nothing).
    """
    tables = {
        name: read_table(paths[f"{name}.csv"], columns)
        for name, columns in _PICTURE_NEWS.items()
    }
    stories = tables["stories"]
    tables["stories"] = to_numbers(stories, {"picture": "int64"}, "stories.csv")
    return tables


def picture_news_arrays(paths: Paths) -> dict[str, np.ndarray]:
    """Read 1,000 pictures of Fashion-MNIST: images, labels and rows of both parts.

    Returns:
        train_images and test_images, uint8 (500, 28, 28); train_labels and test_labels,
        0 to 9; train_rows and test_rows, where they stand in Fashion-MNIST.
    """
    import numpy as np

    with np.load(paths["pictures.npz"], allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


_SUPPORT = {
    "passages": ["id", "intent", "title", "title_zh", "text", "asked"],
    "questions": ["text", "intent", "passage", "answer", "split"],
    "chinese": ["text", "english", "passage"],
    "outside": ["text", "kind", "split"],
    "requests": ["text", "tool", "order", "service", "date", "part", "split"],
    "orders": ["order", "customer", "status", "article", "town", "due"],
    "dialogues": ["dialogue", "text", "wanted"],
    "hostile": ["kind", "text", "passage"],
}
_REPEAT = re.compile(r"\{([^{}]*)\*(\d+)\}")


def support_desk(paths: Paths) -> dict[str, pd.DataFrame]:
    """Read the shop's texts as eight tables.

    Args:
        paths: The eight files, by name.

    Returns:
        passages: id, intent, title, title_zh, text, asked (a list of questions that
        its sentences answer); questions: text, intent, passage, answer (words of the
        passage), split (train, test); chinese: text, english, passage; outside: text,
        kind (near, far), split; requests: text, tool, order, service, date, part (""
        where the text does not say), split; orders: order, customer, status, article,
        town, due; dialogues: dialogue, text, wanted; hostile: kind, text, passage
        (what the attacker put among the passages, mostly "").

    Raises:
        ValueError: If a column is missing.
    """
    tables = {name: read_table(paths[f"{name}.csv"], c) for name, c in _SUPPORT.items()}
    passages, hostile = tables["passages"], tables["hostile"]
    passages["asked"] = passages["asked"].str.split(" | ", regex=False)
    hostile["text"] = [
        _REPEAT.sub(lambda m: m[1] * int(m[2]), text) for text in hostile["text"]
    ]
    return tables


def support_intents(paths: Paths) -> pd.DataFrame:
    """Read the shop's questions in the form of banking77: text, category, split."""
    table = support_desk(paths)["questions"]
    table = table.rename(columns={"intent": "category"})
    return table[["text", "category", "split"]]


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
    "reader_club": {
        "table": lambda paths: reader_club(paths)["ratings"],
        "tables": reader_club,
    },
    "clinic_qa": {"tables": clinic_qa},
    "picture_news": {"tables": picture_news, "arrays": picture_news_arrays},
    "support_desk": {"table": support_intents, "tables": support_desk},
    "market_wire": {"table": market_phrases, "tables": market_wire},
}
