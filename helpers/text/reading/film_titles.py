"""What a film is, in a few words: title, year, genres and tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

YEAR = re.compile(r"\s*\((\d{4})[^)]*\)\s*$")
LATER_ARTICLE = re.compile(r"(.+), (The|A|An|La|Le|Les|El|Il|Der|Die|Das)$")
NO_YEAR = 2005.0  # where no title has one


def film_texts(movies: pd.DataFrame, tags: pd.DataFrame | None = None) -> list[str]:
    """Say in a few words what each film is: title, year, genres, and tags or text.

    Args:
        movies: item, title, genres, and text where there is one.
        tags: item, tag; at most the first three of a film are read. Pass only tags
            of the training part.
    """
    said: dict[int, list[str]] = {}
    if tags is not None:
        for item, tag in zip(tags["item"], tags["tag"], strict=True):
            said.setdefault(item, []).append(tag.lower())
    texts = []
    for row in movies.itertuples():
        found = YEAR.search(row.title)
        name = re.sub(r"\s*\([^)]*\)", "", YEAR.sub("", row.title)) or row.title
        name = LATER_ARTICLE.sub(r"\2 \1", name)
        genres = row.genres.replace("(no genres listed)", "").replace("|", " ")
        parts = [name, found[1] if found else "", getattr(row, "text", ""), genres]
        parts += list(dict.fromkeys(said.get(row.item, [])))[:3]
        texts.append(" ".join(part for part in parts if part))
    return texts


def film_years(movies: pd.DataFrame) -> np.ndarray:
    """Return each film's year as in its title, float64; the median where none is.

    Args:
        movies: title, such as "Alien (1979)".
    """
    found = [YEAR.search(title) for title in movies["title"]]
    years = np.array([float(one[1]) if one else np.nan for one in found])
    middle = np.nanmedian(years) if any(found) else NO_YEAR
    return np.where(np.isnan(years), middle, years)
