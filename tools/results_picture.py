"""Compose docs/results.png, README's picture, from outputs that lessons committed.

    python tools/results_picture.py [cell ids…]

Each cell id names a cell of a rendered lesson. Its picture is shown if it has one, else
the beginning of its text. Nothing is drawn that a lesson did not produce.
"""

import base64
import io
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.lesson import text_of
from tools.notebooks import ROOT, find, read_notebook

CELLS = ("06-train-check", "06-grammar-figure", "02-real-heads", "05-memory")
LINES, CHARACTERS = 18, 74  # of a text panel


def output_of(cell_id: str) -> bytes | str:
    """Return a cell's first picture as PNG bytes, or else its text.

    Raises:
        ValueError: there is no such cell, or it has no output.
    """
    path = find(cell_id[:2])
    cells = {cell["id"]: cell for cell in read_notebook(path)["cells"]}
    if cell_id not in cells:
        raise ValueError(f"{path.name} has no cell {cell_id!r}; it has {list(cells)}")
    outputs = cells[cell_id].get("outputs", [])
    for output in outputs:
        if "image/png" in output.get("data", {}):
            return base64.b64decode("".join(output["data"]["image/png"]))
    text = "\n".join(map(text_of, outputs)).strip("\n")
    if not text:
        raise ValueError(f"{cell_id} has no output: make render NB={cell_id[:2]}")
    return text


def draw(axes, cell_id: str) -> None:
    """Show one cell's output in one panel."""
    import matplotlib.pyplot as plt

    axes.axis("off")
    result = output_of(cell_id)
    if isinstance(result, bytes):
        axes.imshow(plt.imread(io.BytesIO(result)), interpolation="lanczos")
        return
    lines = [line[:CHARACTERS] for line in result.split("\n")[:LINES]]
    axes.text(
        0.02, 0.98, "\n".join(lines), family="monospace", size=8.5, va="top",
        transform=axes.transAxes, linespacing=1.35,
    )  # fmt: skip


def main() -> None:
    """Draw the chosen cells, two in a row, and replace docs/results.png."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    cell_ids = sys.argv[1:] or CELLS
    rows = -(-len(cell_ids) // 2)
    figure, panels = plt.subplots(
        rows, 2, figsize=(13, 3.6 * rows), squeeze=False, layout="constrained"
    )
    for axes in panels.flat[len(cell_ids) :]:
        axes.axis("off")
    for axes, cell_id in zip(panels.flat, cell_ids, strict=False):
        draw(axes, cell_id)
    target = ROOT / "docs" / "results.png"
    target.parent.mkdir(exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".png")
    os.close(handle)
    figure.savefig(temporary, dpi=100)
    os.chmod(temporary, 0o644)
    os.replace(temporary, target)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
