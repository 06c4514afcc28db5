"""Every lesson keeps the course's form, and each check of that form can fail."""

import copy
import json

import pytest

from tools import check_notebooks, execute, notebooks
from tools.lesson import Lesson

LESSONS = sorted(notebooks.NOTEBOOKS.glob("*.ipynb"))
CHECKS = {check.__name__: check for check in check_notebooks.CHECKS}
URL = "https://github.com/someone/course"
NAME = "42_example"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_lesson(path, check):
    problems = list(check(Lesson(path, notebooks.ROOT)))
    assert not problems, "\n".join(problems)


def example_source() -> str:
    """Return a lesson of 36 cells that keeps every rule, in percent format."""
    words = "This sentence has quite enough words to explain the next line of code. "
    titles = [f"Why number {n}?" for n in range(8)]
    titles += ["Deeper"] + [f"And why {n}?" for n in range(3)]
    middle = "".join(
        f"# %% [markdown] id=42-idea-{n}\n# ## {title}\n# {words}\n"
        f"# %% id=42-try-{n}{' tags=nbval-check-output' if n < 3 else ''}\nprint({n})\n"
        for n, title in enumerate(titles)
    )
    practice = "".join(
        f"# %% id=42-stub-{n} tags=exercise\nanswer = None\n"
        f"# %% id=42-test-{n} tags=check\nfrom helpers import exercises\n"
        "with exercises.checking():\n    print(answer)\n"
        for n in range(3)
    )
    folded = "# <details><summary>Answer</summary>Yes.</details>\n" * 3
    return (
        "# %% [markdown] id=42-title\n# # 42 · An example\n# {{badges}}\n"
        "# %% [markdown] id=42-what\n# ## What you will build\n# - a\n# - b\n# - c\n#\n"
        f"# Prerequisites: 02. {words}\n#\n"
        "# Time: about 1.5 min on 2 CPU cores · Memory: 0.9 GB\n"
        "# %% id=42-setup tags=setup\n{{bootstrap}}\nfrom helpers import course\n"
        f'run = course.start("{NAME}")\n{middle}'
        f"# %% [markdown] id=42-check\n# ## Check yourself\n{folded}"
        f"# %% [markdown] id=42-practice\n# ## Exercises\n{folded}{practice}"
        "# %% [markdown] id=42-summary\n# ## Summary\n# [here](42_example.ipynb)\n"
        "# %% [markdown] id=42-sources\n# ## Sources\n# [Summary](#Summary)\n"
    )


def example_notebook() -> dict:
    """Return the example lesson as if it had been executed."""
    notebook = notebooks.to_notebook(example_source(), NAME, URL)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, start=1):
        cell["execution_count"] = count
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": "1\n"}]
        if count > 14:
            picture = {"data": {"image/png": "AAAA"}, "metadata": {}}
            cell["outputs"].append({"output_type": "display_data", **picture})
    return notebook


