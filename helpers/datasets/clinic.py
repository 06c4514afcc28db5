"""The invented clinic's texts: leaflets, questions, messages, notes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets.readers import read_table
from helpers.text.prescriptions import note_words, read_marks, tags_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "passages": ["id", "topic", "title", "text"],
    "questions": ["text", "kind", "passage", "topic", "answer", "split"],
    "messages": ["text", "urgent", "split"],
    "notes": ["marked", "split"],
}


def clinic_qa(paths: dict[str, Path]) -> dict[str, pd.DataFrame]:
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
    tables = {name: read_table(paths[f"{name}.csv"], c) for name, c in COLUMNS.items()}
    tables["messages"]["urgent"] = tables["messages"]["urgent"] == "yes"
    notes = tables["notes"]
    plain, spans = zip(*map(read_marks, notes.pop("marked")), strict=True)
    notes["text"] = plain
    notes["tokens"] = [[word for word, _, _ in note_words(text)] for text in plain]
    notes["tags"] = list(map(tags_of, plain, spans))
    return tables
