"""Read images into arrays: the idx format of Fashion-MNIST, and digits."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from helpers.datasets.payload import read_payload

FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def read_idx(path: str | Path) -> np.ndarray:
    """Read an idx file of unsigned bytes, plain or gzip.

    Args:
        path: The file: two zero bytes, type 8, the number of axes, each axis's length
            as 4 bytes big-endian, then the values.

    Returns:
        uint8 array of the shape the file states.

    Raises:
        ValueError: If the header is another one, or the file is cut off.

    Source: Y. LeCun, C. Cortes, C. Burges, the MNIST database's file format.
    """
    raw, name = read_payload(path), Path(path).name
    if raw[:3] != b"\0\0\x08" or len(raw) < 4 or not 0 < raw[3] <= 32:
        raise ValueError(
            f"{name}: begins with {raw[:4]!r}; wanted idx bytes 0, 0, 8, n"
        )
    start = 4 + 4 * raw[3]
    shape = np.frombuffer(raw[4:start].ljust(4 * raw[3], b"\0"), ">u4").tolist()
    values = np.frombuffer(raw[start:], dtype=np.uint8)
    if not values.size or values.size != math.prod(shape):
        raise ValueError(f"{name}: holds {values.size} values; wanted {tuple(shape)}")
    return values.reshape(shape)


def fashion_mnist(paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Read the images of clothes.

    Args:
        paths: The four idx files by name.

    Returns:
        images uint8 (60000, 28, 28), 0 is the background; labels int64 (60000,);
        test_images and test_labels (10000 of them); class_names (10,).

    Raises:
        ValueError: If a file is not idx.
    """
    arrays = {}
    for part, prefix in (("train", ""), ("t10k", "test_")):
        arrays[f"{prefix}images"] = read_idx(paths[f"{part}-images-idx3-ubyte.gz"])
        labels = read_idx(paths[f"{part}-labels-idx1-ubyte.gz"])
        arrays[f"{prefix}labels"] = labels.astype(np.int64)
    return arrays | {"class_names": np.array(FASHION_CLASSES)}


def digits(paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Read scikit-learn's handwritten digits, in the shape of `fashion_mnist`.

    Args:
        paths: Not used; scikit-learn carries the data.

    Returns:
        images uint8 (1500, 28, 28), enlarged from 8 by 8 pixels with values 0 to 16;
        labels int64 (1500,); test_images and test_labels (the last 297 of the file);
        class_names (10,); small_images and test_small_images uint8 (n, 8, 8).
    """
    from sklearn.datasets import load_digits

    source = load_digits()
    small = source.images.astype(np.uint8)  # (1797, 8, 8)
    large, labels = _enlarge(source.images), source.target.astype(np.int64)
    return {
        "images": large[:1500],
        "labels": labels[:1500],
        "test_images": large[1500:],
        "test_labels": labels[1500:],
        "class_names": np.array([str(digit) for digit in range(10)]),
        "small_images": small[:1500],
        "test_small_images": small[1500:],
    }


def _enlarge(images: np.ndarray) -> np.ndarray:
    """Enlarge 8 by 8 images to 24 by 24, linearly, inside a margin of 2 pixels."""
    position = np.clip((np.arange(24) + 0.5) / 3 - 0.5, 0, 7)
    distance = np.abs(position[:, None] - np.arange(8))
    weights = np.clip(1 - distance, 0, 1)  # (24, 8), rows sum to 1
    large = weights @ images @ weights.T * (255 / 16)
    return np.pad(np.rint(large).astype(np.uint8), ((0, 0), (2, 2), (2, 2)))
