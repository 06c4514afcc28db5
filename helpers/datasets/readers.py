"""Read plain files strictly: text, comma-separated rows, JSON, CoNLL columns.

Every function either returns all of a file or raises a `ValueError` that quotes what
it received and says what it wanted. `text_sets` puts the sets together.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.datasets.payload import read_payload
from helpers.metrics.entities import to_iob2

if TYPE_CHECKING:
    import pandas as pd

# ASCII only: int() and float() also take 1_000 and digits of other scripts
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Read a whole text file, plain or gzip, strictly in one encoding.

    Args:
        path: The file.
        encoding: ``utf-8`` (a byte order mark at the start is dropped) or ``latin-1``.

    Returns:
        The text, never empty.

    Raises:
        ValueError: If the file is empty, blank or in another encoding.
    """
    raw = read_payload(path)
    try:
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        odd = raw[error.start : error.start + 8]
        raise ValueError(
            f"{path.name}: bytes {odd!r} at {error.start} are not {encoding}; "
            f"wanted a text file in {encoding}"
        ) from error
    if not text.strip():
        raise ValueError(f"{path.name}: is empty ({len(raw)} bytes); wanted text")
    if (
        encoding == "latin-1"
        and not raw.isascii()
        and "\ufffd" not in raw.decode(errors="replace")
    ):
        raise ValueError(f"{path.name}: is UTF-8; wanted a text file in latin-1")
    return text


def read_rows(path: Path, columns: int | None = None) -> list[list[str]]:
    """Read a comma-separated UTF-8 file; quoted fields may hold commas and newlines.

    Args:
        path: The file.
        columns: How many fields each row must have; None for as many as the first.

    Returns:
        All rows, the first included; blank lines are left out.

    Raises:
        ValueError: If the file is empty or a row is longer or shorter than wanted.
    """
    csv.field_size_limit(2**31 - 1)  # a whole book may stand in one field
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    rows = []
    try:
        for row in reader:
            if row:
                rows.append(row)
                columns = columns or len(row)
            if row and len(row) != columns:
                raise ValueError(
                    f"{path.name}, line {reader.line_num}: {len(row)} fields in "
                    f"{quote(row)}; wanted {columns}"
                )
    except csv.Error as error:
        raise ValueError(f"{path.name}, line {reader.line_num}: {error}") from error
    return rows


def read_table(path: Path, wanted: Sequence[str]) -> pd.DataFrame:
    """Read a comma-separated file with a header into strings.

    Args:
        path: The file.
        wanted: Columns that must be there; columns without a name are dropped.

    Returns:
        A table of strings with every named column.

    Raises:
        ValueError: If a wanted column is missing, a name comes twice or there is no
            row.
    """
    import pandas as pd

    header, *rows = read_rows(path)
    named = [name for name in header if name]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ValueError(f"{path.name}: columns {quote(twice)} come more than once")
    missing = [name for name in wanted if name not in named]
    if missing:
        raise ValueError(
            f"{path.name}: columns {quote(header)} lack {', '.join(missing)}; "
            f"wanted {', '.join(wanted)}"
        )
    if not rows:
        raise ValueError(f"{path.name}: has a header and no row")
    table = pd.DataFrame(rows, columns=header)
    return table[named]


def read_json(path: Path, kind: type) -> Any:
    """Read a UTF-8 JSON file whose outermost value is of one kind.

    Args:
        path: The file.
        kind: ``list`` or ``dict``.

    Returns:
        The value, not empty.

    Raises:
        ValueError: If the file is no JSON, or holds another kind or nothing.
    """
    text = read_text(path)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path.name}: is no JSON: {error} in {quote(text)}"
        ) from error
    if not isinstance(value, kind) or not value:
        raise ValueError(
            f"{path.name}: holds {quote(value)}; wanted a {kind.__name__} with content"
        )
    return value


def read_conll(path: Path) -> list[tuple[list[str], list[str]]]:
    """Read sentences in CoNLL columns: the token first, its tag last.

    As `read_documents`, without the borders of documents.
    """
    return [sentence for document in read_documents(path) for sentence in document]


