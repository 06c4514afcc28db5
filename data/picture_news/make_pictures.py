"""Choose the thousand pictures of pictures.npz from Fashion-MNIST.

Of each part of the set, training and test, 25 dark and 25 pale pictures of every
class: the first ones in the set's own order whose brightness is clearly on one side.

    AIGC_DATA=… python data/picture_news/make_pictures.py
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from helpers import datasets
from helpers.images.tones import MARGIN, THRESHOLD, brightness

HERE = Path(__file__).resolve().parent
EACH = 25  # pictures of a class, a tone and a part


def choose(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the rows of the pictures to keep, class by class, dark ones first."""
    light = brightness(images)
    dark, pale = light < THRESHOLD - MARGIN, light > THRESHOLD + MARGIN
    rows = [
        np.flatnonzero((labels == key) & tone)[:EACH]
        for key in range(10)
        for tone in (dark, pale)
    ]
    return np.concatenate(rows)


def main() -> None:
    """Write pictures.npz; the same bytes on every machine."""
    arrays = datasets.load("fashion_mnist").arrays
    print("median", np.median(brightness(arrays["images"])), "kept as", THRESHOLD)
    kept = {}
    for part, prefix in (("train", ""), ("test", "test_")):
        images, labels = arrays[f"{prefix}images"], arrays[f"{prefix}labels"]
        rows = choose(images, labels)
        kept[f"{part}_images"] = images[rows].reshape(-1, 28, 28)
        kept[f"{part}_labels"] = labels[rows].astype(np.uint8)
        kept[f"{part}_rows"] = rows.astype(np.int32)
    target = HERE / "pictures.npz"
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in sorted(kept):
            content = io.BytesIO()
            np.save(content, kept[name], allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), 8, 9)
    partial.replace(target)


if __name__ == "__main__":
    main()
