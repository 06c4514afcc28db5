"""Check that every lesson has the agreed parts, in order, number and length.

Each check takes a `Lesson` and yields problems in words; `tools/check_notebooks.py`
runs them.
"""

import ast
import re
import statistics
from collections.abc import Callable, Iterator
from itertools import pairwise

from tools.lesson import Lesson, code_lines, tags, text_of
from tools.notebooks import badges, bootstrap, repository

BUDGET = re.compile(
    r"^Time: about [\d.]+ min on 2 CPU cores · Memory: [\d.]+ GB$", re.M
)
ENDING = ["Check yourself", "Exercises", "Summary", "Sources"]
MAX_BYTES = 1_500_000
MAX_OUTPUT_LINES = 60
CODE_LINES = (14, 20, 30)  # median, ninth of ten, longest cell at most
MOST_CELLS = 60


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


def has_two_tiers(lesson: Lesson) -> Iterator[str]:
    """A main path of half the cells or more, then one part that is headed Deeper."""
    found = [
        index for level, text, index in lesson.headings
        if level == 2 and text.split()[0].strip(":·,") == "Deeper"
    ]  # fmt: skip
    if len(found) != 1:
        yield f"{len(found)} second-level headings begin with 'Deeper', wanted one"
        return
    share = found[0] / len(lesson.cells)
    if not 0.4 <= share <= 0.8:
        yield f"'Deeper' begins after {share:.0%} of the cells, wanted 40 to 80 %"


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


def checks_in_words(lesson: Lesson) -> Iterator[str]:
    """A check tells a learner what is wrong: by `checking`, and by no bare assert.

    `python -O` drops asserts, and a traceback says little to a beginner.
    """
    for cell in lesson.code:
        if "check" not in tags(cell):
            continue
        tree = ast.parse(cell["source"])
        if any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
            yield f"{cell['id']}: its verdict depends on an assert"
        last = tree.body[-1] if tree.body else None
        inside = isinstance(last, ast.With)
        if not inside or "exercises.checking()" not in ast.unparse(last.items[0]):
            yield f"{cell['id']}: does not end with a block `exercises.checking()`"


def compares_outputs(lesson: Lesson) -> Iterator[str]:
    """Three or more cells are compared by nbval, each with text and no figure.

    nbval compares no pictures, and a figure that arrives late would fail the lesson.
    """
    checked = [cell for cell in lesson.code if "nbval-check-output" in tags(cell)]
    if len(checked) < 3:
        yield f"{len(checked)} cells tagged nbval-check-output, wanted three or more"
    for cell in checked:
        if not any(text_of(output).strip() for output in cell["outputs"]):
            yield f"{cell['id']}: checked, but it has no text output to compare"
        if any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            yield f"{cell['id']}: checked, but it draws a figure"


def has_pictures(lesson: Lesson) -> Iterator[str]:
    """One picture or more for every full ten cells of the lesson."""
    kinds = {"image/png", "image/svg+xml"}
    count = sum(bool(kinds & set(o.get("data", {}))) for _, o in lesson.outputs)
    if count < len(lesson.cells) // 10:
        yield f"{count} pictures in {len(lesson.cells)} cells, wanted one in ten"


def has_agreed_size(lesson: Lesson) -> Iterator[str]:
    """The number and the length of cells, outputs and the file stay in bounds."""
    fewest = 20 if lesson.number == "00" else 35
    if not fewest <= len(lesson.cells) <= MOST_CELLS:
        yield f"{len(lesson.cells)} cells, wanted {fewest} to {MOST_CELLS}"
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
    opens_as_agreed, closes_as_agreed, has_two_tiers, has_exercises, checks_in_words,
    compares_outputs, has_pictures, has_agreed_size, has_enough_prose,
    steps_down_one_level, is_in_readme,
]  # fmt: skip
