"""Check that every lesson keeps the course's form; see CONTRIBUTING.md.

    python tools/check_notebooks.py        check all; print problems; exit 1 if any

Each check takes a `Lesson` and yields problems in words. tests/test_notebooks.py runs
them one by one and proves that each can fail.
"""

import ast
import re
import statistics
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.lesson import Lesson, code_lines, tags, text_of
from tools.notebooks import ROOT, badges, bootstrap, metadata, repository

TAGS = {
    "setup", "exercise", "check", "solution", "nbval-check-output", "raises-exception",
}  # fmt: skip
BUDGET = re.compile(
    r"^Time: about [\d.]+ min on 2 CPU cores · Memory: [\d.]+ GB$", re.M
)
HERE_ONLY = re.compile(
    r"(?<![\w.:/])/(?:home|root|Users|work|tmp|var|mnt|opt|usr|private|content|app)/\w"
    r"|\b[A-Z]:\\\w|site-packages|file://"
)
LINK = re.compile(r"""\]\(([^)\s]+)(?:\s+"[^"]*")?\)|(?:src|href)=["']([^"']+)["']""")
ENDING = ["Check yourself", "Exercises", "Summary", "Sources"]
MAX_BYTES = 1_500_000
MAX_OUTPUT_LINES = 60
CODE_LINES = (10, 20, 40)  # median, ninth of ten, longest cell at most


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


def opens_as_agreed(lesson: Lesson) -> Iterator[str]:
    """Title and badges, then what you will build, then the setup cell."""
    if len(lesson.cells) < 3:
        yield "wanted a title cell, an outcomes cell and a setup cell to begin with"
        return
    title, build, setup = lesson.cells[:3]
    url = repository(lesson.root)
    if not re.match(rf"# {lesson.number} · \S", title["source"]):
        yield f"the first cell starts with '# {lesson.number} · Title'"
    if badges(lesson.path.stem, url) not in title["source"]:
        yield "the first cell lacks the badges of the repository's address"
    if [level for level, _, _ in lesson.headings].count(1) != 1:
        yield "wanted exactly one first-level heading"
    yield from _outcomes(build)
    if setup["cell_type"] != "code" or "setup" not in tags(setup):
        yield "the third cell is the code cell with the tag setup"
    if bootstrap(url) not in setup["source"]:
        yield "the setup cell lacks the Colab bootstrap of the repository's address"
    if not re.search(rf"course\.start\(\s*\"{lesson.path.stem}\"", setup["source"]):
        yield f'the setup cell lacks course.start("{lesson.path.stem}")'


def _outcomes(build: dict) -> Iterator[str]:
    source = build["source"]
    if build["cell_type"] != "markdown" or "What you will build" not in source:
        yield "the second cell is Markdown and says 'What you will build'"
    outcomes = re.findall(r"^(?:[-*]|\d+\.) ", source, re.MULTILINE)
    if not 3 <= len(outcomes) <= 5:
        yield f"the second cell lists {len(outcomes)} outcomes, wanted three to five"
    if not re.search(r"prerequisite|before this|you need", source, re.IGNORECASE):
        yield "the second cell names no prerequisites"
    if not BUDGET.search(source):
        yield "the second cell lacks 'Time: about X min on 2 CPU cores · Memory: Y GB'"


def closes_as_agreed(lesson: Lesson) -> Iterator[str]:
    """Check yourself, Exercises, Summary and Sources close the lesson in order."""
    seconds = [text for level, text, _ in lesson.headings if level == 2]
    if seconds[-4:] != ENDING:
        yield f"the last second-level headings are {seconds[-4:]}, wanted {ENDING}"
    folded = sum(c["source"].count("<details>") for c in lesson.section(ENDING[0]))
    if folded < 3:
        yield f"'{ENDING[0]}' has {folded} folded answers, wanted three"
    for cell in lesson.prose:
        if cell["source"].count("<details>") != cell["source"].count("</details>"):
            yield f"{cell['id']}: <details> and </details> do not pair"


def has_exercises(lesson: Lesson) -> Iterator[str]:
    """Three exercises, each a stub cell, a check cell and a folded solution."""
    cells = lesson.section("Exercises")
    kinds = [
        kind for c in cells if c["cell_type"] == "code"
        for kind in ("exercise", "check") if kind in tags(c)
    ]  # fmt: skip
    if kinds != ["exercise", "check"] * 3:
        yield f"'Exercises' has cells tagged {kinds}, wanted exercise and check × 3"
    solutions = sum(cell["source"].count("<details>") for cell in cells)
    solutions += sum("solution" in tags(cell) for cell in cells)
    if solutions < 3:
        yield f"'Exercises' has {solutions} folded solutions, wanted three"


