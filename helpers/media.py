"""Read pictures and sound into arrays: the idx format, WAV archives, digits."""

from __future__ import annotations

import io
import re
import struct
import wave
from pathlib import Path

import numpy as np

from helpers.archives import read_members, read_payload

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
RECORDING = re.compile(r"(?:.*/)?(\d)_([a-z]+)_(\d+)\.wav")


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
    if len(raw) < 4 or raw[:3] != b"\0\0\x08" or raw[3] == 0:
        raise ValueError(
            f"{name}: begins with {raw[:4]!r}; wanted idx bytes 0, 0, 8, n"
        )
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise ValueError(f"{name}: ends after {len(raw)} bytes, inside its header")
    shape = struct.unpack(f">{raw[3]}I", raw[4:start])
    values = np.frombuffer(raw, dtype=np.uint8, offset=start)
    if values.size != int(np.prod(shape, dtype=np.int64)):
        raise ValueError(f"{name}: holds {values.size} values; wanted {shape}")
    return values.reshape(shape)


def fashion_mnist(paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Read the pictures of clothes.

    Args:
        paths: The four idx files by name.

    Returns:
        images uint8 (60000, 28, 28), 0 is the background; labels int64 (60000,);
        test_images and test_labels (10000 of them); class_names (10,).

    Raises:
        ValueError: If a file is not idx, or labels and pictures do not go together.
    """
    arrays = {}
    for part, prefix in (("train", ""), ("t10k", "test_")):
        images = read_idx(paths[f"{part}-images-idx3-ubyte.gz"])
        labels = read_idx(paths[f"{part}-labels-idx1-ubyte.gz"])
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise ValueError(
                f"{part}: images {images.shape} and labels {labels.shape}; wanted "
                "(n, height, width) and (n,)"
            )
        if len(np.unique(labels)) < 2 or labels.max() >= len(FASHION_CLASSES):
            raise ValueError(f"{part}: labels {np.unique(labels)}; wanted 0 to 9")
        arrays[f"{prefix}images"] = images
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
    """Enlarge 8 by 8 pictures to 24 by 24, linearly, inside a margin of 2 pixels."""
    position = np.clip((np.arange(24) + 0.5) / 3 - 0.5, 0, 7)
    distance = np.abs(position[:, None] - np.arange(8))
    weights = np.clip(1 - distance, 0, 1)  # (24, 8), rows sum to 1
    large = weights @ images @ weights.T * (255 / 16)
    return np.pad(np.rint(large).astype(np.uint8), ((0, 0), (2, 2), (2, 2)))


def spoken_digits(paths: dict[str, Path]) -> dict[str, np.ndarray]:
    """Read the spoken digits out of their archive.

    Args:
        paths: The one archive, its members named ``<digit>_<speaker>_<take>.wav``.

    Returns:
        waveforms, object array (3000,) of float32 arrays (samples,) from -1 to 1;
        labels int64 and takes int64 (3000,); speakers, strings (3000,); sample_rate,
        int64 of shape (), in Hz. The data's makers test on takes 0 to 4.

    Raises:
        ValueError: If a member is not a mono 16-bit WAV file, two sample rates occur
            or there is only one digit.
    """
    (path,) = paths.values()
    members = read_members(path, "recordings/*.wav")
    names = [_recording(path.name, name) for name in members]
    sounds = [read_wav(name, content) for name, content in members.items()]
    rates = {rate for _, rate in sounds}
    if len(rates) != 1 or len({digit for digit, _, _ in names}) < 2:
        raise ValueError(
            f"{path.name}: sample rates {sorted(rates)} and digits "
            f"{sorted({digit for digit, _, _ in names})}; wanted one rate, two digits"
        )
    waveforms = np.empty(len(sounds), dtype=object)
    for place, (samples, _) in enumerate(sounds):
        waveforms[place] = samples
    return {
        "waveforms": waveforms,
        "labels": np.array([int(digit) for digit, _, _ in names]),
        "speakers": np.array([speaker for _, speaker, _ in names]),
        "takes": np.array([int(take) for _, _, take in names]),
        "sample_rate": np.array(rates.pop()),
    }


def read_wav(name: str, content: bytes) -> tuple[np.ndarray, int]:
    """Read a mono WAV file of 16-bit samples.

    Args:
        name: What to call the file in errors.
        content: The file's bytes.

    Returns:
        float32 samples (n,), from -1 to 1, and the sample rate in Hz.

    Raises:
        ValueError: If it is another format, cut off or empty.
    """
    try:
        with wave.open(io.BytesIO(content)) as file:
            form = (file.getnchannels(), 8 * file.getsampwidth())
            rate, stated = file.getframerate(), file.getnframes()
            frames = file.readframes(stated)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{name}: is no WAV file: {error}") from error
    if form != (1, 16):
        raise ValueError(
            f"{name}: has {form[0]} channels of {form[1]} bits; wanted 1 of 16"
        )
    if stated == 0 or len(frames) != 2 * stated:
        raise ValueError(f"{name}: holds {len(frames) // 2} of {stated} samples")
    return np.frombuffer(frames, dtype="<i2").astype(np.float32) / 32768, rate


def _recording(archive: str, name: str) -> tuple[str, str, str]:
    """Split a recording's name into digit, speaker and take."""
    match = RECORDING.fullmatch(name)
    if match is None:
        raise ValueError(
            f"{archive}: member {name!r}; wanted <digit>_<speaker>_<take>.wav"
        )
    return match.groups()
