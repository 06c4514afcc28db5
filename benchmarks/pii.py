"""Lesson 26's filter for personal data, on the fresh part of pii_notes.

Another author wrote and marked these notes, without having seen the filter or the older
notes. The patterns were frozen before anybody who had changed them read the fresh ones,
and were not changed afterwards. The older patterns of `helpers.text.scrub_pii` are
scored beside the filter, and so is a list of five short ones.

The last line is the smaller of precision and recall, divided by the aim of 0.95.
"""

import re

from helpers import datasets
from helpers.safety import pii
from helpers.text.scrubbing import find_pii

AIM = 0.95
SHORT = {
    "EMAIL": r"\S+@\S+\.\w+",
    "PHONE": r"\+?\d[\d -]{8,14}\d",
    "IP": r"\d+\.\d+\.\d+\.\d+",
    "CARD": r"(?:\d{4}[ -]?){4}",
    "ID": r"\d{17}[\dX]",
}


def short(text: str) -> list[tuple[str, int, int]]:
    """Find what five patterns find that one meets in many places."""
    return [(k, *m.span()) for k, one in SHORT.items() for m in re.finditer(one, text)]


def older(text: str) -> list[tuple[str, int, int]]:
    """Find what the patterns of lesson 04 find, web addresses left out."""
    return [one for one in find_pii(text) if one[0] != "URL"]


def main() -> None:
    """Score three filters; print precision and recall with intervals, and the ratio."""
    notes = datasets.load("pii_notes").table
    fresh = notes[notes["split"] == "fresh"]
    texts, marked = list(fresh["text"]), list(fresh["spans"])
    print(f"pii_notes, fresh: {len(fresh)} notes, {sum(map(len, marked))} marks")
    for name, find in (("short", short), ("older", older), ("filter", pii.find)):
        row = pii.score(texts, marked, [find(text) for text in texts])["all"]
        shares = [row[measure] for measure in ("precision", "recall")]
        said = [f"{x.value:.3f} ({x.low:.3f} to {x.high:.3f})" for x in shares]
        print(f"{name:7} precision {said[0]}, recall {said[1]}")
    print(f"ratio: {min(x.value for x in shares) / AIM:.3f}")


if __name__ == "__main__":
    main()
