"""Compose README's pictures, docs/*.png, from outputs that lessons committed.

    python tools/results_image.py

`make render` does it when one of the lessons below has new outputs. A cell's picture is
shown if it has one, else the beginning of its text: nothing is drawn that a lesson did
not produce. Each file has a fingerprint of its outputs, which a test compares.
"""

import base64
import hashlib
import io
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers.files import whole_file
from tools.lesson import text_of
from tools.notebooks import ROOT, find, read_notebook

PICTURES = {  # name, one a part of the course -> cells; ":text" asks for the text
    "foundations": ("02-train", "03-write"),
    "data": ("04-stages-figure", "05-split-figure"),
    "results": (
        "07-modern-train:text", "19-league", "07-scaling-figure", "13-speak",
        "11-edit-figure", "11-steps",
    ),
    "training": ("14-table", "15-clinic"),
    "evaluation": ("19-scores", "18-power-figure"),
    "applications": (
        "20-desk", "22-dashboard", "21-hundred", "23-paired", "24-listen", "25-curve",
    ),
    "production": ("26-embedded", "27-load-table"),
}  # fmt: skip
WIDTH, GAP = 680, 18  # of a column and between panels, in pixels
LINES, CHARACTERS = 15, 66  # of a text panel


def output_of(cell_id: str) -> bytes | str:
    """Return a cell's first picture as PNG bytes, or else its text.

    Args:
        cell_id: of the cell; with ":text" behind it a picture is passed over.

    Raises:
        ValueError: there is no such cell, or it has no output.
    """
    cell_id, _, kind = cell_id.partition(":")
    path = find(cell_id[:2])
    cells = {cell["id"]: cell for cell in read_notebook(path)["cells"]}
    if cell_id not in cells:
        raise ValueError(f"{path.name} has no cell {cell_id!r}; it has {list(cells)}")
    outputs = cells[cell_id].get("outputs", [])
    for output in outputs:
        if kind != "text" and "image/png" in output.get("data", {}):
            return base64.b64decode("".join(output["data"]["image/png"]))
    outputs = [one for one in outputs if "image/png" not in one.get("data", {})]
    text = "\n".join(map(text_of, outputs))
    lines = [line for line in text.split("\n") if "%|" not in line]  # no progress bars
    text = "\n".join(lines).strip("\n")
    if not text:
        raise ValueError(f"{cell_id} has no output: make render NB={cell_id[:2]}")
    return text


def path_of(name: str) -> Path:
    """Return where a picture lies."""
    return ROOT / "docs" / f"{name}.png"


def fingerprint(name: str) -> str:
    """Return a hash of the outputs that a picture shows."""
    whole = hashlib.sha256()
    for cell_id in PICTURES[name]:
        output = output_of(cell_id)
        whole.update(output if isinstance(output, bytes) else output.encode())
    return whole.hexdigest()


def panel(cell_id: str):
    """Return one cell's output as an RGB picture of a column's width."""
    from PIL import Image, ImageDraw, ImageFont

    output = output_of(cell_id)
    if isinstance(output, bytes):
        picture = Image.open(io.BytesIO(output)).convert("RGB")
        height = round(picture.height * WIDTH / picture.width)
        return picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
    import matplotlib

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    font = ImageFont.truetype(str(fonts / "DejaVuSansMono.ttf"), 16)
    folded = [textwrap.wrap(line, CHARACTERS) or [""] for line in output.split("\n")]
    lines = sum(folded, [])[:LINES]
    picture = Image.new("RGB", (WIDTH, 22 * len(lines) + 12), "#f4f4f4")
    draw = ImageDraw.Draw(picture)
    draw.multiline_text((10, 6), "\n".join(lines), "#222222", font, spacing=6)
    return picture


def compose(name: str) -> None:
    """Put the panels into two columns, each into the shorter one; replace the file."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    heights, placed = [0, 0], []
    for cell_id in PICTURES[name]:
        picture = panel(cell_id)
        column = heights.index(min(heights))
        placed.append((picture, (column * (WIDTH + 2 * GAP), heights[column])))
        heights[column] += picture.height + GAP
    whole = Image.new("RGB", (2 * WIDTH + 2 * GAP, max(heights) - GAP), "white")
    for picture, place in placed:
        whole.paste(picture, place)
    note = PngInfo()
    note.add_text("outputs", fingerprint(name))
    path = path_of(name)
    path.parent.mkdir(exist_ok=True)
    with whole_file(path) as temporary:
        whole.quantize(256, dither=Image.Dither.NONE).save(
            temporary, "PNG", optimize=True, pnginfo=note
        )
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def compose_all(lesson: str = "") -> None:
    """Compose the pictures that show a lesson, or all; say which stay as they were.

    Args:
        lesson: a lesson's number, such as "07"; empty for all pictures.
    """
    for name, cells in PICTURES.items():
        if any(cell.startswith(lesson) for cell in cells):
            try:
                compose(name)
            except ValueError as error:  # a lesson of it is not rendered yet
                print(f"{path_of(name).name} stays as it was: {error}")


if __name__ == "__main__":
    compose_all()