@pytest.fixture
def project(tmp_path):
    (tmp_path / "notebooks").mkdir()
    url = f'[project]\nname = "x"\n[project.urls]\nRepository = "{URL}"\n'
    (tmp_path / "pyproject.toml").write_text(url, encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("numpy==2.0\n", encoding="utf-8")
    row = f"| 42 | [Example](notebooks/{NAME}.ipynb) | things | 1.5 min | 0.9 GB |\n"
    (tmp_path / "README.md").write_text(row, encoding="utf-8")
    (tmp_path / "CONTRIBUTING.md").write_text("", encoding="utf-8")
    return tmp_path


def found_by(check, project, notebook) -> list[str]:
    path = project / "notebooks" / f"{NAME}.ipynb"
    notebooks.write_notebook(path, notebook)
    return list(check(Lesson(path, project)))


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_a_good_lesson_passes(check, project):
    assert found_by(check, project, example_notebook()) == []


def put(cell, **values):
    return lambda notebook: notebook["cells"][cell].update(values)


def output(cell, **values):
    return lambda notebook: notebook["cells"][cell].update(outputs=[values])


def source(cell, old, new):
    def change(notebook):
        text = notebook["cells"][cell]["source"]
        assert old in text
        notebook["cells"][cell]["source"] = text.replace(old, new)

    return change


def drop(*cells):
    def change(notebook):
        kept = [c for n, c in enumerate(notebook["cells"]) if n not in cells]
        notebook["cells"] = kept

    return change


STREAM = {"output_type": "stream", "name": "stdout"}
ERROR = {"output_type": "error", "ename": "E", "evalue": "e", "traceback": []}
WIDGET = {"application/vnd.jupyter.widget-view+json": {}}
BREAKS = [
    ("is_valid", put(3, metadata={"tags": ["nonsense"]}), "unknown tags"),
    ("is_valid", put(3, metadata={"scrolled": True}), "other than tags"),
    ("is_valid", lambda n: n.update(metadata={}), "kernelspec"),
    ("is_valid", put(4, outputs=[{"output_type": "magic"}]), "not a valid notebook"),
    ("has_word_ids", put(3, id="3f9a"), "wanted 42-words"),
    ("has_word_ids", put(3, id="42-setup"), "twice"),
    ("was_run_in_order", put(4, execution_count=7), "wanted 2"),
    ("was_run_in_order", put(4, execution_count=None), "count None"),
    ("was_run_in_order", put(4, source=" "), "empty"),
    ("shows_no_errors", output(4, **ERROR), "error output"),
    ("shows_no_errors", output(4, **STREAM | {"name": "stderr"}, text="!"), "stderr"),
    (
        "shows_no_errors",
        put(4, metadata={"tags": ["raises-exception", "nbval-check-output"]}),
        "checked error",
    ),
    ("has_no_widgets", output(4, output_type="display_data", data=WIDGET), "widget"),
    ("has_no_widgets", lambda n: n["metadata"].update(widgets={}), "widget state"),
    ("names_no_machine", output(4, **STREAM, text="in /home/me/x"), "one machine"),
    ("names_no_machine", output(4, **STREAM, text="C:\\Users"), "one machine"),
    ("names_no_machine", put(4, source="open('/tmp/x')"), "one machine"),
    ("shows_no_addresses", output(4, **STREAM, text="<map at 0x7f1>"), "address"),
    (
        "shows_no_addresses",
        output(4, output_type="display_data", data={"text/plain": "<X at 0x7f1>"}),
        "'<X at 0x7f1>'",
    ),
    ("links_lead_somewhere", source(3, "quite", "[x](gone.md)"), "not exist"),
    ("links_lead_somewhere", source(3, "quite", "<img src='a.png'>"), "not exist"),
    ("links_lead_somewhere", source(3, "quite", "[x](#Nowhere)"), "missing heading"),
    ("imports_what_is_locked", put(4, source="import torch"), "torch"),
    ("imports_what_is_locked", put(4, source="from os2 import x"), "os2"),
    ("imports_what_is_locked", put(4, source="!ls"), "not plain Python"),
    ("imports_what_is_locked", put(4, source="%matplotlib inline"), "plain Python"),
    ("opens_as_agreed", source(0, "42 ·", "41 ·"), "starts with"),
    ("opens_as_agreed", source(0, "someone", "else"), "badges"),
    ("opens_as_agreed", source(3, "## Why", "# Why"), "first-level"),
    ("opens_as_agreed", source(1, "will build", "may build"), "What you will build"),
    ("opens_as_agreed", source(1, "- a\n", ""), "2 outcomes"),
    ("opens_as_agreed", source(1, "Prerequisites", "P"), "prerequisites"),
    ("opens_as_agreed", source(1, "1.5 min", "some min"), "lacks 'Time"),
    ("opens_as_agreed", put(2, metadata={}), "tag setup"),
    ("opens_as_agreed", source(2, "--depth=1", "--depth=2"), "bootstrap"),
    ("opens_as_agreed", source(2, NAME, "41_other"), "course.start"),
    ("opens_as_agreed", lambda n: n.update(cells=n["cells"][:2]), "to begin with"),
    ("closes_as_agreed", source(-2, "## Summary", "## The end"), "wanted ['Check"),
    ("closes_as_agreed", source(27, "<details>", ""), "0 folded answers"),
    ("closes_as_agreed", source(27, "</details>", ""), "do not pair"),
    ("has_two_tiers", source(19, "Deeper", "Depths"), "0 second-level headings"),
    (
        "has_two_tiers",
        source(5, "Why number 1?", "Deeper: why"),
        "2 second-level headings",
    ),
    ("has_two_tiers", drop(*range(3, 11)), "Deeper' begins after 3"),
    ("has_exercises", drop(29), "tagged"),
    ("has_exercises", source(28, "<details>", ""), "0 folded solutions"),
    ("checks_in_words", source(30, "print(", "assert print("), "depends on an assert"),
    ("checks_in_words", put(30, source="print(answer)"), "does not end with a block"),
    ("compares_outputs", put(4, metadata={}), "2 cells"),
    ("compares_outputs", put(4, outputs=[]), "no text output"),
    (
        "compares_outputs",
        output(4, output_type="display_data", data={"image/png": ""}),
        "draws a figure",
    ),
    ("has_pictures", lambda n: [c.update(outputs=[]) for c in n["cells"]], "0 pict"),
    ("has_agreed_size", drop(3, 4, 5), "34 cells"),
    ("has_agreed_size", put(4, source="x = 1\n" * 31), "longest 31"),
    ("has_agreed_size", output(4, **STREAM, text="x\n" * 61), "wall"),
    ("has_agreed_size", put(3, source="x" * 1_500_000), "bytes"),
    ("has_enough_prose", put(4, source="x = 1\n" * 500), "words for"),
    ("has_enough_prose", put(3, source="word " * 5000), "words for"),
    ("steps_down_one_level", source(3, "## Why", "#### Why"), "jumps"),
    ("is_in_readme", source(1, "0.9 GB", "1.9 GB"), "README says"),
]


@pytest.mark.parametrize(("name", "spoil", "words"), BREAKS)
def test_a_broken_lesson_is_found(name, spoil, words, project):
    notebook = copy.deepcopy(example_notebook())
    spoil(notebook)
    assert words in "\n".join(found_by(CHECKS[name], project, notebook))


def test_every_check_is_shown_to_fail():
    assert {name for name, _, _ in BREAKS} == set(CHECKS)


def test_a_lesson_missing_from_readme_is_found(project):
    (project / "README.md").write_text("nothing", encoding="utf-8")
    found = found_by(CHECKS["is_in_readme"], project, example_notebook())
    assert found == ["README's lesson table has no row for it"]


def test_pack_and_unpack_are_inverse(project):
    (project / "build").mkdir()
    (project / "build" / "42.py").write_text(example_source(), encoding="utf-8")
    path = notebooks.pack("42", project)
    first = path.read_text(encoding="utf-8")
    notebooks.unpack("42", project)
    assert "{{bootstrap}}" in (project / "build" / "42.py").read_text(encoding="utf-8")
    notebooks.pack("42", project)
    assert path.read_text(encoding="utf-8") == first


def test_pack_keeps_outputs_only_while_the_code_is_the_same(project):
    path = project / "notebooks" / f"{NAME}.ipynb"
    notebooks.write_notebook(path, example_notebook())
    build = notebooks.unpack("42", project)
    text = build.read_text(encoding="utf-8")
    build.write_text(text.replace("quite enough", "more than enough"), encoding="utf-8")
    notebooks.pack("42", project)
    assert json.loads(path.read_text(encoding="utf-8"))["cells"][4]["outputs"]
    build.write_text(text.replace("print(0)", "print(10)"), encoding="utf-8")
    notebooks.pack("42", project)
    assert not json.loads(path.read_text(encoding="utf-8"))["cells"][4]["outputs"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n# %% id=42-a\n", "before the first"),
        ("# %%\n", "id=NN-words"),
        ("# %% id=42-a colour=red\n", "id=NN-words"),
        ("# %% [markdown] id=42-a\nbare\n", "'bare'"),
        ("# %% id=42-a\n# %% id=42-a\n", "42-a"),
    ],
)
def test_bad_source_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        notebooks.to_notebook(text, NAME, URL)


