"""Label a picture: a PNG that says how it was made, and whether it was changed since.

The label is JSON in a text chunk, signed with a key. It tells honest readers something;
whoever wants to can cut it off.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"Provenance"
IMPLICIT = b"AIGC"  # the field that China's standard GB 45438-2025 names
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


class Provenance(NamedTuple):
    """What a label says, and whether it can be believed.

    `status` is "valid", "no label" or "not what was signed".
    """

    status: str
    label: dict


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(SIGNATURE):
        raise ValueError(f"`read_label` wants a PNG, received {png[:8]!r}")
    place = len(SIGNATURE)
    while place + 12 <= len(png):
        (size,) = struct.unpack(">I", png[place : place + 4])
        body = png[place + 8 : place + 8 + size]
        (check,) = struct.unpack(
            ">I", png[place + 8 + size : place + 12 + size] or b"\0" * 4
        )
        if len(body) < size or check != zlib.crc32(png[place + 4 : place + 8] + body):
            raise ValueError("`read_label` wants a whole PNG, received a damaged chunk")
        yield png[place + 4 : place + 8], body
        place += 12 + size


def _sign(label: Mapping, pixels: bytes, key: bytes) -> str:
    said = json.dumps(label, sort_keys=True, ensure_ascii=False).encode()
    return hmac.new(key, said + hashlib.sha256(pixels).digest(), "sha256").hexdigest()


def write_png(image: np.ndarray, label: Mapping, key: bytes) -> bytes:
    """Write a grey or colour picture as a PNG with a signed label.

    Args:
        image: uint8, (height, width) or (height, width, 3).
        label: What to say, such as model, seed and time; JSON's types.
        key: The maker's secret.

    Returns:
        The file.

    Raises:
        ValueError: If the picture has another shape or type.
    """
    image = np.asarray(image)
    colour = image.ndim == 3 and image.shape[-1] == 3
    if image.dtype != np.uint8 or not (image.ndim == 2 or colour) or not image.size:
        raise ValueError(
            f"`write_png` wants uint8 (H, W) or (H, W, 3), received {image.dtype} "
            f"{image.shape}"
        )
    height, width = image.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, 2 * colour, 0, 0, 0)
    rows = image.reshape(height, -1)
    raw = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()
    label = {"digitalSourceType": SOURCE, **label}
    signed = {"label": label, "signature": _sign(label, header + raw, key)}
    implicit = {"AIGC": {"Label": "1", "ContentProducer": label.get("producer", "")}}
    chunks = [
        (b"IHDR", header),
        (b"tEXt", IMPLICIT + b"\0" + json.dumps(implicit).encode()),
    ]
    text = KEYWORD + b"\0" * 5 + json.dumps(signed, ensure_ascii=False).encode()
    chunks += [(b"iTXt", text), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")]
    return SIGNATURE + b"".join(_chunk(*one) for one in chunks)


def read_label(png: bytes, key: bytes) -> Provenance:
    """Read a PNG's label and hold it against the pixels and the key.

    Args:
        png: The file.
        key: The maker's secret.

    Returns:
        What was found. A changed picture, a changed label and another key all give "not
        what was signed".

    Raises:
        ValueError: If it is no PNG, or a damaged one.
    """
    header, packed, found = b"", b"", None
    for kind, body in _chunks(png):
        header = body if kind == b"IHDR" else header
        packed += body if kind == b"IDAT" else b""
        if kind == b"iTXt" and body.startswith(KEYWORD + b"\0" * 5):
            found = json.loads(body[len(KEYWORD) + 5 :])
    if found is None:
        return Provenance("no label", {})
    pixels = header + zlib.decompress(packed)
    label = found["label"]
    if hmac.compare_digest(found["signature"], _sign(label, pixels, key)):
        return Provenance("valid", label)
    return Provenance("not what was signed", label)


def strip_label(png: bytes) -> bytes:
    """Return the same picture without its text chunks, as many web sites do.

    Args:
        png: The file.
    """
    kept = [one for one in _chunks(png) if one[0] not in (b"iTXt", b"tEXt", b"zTXt")]
    return SIGNATURE + b"".join(_chunk(*one) for one in kept)
