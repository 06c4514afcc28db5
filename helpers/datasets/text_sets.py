"""Each dataset's own file format, read into a string, a table or arrays.

`loading.views` says which views a parser offers. A parser takes the files by name.
Public files have been verified by their hash before they come here, so what is checked
of their content is only what the strict readers check of any file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets.readers import (
    read_documents,
    read_json,
    read_rows,
    read_table,
    read_text,
    require_classes,
)
from helpers.splits import split_by_content, split_by_group

if TYPE_CHECKING:
    import pandas as pd

Paths = dict[str, Path]


def plain_text(paths: Paths) -> str:
    """Read a set that is one UTF-8 text file."""
    (path,) = paths.values()
    return read_text(path)


def grammar_news(paths: Paths) -> str:
    """Write at least 2 MB from the grammar; the same text every time."""
    from helpers.grammar.grammar import Grammar

    (path,) = paths.values()
    return Grammar.load(path).text(min_bytes=2_000_000, seed=0)


def chinese_poetry(paths: Paths) -> pd.DataFrame:
    """Read poems: title, author, text (a line of verse each) and collection.

    Tang poems are in traditional characters, Song lyrics in simplified ones; a lyric's
    title is the tune it is written to.
    """
    import pandas as pd

    rows = []
    for file, path in paths.items():
        for poem in read_json(path, list):
            title = poem.get("title") or poem["rhythmic"]
            lines = [line for line in poem["paragraphs"] if line.strip()]
            rows.append((title, poem["author"], "\n".join(lines), file[:4]))
    return pd.DataFrame(rows, columns=["title", "author", "text", "collection"])


def city_news_zh(paths: Paths) -> pd.DataFrame:
    """Read the Chinese news: title, author, text, collection."""
    (path,) = paths.values()
    return read_table(path, ["title", "author", "text", "collection"])


def city_news(paths: Paths) -> pd.DataFrame:
    """Read the city news: headline, body, topic, picture_key, facts and split.

    Items written from one kernel are alike, so they stay together when split.
    """
    (path,) = paths.values()
    table = read_table(path, ["headline", "body", "topic", "picture_key", "kernel"])
    require_classes(table["topic"], path.name)
    if "split" not in table:
        table["split"] = split_by_group(table["kernel"], table["topic"])
    return table


def ag_news(paths: Paths) -> pd.DataFrame:
    """Read news: headline, body, topic and split; texts are as dirty as they come.

    Without ``train.csv`` the test items are split anew, by content: eight tenths for
    training, one for validation, one for testing. With it, a tenth of the training
    items are for validation and the test items stay the test items.
    """
    import pandas as pd

    topics = read_text(paths["classes.txt"]).split("\n")
    topics = [topic.strip() for topic in topics if topic.strip()]
    names = {"train.csv", "test.csv"} & set(paths)
    parts = {name: _ag_news_part(paths[name], topics) for name in names}
    for table in parts.values():
        table["split"] = split_by_content(table["headline"] + "\n" + table["body"])
    if "train.csv" not in parts:
        return parts["test.csv"]
    train, test = parts["train.csv"], parts["test.csv"]
    train["split"] = train["split"].replace("test", "train")
    test["split"] = "test"
    return pd.concat([train, test], ignore_index=True)


def _ag_news_part(path: Path, topics: list[str]) -> pd.DataFrame:
    """Read one file of class number, title, description."""
    import pandas as pd

    table = pd.DataFrame(
        read_rows(path, columns=3), columns=["topic", "headline", "body"]
    )
    numbers = {str(number): topic for number, topic in enumerate(topics, start=1)}
    table["topic"] = [numbers[number] for number in table["topic"]]
    return table[["headline", "body", "topic"]]


def banking77(paths: Paths) -> pd.DataFrame:
    """Read customers' questions: text, category (77 of them) and split."""
    import pandas as pd

    parts = [
        read_table(paths[f"{split}.csv"], ["text", "category"]).assign(split=split)
        for split in ("train", "test")
    ]
    return pd.concat(parts, ignore_index=True)


def conll2003(paths: Paths) -> pd.DataFrame:
    """Read newswire sentences: tokens, tags in IOB2, split, document."""
    splits = {"eng.train": "train", "eng.testa": "validation", "eng.testb": "test"}
    return _tagged(paths, splits)


def ner_mini(paths: Paths) -> pd.DataFrame:
    """Read invented reports: tokens, tags in IOB2, split, document."""
    splits = {f"{split}.conll": split for split in ("train", "validation", "test")}
    return _tagged(paths, splits)