def test_address_is_rewritten_everywhere(project):
    path = project / "notebooks" / f"{NAME}.ipynb"
    notebooks.write_notebook(path, example_notebook())
    readme = f"git clone {URL}\ncd course\n"
    (project / "README.md").write_text(readme, encoding="utf-8")
    notebooks.set_address("https://github.com/new.owner/gen-ai.git", project)
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert readme == "git clone https://github.com/new.owner/gen-ai\ncd gen-ai\n"
    assert notebooks.repository(project) == "https://github.com/new.owner/gen-ai"
    assert "someone" not in path.read_text(encoding="utf-8")
    assert list(CHECKS["opens_as_agreed"](Lesson(path, project))) == []


@pytest.mark.parametrize(
    "url",
    ["github.com/a/b", "https://github.com/a", "", "a/b"]
    + [f"https://github.com/{end}" for end in ("../..", "a/..", "../a", "a/.", "ä/b")],
)
def test_a_bad_address_is_refused(url, project):
    with pytest.raises(ValueError, match="wants https://github.com"):
        notebooks.set_address(url, project)


def test_overwritten_progress_leaves_its_last_line():
    text = "start  \n 10%|#\r 50%|##\r100%|### 2s\nend\n"
    assert execute.last_words(text) == "start  \n100%|### 2s\nend\n"


def test_measurement_is_rounded_up_and_written_to_lesson_and_readme(project):
    notebook = example_notebook()
    measured = execute.Measurement(NAME, seconds=121, peak_bytes=1_010_000_000)
    execute.state_measurement(notebook, measured, project)
    line = "Time: about 2.5 min on 2 CPU cores · Memory: 1.1 GB"
    assert line in notebook["cells"][1]["source"]
    assert found_by(CHECKS["is_in_readme"], project, notebook) == []


def test_a_failing_cell_is_named_and_the_good_run_measured(project):
    path = project / "notebooks" / f"{NAME}.ipynb"
    cells = notebooks.parse(
        "# %% id=42-a\nimport time\nheld = bytearray(10**8)\ntime.sleep(4)\n"
        "# %% id=42-b\n1 / 0"
    )
    notebook = notebooks.to_notebook("", NAME, URL)
    notebooks.write_notebook(path, {**notebook, "cells": cells})
    _, measurement = execute.execute(path)
    assert measurement.problem.startswith("cell 42-b: ZeroDivisionError")
    assert measurement.peak_bytes > 10**8
    assert "42-b" in execute.table([measurement])