def compares_outputs(lesson: Lesson) -> Iterator[str]:
    """Three or more cells are compared by nbval, each with text to compare."""
    checked = [cell for cell in lesson.code if "nbval-check-output" in tags(cell)]
    if len(checked) < 3:
        yield f"{len(checked)} cells tagged nbval-check-output, wanted three or more"
    for cell in checked:
        if not any(text_of(output).strip() for output in cell["outputs"]):
            yield f"{cell['id']}: checked, but it has no text output to compare"


def has_pictures(lesson: Lesson) -> Iterator[str]:
    """One picture or more for every full ten cells of the lesson."""
    kinds = {"image/png", "image/svg+xml"}
    count = sum(bool(kinds & set(o.get("data", {}))) for _, o in lesson.outputs)
    if count < len(lesson.cells) // 10:
        yield f"{count} pictures in {len(lesson.cells)} cells, wanted one in ten"


def has_agreed_size(lesson: Lesson) -> Iterator[str]:
    """The number and the length of cells, outputs and the file stay in bounds."""
    fewest = 20 if lesson.number == "00" else 35
    if not fewest <= len(lesson.cells) <= 75:
        yield f"{len(lesson.cells)} cells, wanted {fewest} to 75"
    lengths = sorted(map(code_lines, lesson.code)) or [0]
    ninth = lengths[min(len(lengths) - 1, int(0.9 * len(lengths)))]
    found = (statistics.median(lengths), ninth, lengths[-1])
    if any(length > most for length, most in zip(found, CODE_LINES, strict=True)):
        shown = "median {:g}, 90 % {}, longest {}".format(*found)
        yield f"lines in code cells: {shown}; wanted at most {CODE_LINES}"
    size = lesson.path.stat().st_size
    if size > MAX_BYTES:
        yield f"{size:,} bytes, wanted at most {MAX_BYTES:,}"
    for cell_id, output in lesson.outputs:
        if output["output_type"] == "stream":
            count = len(text_of(output).strip().splitlines())
            if count > MAX_OUTPUT_LINES:
                yield f"{cell_id}: a wall of {count} lines of output"


def has_enough_prose(lesson: Lesson) -> Iterator[str]:
    """Between 3.5 and 12 words of prose for each line of code."""
    words = sum(len(re.findall(r"\w+", cell["source"])) for cell in lesson.prose)
    lines = sum(map(code_lines, lesson.code))
    if not lines or not 3.5 <= words / lines <= 12:
        yield f"{words} words for {lines} code lines, wanted 3.5 to 12 words a line"


def steps_down_one_level(lesson: Lesson) -> Iterator[str]:
    """Headings go down one level at a time, so that a table of contents reads well."""
    for (above, _, _), (below, text, _) in pairwise(lesson.headings):
        if below > above + 1:
            yield f"heading {text!r} jumps from level {above} to {below}"


def is_in_readme(lesson: Lesson) -> Iterator[str]:
    """README's lesson table states the same time and memory."""
    readme = (lesson.root / "README.md").read_text(encoding="utf-8")
    pattern = re.escape(f"(notebooks/{lesson.path.name})")
    row = re.search(rf"^\|.*{pattern}.*\| ([^|]+) \| ([^|]+) \|$", readme, re.MULTILINE)
    if not row:
        yield "README's lesson table has no row for it"
        return
    stated = re.search(r"about (.*) on 2 .*Memory: (.*)", lesson.cells[1]["source"])
    if not stated or stated.groups() != row.groups():
        mine = stated.groups() if stated else None
        yield f"README says {row.groups()}, the notebook {mine}"


CHECKS: list[Callable[[Lesson], Iterator[str]]] = [
    is_valid, has_word_ids, was_run_in_order, shows_no_errors, has_no_widgets,
    names_no_machine, shows_no_addresses, links_lead_somewhere, imports_what_is_locked,
    opens_as_agreed, closes_as_agreed, has_exercises, compares_outputs, has_pictures,
    has_agreed_size, has_enough_prose, steps_down_one_level, is_in_readme,
]  # fmt: skip


def problems(path: Path, root: Path = ROOT) -> list[str]:
    """Return everything that is wrong with one notebook, in words."""
    lesson = Lesson(path, root)
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