def wnut17(paths: Paths) -> pd.DataFrame:
    """Read social-media posts: tokens, tags in IOB2, split, document (one a post)."""
    splits = {
        "wnut17train.conll": "train",
        "emerging.dev.conll": "validation",
        "emerging.test.annotated": "test",
    }
    table = _tagged(paths, splits)
    table["document"] = range(len(table))
    return table


def _tagged(paths: Paths, splits: dict[str, str]) -> pd.DataFrame:
    """Put the sentences of several CoNLL files under each other.

    Documents are numbered from 0 over all files; no two sentences of different
    documents share a number.
    """
    import pandas as pd

    documents = [
        (document, split)
        for name, split in splits.items()
        for document in read_documents(paths[name])
    ]
    rows = [
        (tokens, tags, split, number)
        for number, (document, split) in enumerate(documents)
        for tokens, tags in document
    ]
    return pd.DataFrame(rows, columns=["tokens", "tags", "split", "document"])


def financial_phrasebank(paths: Paths) -> pd.DataFrame:
    """Read sentences: sentence, sentiment and agreement.

    The files nest: each holds the sentences on which at least so many annotators agree.
    A sentence comes once, with the highest percentage (50, 66, 75 or 100) it reaches;
    the two that carry two different sentiments stay twice.
    """
    import pandas as pd

    levels = {}
    for name, (percent, encoding) in _PHRASEBANK.items():
        for row in _phrases(paths[name], encoding):
            levels[row] = max(percent, levels.get(row, 0))
    rows = [(*row, percent) for row, percent in levels.items()]
    return pd.DataFrame(rows, columns=["sentence", "sentiment", "agreement"])


_PHRASEBANK = {
    "Sentences_50Agree.txt": (50, "latin-1"),
    "Sentences_66Agree.txt": (66, "latin-1"),
    "Sentences_75Agree.txt": (75, "latin-1"),
    "Sentences_AllAgree.txt": (100, "utf-8"),
}


def _phrases(path: Path, encoding: str) -> list[tuple[str, str]]:
    """Read lines of ``sentence@sentiment``."""
    lines = [line.strip() for line in read_text(path, encoding).split("\n")]
    phrases = [line.rpartition("@") for line in lines if line]
    return [(sentence, sentiment) for sentence, _, sentiment in phrases]


_PII_KINDS = {"e": "EMAIL", "p": "PHONE", "i": "ID", "c": "CARD", "b": "IBAN"}
_PII_KINDS |= {"a": "IP", "d": "BIRTH", "n": "NAME"}
# a mark's kind and text, a brace of the note itself, what lies between, anything else
_PIECE = re.compile(r"\{([a-z]):([^{}]+)\}|(\{\{|\}\})|([^{}]+)|(.)")


def pii_notes(paths: Paths) -> pd.DataFrame:
    """Read notes with personal data marked as ``{kind:text}``; ``{{`` is a brace.

    Args:
        paths: The one file.

    Returns:
        text; spans, a list of (kind, start, end) in `text`, end exclusive, kinds
        EMAIL, PHONE, ID, CARD, IBAN, IP, BIRTH, NAME; split (development, test, second,
        fresh).

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
    text, spans = "", []
    for kind, inside, brace, plain, stray in _PIECE.findall(marked):
        if stray:
            raise ValueError(f"`pii_notes` wants closed marks, received {marked!r}")
        if kind and kind not in _PII_KINDS:
            raise ValueError(f"`pii_notes` wants a known kind, received {kind!r}")
        if kind:
            spans.append((_PII_KINDS[kind], len(text), len(text + inside)))
        text += inside or brace[:1] or plain
    return text, spans


def as_text(parser: Callable[[Paths], pd.DataFrame]) -> Callable[[Paths], str]:
    """Make a text view of a table of titled texts: title, text, blank line."""
    pair = ["title", "text"]
    return lambda paths: "\n\n".join(parser(paths)[pair].agg("\n".join, axis=1)) + "\n"


def _views() -> dict[str, dict[str, Callable[[Paths], object]]]:
    """List what each parser here offers."""
    tables = (ag_news, city_news, banking77, conll2003, wnut17)
    tables += (ner_mini, financial_phrasebank, pii_notes)
    titled = (chinese_poetry, city_news_zh)
    return {
        "plain_text": {"text": plain_text},
        "grammar_news": {"text": grammar_news},
        **{one.__name__: {"table": one} for one in tables},
        **{one.__name__: {"table": one, "text": as_text(one)} for one in titled},
    }


VIEWS = _views()
