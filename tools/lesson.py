"""Read a notebook file into the views of it that the checks need."""

import re
from functools import cached_property
from pathlib import Path

from tools.notebooks import read_notebook


class Lesson:
    """One notebook file, read, with the views of it that checks need."""

    def __init__(self, path: Path, root: Path):
        self.path, self.root = path, root
        self.notebook = read_notebook(path)
        self.cells = self.notebook["cells"]
        self.number = path.name[:2]

    @cached_property
    def code(self) -> list[dict]:
        """The code cells."""
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @cached_property
    def prose(self) -> list[dict]:
        """The Markdown cells."""
        return [cell for cell in self.cells if cell["cell_type"] == "markdown"]

    @cached_property
    def outputs(self) -> list[tuple[str, dict]]:
        """(cell id, output) of every output."""
        return [(c["id"], output) for c in self.code for output in c["outputs"]]

    @cached_property
    def headings(self) -> list[tuple[int, str, int]]:
        """(level, text, cell index) of every heading outside code fences."""
        found = []
        for index, cell in enumerate(self.cells):
            if cell["cell_type"] == "markdown":
                text = re.sub(r"```.*?```", "", cell["source"], flags=re.DOTALL)
                for hashes, title in re.findall(r"^(#+) (.+)$", text, re.MULTILINE):
                    found.append((len(hashes), title.strip(), index))
        return found

    def section(self, title: str) -> list[dict]:
        """Return the cells from the heading `## title` up to the next `##`."""
        starts = [index for level, _, index in self.headings if level == 2]
        for level, text, index in self.headings:
            if level == 2 and text == title:
                after = [start for start in starts if start > index]
                return self.cells[index : after[0] if after else None]
        return []


def code_lines(cell: dict) -> int:
    """Count the lines of a cell that are not blank."""
    return sum(bool(line.strip()) for line in cell["source"].split("\n"))


def tags(cell: dict) -> list[str]:
    """Return the tags of a cell."""
    return cell["metadata"].get("tags", [])


def text_of(output: dict) -> str:
    """Return everything an output shows as text."""
    data = output.get("data", {})
    shown = [data[kind] for kind in data if kind.startswith("text/")]
    shown += [output.get("text", ""), output.get("evalue", "")]
    return "\n".join("".join(part) for part in shown)
