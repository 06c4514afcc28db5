"""Turn lesson sources into notebooks and back, and keep the public address in them.

    python tools/notebooks.py pack 07        build/07.py -> notebooks/07_*.ipynb
    python tools/notebooks.py unpack 07      notebooks/07_*.ipynb -> build/07.py
    python tools/notebooks.py address URL    rewrite the repository's address everywhere

A source is Python in percent format. One header line opens a cell:

    # %% [markdown] id=07-title
    # # 06 · A Transformer that writes
    # {{badges}}
    # %% id=07-setup tags=setup
    {{bootstrap}}
    from helpers import course
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers.files import whole_file
from tools.given import words

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
ADDRESS = re.compile(r"https://github\.com/(\w[\w.-]*/\w[\w.-]*?)(?:\.git)?/?", re.A)
HEADER = re.compile(r"# %%(?P<markdown> \[markdown\])?(?P<options>( \w+=\S+)*)\s*")
LESSON = re.compile(r"""course\.start\(\s*["'](\d\d_\w+)["']""")
BADGES = re.compile(r"^\[!\[Open in Colab\].*$", re.MULTILINE)
BOOTSTRAP = re.compile(
    r'import os\nimport subprocess\nimport sys\n\nif "google\.colab".*?'
    r'colab\.py"\], check=True\)',
    re.DOTALL,
)


def repository(root: Path = ROOT) -> str:
    """Return the public address, which stands only in pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["urls"]["Repository"]


def badges(name: str, url: str) -> str:
    """Return the Open-in-Colab and Binder badges of the notebook called `name`."""
    slug = url.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{slug}/blob/main/notebooks/"
    binder = f"https://mybinder.org/v2/gh/{slug}/main?labpath=notebooks/"
    image = "https://colab.research.google.com/assets/colab-badge.svg"
    return (
        f"[![Open in Colab]({image})]({colab}{name}.ipynb) "
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder}{name}.ipynb)"
    )


def bootstrap(url: str) -> str:
    """Return the plain Python that makes a lesson run on Colab, and only there."""
    return f'''import os
import subprocess
import sys

if "google.colab" in sys.modules and not os.path.isdir("../helpers"):  # Colab only
    url = "{url}"
    if not os.path.isdir("aigc-course"):
        subprocess.run(["git", "clone", "--depth=1", url, "aigc-course"], check=True)
    os.chdir("aigc-course/notebooks")
    sys.path.insert(0, os.path.abspath(".."))
    subprocess.run([sys.executable, "../helpers/colab.py"], check=True)'''


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all, with the same line ends anywhere."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_notebook(path: Path, notebook: dict) -> None:
    """Write a notebook as the stable JSON that git diffs well."""
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    write_text(path, text + "\n")


def read_notebook(path: Path) -> dict:
    """Read a notebook, every source and stream joined into one string.

    Raises:
        ValueError: if the file is not a notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
        return notebook
    except (ValueError, KeyError, TypeError) as error:
        text = f"`read_notebook` wants a notebook, received {path.name}: {error!r}"
        raise ValueError(text) from error


def find(number: str, root: Path = ROOT) -> Path:
    """Return the one notebook whose name starts with `number` (such as "06")."""
    every = sorted((root / "notebooks").glob("*_*.ipynb"))
    found = [path for path in every if path.name.split("_")[0] == number]
    if len(found) != 1:
        known = ", ".join(path.name.split("_")[0] for path in every)
        raise ValueError(f"`NB=…` wants a lesson of {known}; received {number!r}")
    return found[0]


def parse(source: str) -> list[dict]:
    """Split a percent-format source into cells.

    Args:
        source: the text of build/NN.py, tokens already replaced or not.

    Returns:
        Notebook cells (nbformat 4.5) without outputs.

    Raises:
        ValueError: text before the first header, a cell without an id, an unknown
            option, or a Markdown line that is not a comment.
    """
    cells: list[dict] = []
    for number, line in enumerate(source.splitlines(), start=1):
        if line.startswith("# %%"):
            cells.append(_open_cell(line, number))
        elif cells:
            cells[-1]["lines"].append(_body_line(line, cells[-1], number))
        elif line.strip():
            raise ValueError(
                f"line {number} comes before the first '# %%' header: {line}"
            )
    for cell in cells:
        cell["source"] = "\n".join(cell.pop("lines")).strip("\n")
    return cells


def _open_cell(line: str, number: int) -> dict:
    match = HEADER.fullmatch(line)
    options = (
        dict(part.split("=", 1) for part in match["options"].split()) if match else {}
    )
    if not match or "id" not in options or set(options) - {"id", "tags"}:
        wanted = "'# %% [markdown] id=NN-words' or '# %% id=NN-words tags=a,b'"
        raise ValueError(f"line {number}: wanted {wanted}, received {line!r}")
    tags = [tag for tag in options.get("tags", "").split(",") if tag]
    cell = {
        "id": options["id"],
        "metadata": {"tags": tags} if tags else {},
        "lines": [],
    }
    if match["markdown"]:
        return {"cell_type": "markdown", **cell}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **cell}


def _body_line(line: str, cell: dict, number: int) -> str:
    if cell["cell_type"] == "code" or not line.strip():
        return line.rstrip()
    if line.startswith("# ") or line == "#":
        return line[2:]
    raise ValueError(f"line {number}: wanted '# ' before Markdown, received {line!r}")


def to_source(notebook: dict) -> str:
    """Return a notebook as percent-format text; badges and bootstrap become tokens."""
    blocks = []
    for cell in notebook["cells"]:
        tags = ",".join(cell["metadata"].get("tags", []))
        options = f" id={cell['id']}" + (f" tags={tags}" if tags else "")
        if cell["cell_type"] == "markdown":
            text = BADGES.sub("{{badges}}", cell["source"])
            lines = [f"# {line}" if line else "#" for line in text.split("\n")]
            blocks.append("\n".join([f"# %% [markdown]{options}", *lines]))
        else:
            text = BOOTSTRAP.sub("{{bootstrap}}", cell["source"])
            blocks.append(f"# %%{options}\n{text}".rstrip("\n"))
    return "\n\n".join(blocks) + "\n"


def to_notebook(source: str, name: str, url: str) -> dict:
    """Build the notebook called `name` from percent-format text."""
    cells = parse(source)
    for cell in cells:
        text = cell["source"].replace("{{badges}}", badges(name, url))
        cell["source"] = text.replace("{{bootstrap}}", bootstrap(url))
    identifiers = [cell["id"] for cell in cells]
    twice = sorted({one for one in identifiers if identifiers.count(one) > 1})
    if twice:
        raise ValueError(f"cell ids must differ, these come twice: {twice}")
    return {"cells": cells, "metadata": metadata(), "nbformat": 4, "nbformat_minor": 5}


def metadata() -> dict:
    """Return the only notebook metadata that the course commits."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"kernelspec": kernel, "language_info": {"name": "python"}}


def keep_outputs(notebook: dict, old: dict) -> bool:
    """Copy the outputs of `old` if all code is the same; say whether it was."""
    new_code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    old_code = [cell for cell in old["cells"] if cell["cell_type"] == "code"]
    same = [(c["id"], c["source"]) for c in new_code] == [
        (c["id"], c["source"]) for c in old_code
    ]
    if same:
        for cell, former in zip(new_code, old_code, strict=True):
            cell["outputs"] = former["outputs"]
            cell["execution_count"] = former["execution_count"]
    return same


def pack(number: str, root: Path = ROOT) -> Path:
    """Write notebooks/NN_*.ipynb from build/NN.py and return its path.

    Outputs survive an edit that changes prose only; any change of code drops them all.
    """
    source = (root / "build" / f"{number}.py").read_text(encoding="utf-8")
    lesson = LESSON.search(source)
    if not lesson or not lesson[1].startswith(f"{number}_"):
        found = lesson[1] if lesson else "none"
        raise ValueError(
            f'wanted course.start("{number}_…") in the source, found {found}'
        )
    path = root / "notebooks" / f"{lesson[1]}.ipynb"
    notebook = to_notebook(source, lesson[1], repository(root))
    kept = path.exists() and keep_outputs(notebook, read_notebook(path))
    kept = kept and any(cell.get("outputs") for cell in notebook["cells"])
    write_notebook(path, notebook)
    cells = len(notebook["cells"])
    state = "outputs kept" if kept else f"no outputs yet: make render NB={number}"
    print(f"{path.relative_to(root)}: {cells} cells, {state}")
    return path


def unpack(number: str, root: Path = ROOT) -> Path:
    """Write build/NN.py from notebooks/NN_*.ipynb and return its path."""
    path = root / "build" / f"{number}.py"
    write_text(path, to_source(read_notebook(find(number, root))))
    print(path.relative_to(root))
    return path


def set_address(url: str, root: Path = ROOT) -> list[Path]:
    """Replace the repository's address in pyproject, README and every notebook.

    Raises:
        ValueError: `url` is not https://github.com/<owner>/<name>.
    """
    match = ADDRESS.fullmatch(url)
    if not match:
        raise ValueError(
            f"`URL=…` wants https://github.com/<owner>/<name>, received {url!r}"
        )
    old = repository(root).removeprefix("https://github.com/")
    whole = re.compile(rf"(?<![\w.-]){re.escape(old)}(?![\w-])")
    folder = re.compile(rf"^cd {re.escape(old.split('/')[1])}$", re.MULTILINE)
    new_folder = f"cd {match[1].split('/')[1]}"
    documents = [root / "pyproject.toml", root / "README.md", root / "CONTRIBUTING.md"]
    changed = []
    for path in documents + sorted((root / "notebooks").glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        after = folder.sub(new_folder, whole.sub(match[1], before))
        if after != before:
            write_text(path, after)
            changed.append(path)
    return changed


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=["pack", "unpack", "address"])
    parser.add_argument(
        "names", nargs="*", help="lesson numbers (else in NB), or the address (in URL)"
    )
    arguments = parser.parse_args()
    if arguments.action == "address":
        variable, wanted = "URL", "https://github.com/<owner>/<name>"
    else:
        variable, wanted = "NB", "lesson numbers such as 06"
    try:
        names = arguments.names or words(variable, wanted)
        if not names:
            raise ValueError(f"`{variable}=…` wants {wanted}, received nothing")
        for name in names:
            if arguments.action == "address":
                print(*[path.name for path in set_address(name)], sep="\n")
            else:
                {"pack": pack, "unpack": unpack}[arguments.action](name)
    except (ValueError, FileNotFoundError) as problem:
        sys.exit(f"{arguments.action}: {problem}")


if __name__ == "__main__":
    main()
