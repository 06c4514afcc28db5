"""Read the settings and tensors of a GGUF file, believing no size that it claims.

A GGUF file is a header of counts, named settings, one record for each tensor (name,
shape, type, place) and then the tensors' bytes. Every number in it may be damaged, so
each is held against the bytes that are left before anything is read or allocated:
`gguf.GGUFReader` would loop 2**50 times where a file says so.

Source: the GGUF specification, ggml, docs/gguf.md.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

VERSIONS = (2, 3)  # 1 had 32-bit counts; a big-endian file shows another number
DIMENSIONS = 4  # that a tensor has at most
ALIGNMENT = 32  # bytes; a tensor starts at a multiple of it, unless the file says else
TEXT, ARRAY = 8, 9  # the types of settings that are no single number
NUMBERS = dict(  # the others' types in `struct`'s letters
    zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True)
)
LEAST_SETTING = 8 + 4 + 1  # bytes: length of a name, type, value
LEAST_TENSOR = 8 + 4 + 8 + 4 + 8  # bytes: length of a name, rank, a size, type, place


@dataclass(frozen=True)
class Tensor:
    """A tensor as it lies in the file.

    Attributes:
        kind: GGUF's name of its type, such as "Q4_1".
        shape: Its sizes in NumPy's order, the one that runs fastest last.
        data: uint8 (bytes,), a view of the file.
    """

    kind: str
    shape: tuple[int, ...]
    data: np.ndarray


def read_file(path: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read a GGUF file.

    Args:
        path: The file, little-endian, of version 2 or 3.

    Returns:
        The settings by name (numbers, str, bool; arrays as NumPy arrays or lists of
        str), and the tensors by name.

    Raises:
        ValueError: If the file is empty, is no GGUF, is cut off or contradicts itself.
    """
    data = np.memmap(path, np.uint8, "r")
    file = _Cursor(data)
    if bytes(file.take(4)) != b"GGUF":
        raise ValueError("it does not begin with GGUF")
    if (version := file.number("I")) not in VERSIONS:
        raise ValueError(f"its version is {version}, wanted one of {VERSIONS}")
    # Both counts stand before the settings, and the tensors' records after them.
    tensor_count = file.count(LEAST_TENSOR)
    settings = {}
    for _ in range(file.count(LEAST_SETTING)):
        _put_once(settings, file.text(), file.value)
    records = {}
    for _ in range(tensor_count):
        _put_once(records, file.text(), file.record)
    alignment = settings.get("general.alignment", ALIGNMENT)
    if not isinstance(alignment, int) or alignment not in (
        1 << k for k in range(3, 17)
    ):
        raise ValueError(f"its alignment is {alignment!r}, wanted a power of two")
    start = -(-file.at // alignment) * alignment
    return settings, {n: _tensor(data, start, *r) for n, r in records.items()}


def _put_once(found: dict, name: str, read) -> None:
    """Store what `read` gives under a name that is not there yet."""
    if name in found:
        raise ValueError(f"it has {name!r} twice")
    found[name] = read()


def _tensor(
    data: np.ndarray, start: int, shape: tuple[int, ...], code: int, place: int
) -> Tensor:
    """Cut a tensor out of the file's bytes, if it lies within them."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    kind = GGMLQuantizationType(code)  # ValueError if there is no such type
    block, size = GGML_QUANT_SIZES[kind]  # weights that are packed together, and bytes
    length = math.prod(shape) // block * size
    begin = start + place
    if min(shape) < 1 or shape[-1] % block or begin + length > len(data):
        raise ValueError(
            f"a tensor {shape} of {kind.name} at byte {begin:,} does not fit "
            f"into {len(data):,} bytes"
        )
    return Tensor(kind.name, shape, data[begin : begin + length])


class _Cursor:
    """A place in a file's bytes that moves on with each reading."""

    def __init__(self, data: np.ndarray):
        self.data, self.at = memoryview(data), 0

    def take(self, size: int) -> memoryview:
        """Return the next bytes, without a copy."""
        left = len(self.data) - self.at
        if size > left:
            raise ValueError(
                f"it claims {size:,} bytes at byte {self.at:,} of {left:,}"
            )
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, letter: str) -> Any:
        """Return the next number of a type that `struct` names."""
        (value,) = struct.unpack("<" + letter, self.take(struct.calcsize(letter)))
        return value

    def count(self, least: int) -> int:
        """Return a count of things that take so many bytes each at least."""
        count, left = self.number("Q"), len(self.data) - self.at
        if count * least > left:
            raise ValueError(f"it claims {count:,} entries in {left:,} bytes")
        return count

    def text(self) -> str:
        """Return the next text: its length, then its UTF-8 bytes."""
        return str(self.take(self.number("Q")), "utf-8")

    def value(self) -> Any:
        """Return the next setting: a number, a text or an array of one of them."""
        kind = self.number("I")
        if kind == TEXT:
            return self.text()
        if kind in NUMBERS:
            return self.number(NUMBERS[kind])
        if kind != ARRAY:
            raise ValueError(f"it has a setting of the unknown type {kind}")
        kind = self.number("I")
        if kind == TEXT:
            return [self.text() for _ in range(self.count(8))]
        if kind not in NUMBERS:  # an array of arrays, which no Llama model needs
            raise ValueError(
                f"it has an array of the type {kind}, wanted text, numbers"
            )
        dtype = np.dtype("<" + NUMBERS[kind])
        return np.frombuffer(
            self.take(self.count(dtype.itemsize) * dtype.itemsize), dtype
        )

    def record(self) -> tuple[tuple[int, ...], int, int]:
        """Return the next tensor's shape, type and place behind the header."""
        rank = self.number("I")
        if not 1 <= rank <= DIMENSIONS:
            raise ValueError(f"it has a tensor of {rank} dimensions")
        sizes = [self.number("Q") for _ in range(rank)]
        return tuple(reversed(sizes)), self.number("I"), self.number("Q")
