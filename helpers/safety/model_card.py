"""Write a model card and a datasheet from what was measured and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from helpers.metrics.intervals import Interval

if TYPE_CHECKING:
    import pandas as pd

SECTIONS = ("Intended use", "Out of scope", "Limits", "Ethical considerations")


def _value(value: object) -> str:
    if isinstance(value, Interval):
        return f"{value.value:.3g} ({value.low:.3g} to {value.high:.3g})"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(
    rows: Mapping[str, object], first: str = "what", second: str = "value"
) -> str:
    """Return a Markdown table of two columns.

    Args:
        rows: Name -> number, `Interval` or text.
        first: Head of the first column.
        second: Head of the second column.

    Raises:
        ValueError: If there is no row.
    """
    if not rows:
        raise ValueError("`table` wants at least one row, received none")
    lines = [f"| {first} | {second} |", "| --- | --- |"]
    return "\n".join(lines + [f"| {k} | {_value(v)} |" for k, v in rows.items()])


def model_card(
    card: Mapping,
    said: Mapping[str, str],
    measured: Mapping[str, object] | None = None,
) -> str:
    """Write a model card.

    Numbers come from the card of the checkpoint and from `measured`, never from prose;
    only what nobody can measure is written by a person.

    Args:
        card: A checkpoint's card, as `helpers.checkpoints.card` returns it.
        said: A text for each of `SECTIONS`.
        measured: Further measurements, name -> number or `Interval`.

    Returns:
        Markdown.

    Raises:
        ValueError: If a section is missing, empty or unknown.

    Source: Mitchell et al. 2019, Model Cards for Model Reporting.
    """
    if set(said) != set(SECTIONS) or not all(text.strip() for text in said.values()):
        raise ValueError(f"`model_card` wants {SECTIONS}, received {tuple(said)}")
    details = {
        "parameters": card.get("parameters", "not recorded"),
        "file size in bytes": card.get("bytes", "not recorded"),
        "training data": card["data"],
        "held-out data": card.get("held_out", "not recorded"),
        "steps": card["steps"],
        "seed": card["seed"],
        "hardware": card["hardware"],
        "minutes of training": card["minutes"],
        "made by": f"`{card['command']}`",
    }
    details |= {name: f"version {v}" for name, v in card.get("versions", {}).items()}
    details |= {f"sha256 of {name}": digest for name, digest in card["sha256"].items()}
    parts = [f"# Model card: {card['name']}", "## Details", table(details)]
    parts += ["## Metrics on held-out data", table(card["metrics"], "measure")]
    if measured:
        parts += ["## Safety measurements", table(measured, "measure")]
    for name in SECTIONS:
        parts += [f"## {name}", said[name].strip()]
    return "\n\n".join(parts) + "\n"


def datasheet(
    name: str, entry: Mapping, rows: pd.DataFrame, said: Mapping[str, str]
) -> str:
    """Write a datasheet of a table of texts.

    Args:
        name: The data set's.
        entry: Its entry in the catalogue: title, about, licence, citation.
        rows: The table; counted by its column split, if there is one.
        said: Heading -> text, on why and how it was made.

    Returns:
        Markdown.

    Raises:
        ValueError: If the table is empty or nothing is said.

    Source: Gebru et al. 2021, Datasheets for Datasets.
    """
    if not len(rows) or not said:
        raise ValueError("`datasheet` wants a table with rows, and words about it")
    facts: dict[str, object] = {"rows": len(rows), "columns": ", ".join(rows.columns)}
    if "split" in rows:
        facts |= {f"{k} rows": int(v) for k, v in rows["split"].value_counts().items()}
    for column in rows.select_dtypes(["object", "string"]):
        if all(isinstance(value, str) for value in rows[column]):
            lengths = rows[column].str.len()
            facts[f"{column}: different"] = int(rows[column].nunique())
            facts[f"{column}: median length"] = float(lengths.median())
    facts |= {key: str(entry[key]) for key in ("licence", "citation") if key in entry}
    parts = [f"# Datasheet: {name}", entry.get("about", ""), table(facts)]
    for heading, text in said.items():
        parts += [f"## {heading}", text.strip()]
    return "\n\n".join(part for part in parts if part) + "\n"
