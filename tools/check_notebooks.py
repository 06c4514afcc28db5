"""Check that every lesson keeps the course's form; see CONTRIBUTING.md.

    python tools/check_notebooks.py        check all; print problems; exit 1 if any

Each check takes a `Lesson` and yields problems in words; those of a lesson's parts are
in tools/check_anatomy.py. tests/test_notebooks.py runs all of them one by one and
proves that each can fail.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import check_anatomy
from tools.lesson import Lesson, tags, text_of
from tools.notebooks import ROOT, metadata

TAGS = {
    "setup", "exercise", "check", "solution", "nbval-check-output", "raises-exception",
}  # fmt: skip
HERE_ONLY = re.compile(
    r"(?<![\w.:/])/(?:home|root|Users|work|tmp|var|mnt|opt|usr|private|content|app)/\w"
    r"|\b[A-Z]:\\\w|site-packages|file://"
)
LINK = re.compile(r"""\]\(([^)\s]+)(?:\s+"[^"]*")?\)|(?:src|href)=["']([^"']+)["']""")


def is_valid(lesson: Lesson) -> Iterator[str]:
    """The file is nbformat 4.5 with the course's metadata and known tags only."""
    try:
        nbformat.validate(nbformat.read(lesson.path, as_version=nbformat.NO_CONVERT))
    except nbformat.ValidationError as error:
        yield f"not a valid notebook: {str(error).splitlines()[0]}"
    if lesson.notebook["metadata"] != metadata():
        yield "metadata other than the course's kernelspec and language_info"
    for cell in lesson.cells:
        if set(cell["metadata"]) - {"tags"}:
            yield f"{cell['id']}: metadata other than tags: {sorted(cell['metadata'])}"
        if set(tags(cell)) - TAGS:
            yield f"{cell['id']}: unknown tags {sorted(set(tags(cell)) - TAGS)}"


def has_word_ids(lesson: Lesson) -> Iterator[str]:
    """Cell ids are NN-words and differ."""
    seen = set()
    for cell in lesson.cells:
        if not re.fullmatch(rf"{lesson.number}(-[a-z0-9]+)+", cell["id"]):
            yield f"id {cell['id']!r}: wanted {lesson.number}-words"
        if cell["id"] in seen:
            yield f"id {cell['id']!r} comes twice"
        seen.add(cell["id"])


def was_run_in_order(lesson: Lesson) -> Iterator[str]:
    """Code cells carry the counts 1 … n, and none is empty."""
    if all(cell["execution_count"] is None for cell in lesson.code):
        yield f"it was never executed: make render NB={lesson.number}"
        return
    for wanted, cell in enumerate(lesson.code, start=1):
        if cell["execution_count"] != wanted:
            count = cell["execution_count"]
            yield f"{cell['id']}: execution count {count}, wanted {wanted}: render it"
        if not cell["source"].strip():
            yield f"{cell['id']}: an empty code cell"


def shows_no_errors(lesson: Lesson) -> Iterator[str]:
    """No stderr, and no error but in a raises-exception cell that is compared."""
    for cell in lesson.code:
        wanted = {"raises-exception", "nbval-check-output"} <= set(tags(cell))
        kinds = [output["output_type"] for output in cell["outputs"]]
        if "error" in kinds and not wanted:
            yield f"{cell['id']}: an error output"
        if "raises-exception" in tags(cell) and not (wanted and "error" in kinds):
            yield f"{cell['id']}: raises-exception wants a checked error output"
        if any(output.get("name") == "stderr" for output in cell["outputs"]):
            yield f"{cell['id']}: stderr output"


def has_no_widgets(lesson: Lesson) -> Iterator[str]:
    """No widget state or view, which GitHub cannot show."""
    if "widgets" in lesson.notebook["metadata"]:
        yield "widget state in the metadata"
    for cell_id, output in lesson.outputs:
        if any("widget" in kind for kind in output.get("data", {})):
            yield f"{cell_id}: a widget in the output"


def names_no_machine(lesson: Lesson) -> Iterator[str]:
    """Neither sources nor outputs name a folder of one machine."""
    shown = [(cell["id"], cell["source"]) for cell in lesson.cells]
    shown += [(cell_id, text_of(output)) for cell_id, output in lesson.outputs]
    for cell_id, text in shown:
        found = HERE_ONLY.search(text)
        if found:
            yield f"{cell_id}: a path of one machine: …{text[found.start() :][:40]!r}"


def shows_no_addresses(lesson: Lesson) -> Iterator[str]:
    """No output is the bare `<object at 0x7f…>`, which tells a reader nothing."""
    for cell_id, output in lesson.outputs:
        if set(output.get("data", {})) <= {"text/plain"}:
            found = re.search(r".{,40} at 0x.{,20}", text_of(output))
            if found:
                yield f"{cell_id}: a memory address: {found[0]!r}"


def links_lead_somewhere(lesson: Lesson) -> Iterator[str]:
    """Every local link and image exists, and every anchor is a heading."""
    for cell in lesson.prose:
        for groups in LINK.findall(cell["source"]):
            target = next(filter(None, groups))
            if re.match(r"https?://|mailto:|data:", target):
                continue
            file, _, anchor = target.partition("#")
            if file and not (lesson.path.parent / file).exists():
                yield f"{cell['id']}: link to {target}, which does not exist"
            if not file and anchor not in {slug(t) for _, t, _ in lesson.headings}:
                yield f"{cell['id']}: link to the missing heading #{anchor}"


def slug(heading: str) -> str:
    """Return the anchor that Jupyter gives a heading."""
    return heading.replace(" ", "-")


@lru_cache
def allowed_imports(root: Path) -> frozenset[str]:
    """Return the modules a lesson may import: standard library, helpers, the lock."""
    lock = (root / "requirements.txt").read_text(encoding="utf-8")
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    modules = {
        module
        for module, names in packages_distributions().items()
        if any(normal(name) in locked for name in names)
    }
    return frozenset(modules | sys.stdlib_module_names | {"helpers"})


def normal(name: str) -> str:
    """Return a package's name in its one normal spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imports_what_is_locked(lesson: Lesson) -> Iterator[str]:
    """Code is plain Python and imports only helpers, the lock and the library."""
    for cell in lesson.code:
        try:
            tree = ast.parse(cell["source"])
        except SyntaxError as error:
            yield f"{cell['id']}: not plain Python (a magic or '!' line?): {error.msg}"
            continue
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "."]
            for name in names:
                if name.split(".")[0] not in allowed_imports(lesson.root):
                    yield f"{cell['id']}: imports {name}, which is not in the lock"


CHECKS: list[Callable[[Lesson], Iterator[str]]] = [
    is_valid, has_word_ids, was_run_in_order, shows_no_errors, has_no_widgets,
    names_no_machine, shows_no_addresses, links_lead_somewhere, imports_what_is_locked,
    *check_anatomy.CHECKS,
]  # fmt: skip


def problems(path: Path, root: Path = ROOT) -> list[str]:
    """Return everything that is wrong with one notebook, in words."""
    try:
        lesson = Lesson(path, root)
    except ValueError as error:
        return [str(error)]
    return [problem for check in CHECKS for problem in check(lesson)]


def main() -> None:
    """Check every notebook, print the problems and exit 1 if there are any."""
    wanted = sys.argv[1:]
    count = 0
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if wanted and path.name[:2] not in wanted:
            continue
        for problem in problems(path):
            print(f"{path.name}: {problem}")
            count += 1
    print(f"{count} problems")
    sys.exit(count > 0)


if __name__ == "__main__":
    main()