def read_documents(path: Path) -> list[list[tuple[list[str], list[str]]]]:
    """Read documents of sentences in CoNLL columns: the token first, its tag last.

    A line is a token; columns are parted by tabs or single spaces; a blank line ends a
    sentence, a ``-DOCSTART-`` line begins a document. Two blank lines make no empty
    sentence; lines may end as on Windows.

    Args:
        path: A UTF-8 file.

    Returns:
        Documents of sentences of tokens and tags; one document of all, if no
        ``-DOCSTART-`` stands in the file. Tags are in IOB2: a name begins with ``B-``.
        Files where it may begin with ``I-`` (as CoNLL-2003's) are converted.

    Raises:
        ValueError: If a row has another number of columns than the first, a tag is not
            ``O``, ``B-…`` or ``I-…``, or there is no name in the file at all.
    """
    documents, tokens, tags, columns = [[]], [], [], 0
    for number, line in enumerate((read_text(path) + "\n\n").split("\n"), start=1):
        line = line.strip("\ufeff\t\r ")
        if not line or line.startswith("-DOCSTART-"):
            if tokens:
                documents[-1].append((tokens, to_iob2(tags)))
                tokens, tags = [], []
            if line:
                documents.append([])
            continue
        fields = line.split("\t" if "\t" in line else " ")
        columns = columns or len(fields)
        _check_conll(f"{path.name}, line {number}", fields, columns)
        tokens.append(fields[0])
        tags.append(fields[-1])
    sentences = [sentence for document in documents for sentence in document]
    require_classes([tag for _, tags in sentences for tag in tags], path.name)
    return [document for document in documents if document]


def _check_conll(where: str, fields: list[str], columns: int) -> None:
    """Refuse a row that is not a token with a tag."""
    if len(fields) != columns or columns < 2:
        wanted = f"{columns}, as above" if columns >= 2 else "a token and a tag"
        raise ValueError(
            f"{where}: {len(fields)} columns in {quote(fields)}; wanted {wanted}"
        )
    tag = fields[-1]
    if tag != "O" and (tag[:2] not in ("B-", "I-") or len(tag) < 3):
        raise ValueError(f"{where}: tag {tag!r}; wanted O, B-<type> or I-<type>")


def require_classes(labels: Iterable[str], where: str) -> None:
    """Refuse labels that are all the same: nothing can be learned from them.

    Args:
        labels: Any number of labels.
        where: The file's name.

    Raises:
        ValueError: If there are fewer than two different labels, or a blank one.
    """
    classes = sorted(set(labels))
    if len(classes) < 2 or not all(label.strip() for label in classes):
        raise ValueError(
            f"{where}: labels {quote(classes)}; wanted at least two, none blank"
        )


def to_numbers(table: pd.DataFrame, kinds: dict[str, str], where: str) -> pd.DataFrame:
    """Turn columns of digits into numbers.

    Args:
        table: Columns of strings.
        kinds: ``int64`` or ``float64`` by column.
        where: The file's name.

    Returns:
        A new table.

    Raises:
        ValueError: If a value is no such number; the first one is quoted.
    """
    import numpy as np

    table = table.copy()
    for name, kind in kinds.items():
        numbers = [_number(str(text), kind) for text in table[name]]
        if None in numbers:
            row = numbers.index(None)
            raise ValueError(
                f"{where}, row {row + 1}: {name} is {table[name].iloc[row]!r}; "
                f"wanted {kind}"
            )
        table[name] = np.array(numbers, dtype=kind)
    return table


def _number(text: str, kind: str) -> int | float | None:
    """Read one number, exactly if it is to be whole; None if it is none."""
    if not NUMBER.fullmatch(text.strip()):
        return None
    if kind == "float64":
        return float(text) if math.isfinite(float(text)) else None
    try:
        exact = Decimal(text.strip())  # through a float, 2**53 + 1 would become 2**53
    except ArithmeticError:  # an exponent beyond Decimal's
        return None
    return int(exact) if -(2**63) <= exact < 2**63 and exact == int(exact) else None


def quote(value: object, length: int = 80) -> str:
    """Quote a value for an error message, cut to `length` characters."""
    shown = repr(value)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"
