"""Every mention of a lesson leads to one that exists, or says that it is planned."""

import re

import pytest

from tools import notebooks

ROOT = notebooks.ROOT
NUMBER = r"[0-9]\d(?!\d|\.\d)"
ASIDE = r"(?:'s)?(?:\s*\((?:[^()]|\([^()]*\))*\))?"  # lesson 03's; 03 (attention)
MENTION = re.compile(
    rf"(?P<planned>planned\s+)?\blessons?\s+{NUMBER}{ASIDE}"
    rf"(?:(?:,|,?\s+and|,?\s+or|\s+to|–)\s+{NUMBER}{ASIDE})*",
    re.IGNORECASE,
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
WRITTEN = {path.name[:2] for path in notebooks.NOTEBOOKS.glob("*.ipynb")}
PLANNED = set(re.findall(r"^\| (\d\d) \| [^\[].* \| planned \| \|$", README, re.M))
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(
        path
        for folder in ("helpers", "tools", "recipes", "benchmarks", "data", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".sh", ".md", ".toml", ".json")
    ),
]


def wrong_mentions(text: str) -> list[str]:
    """Return the mentions of lessons that are not there and not called planned."""
    wrong = []
    for match in MENTION.finditer(text):
        plain = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", match[0])
        for number in re.findall(NUMBER, plain):
            known = PLANNED if match["planned"] else WRITTEN
            between = "to" in plain.split() and number in WRITTEN | PLANNED
            if number not in known and not between:
                wrong.append(match[0])
    return wrong


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Lesson 07 trains it; lessons 03 (masks, heads) and 06 come before.", 0),
        ("Lesson 12 explains this.", 1),
        ("The planned lesson 12 will explain this; see lesson 00's map.", 0),
        ("as in lessons 03,\n04 and 99", 1),
        ("The planned lesson 07 will explain this.", 1),
        ("lessons 09 to 13 draw and speak", 0),
    ],
)
def test_a_mention_is_read_as_a_reader_would(text, count):
    assert len(wrong_mentions(text)) == count


def test_every_number_of_the_course_is_written_or_planned():
    assert sorted(WRITTEN | PLANNED) == [f"{number:02d}" for number in range(28)]
    assert not WRITTEN & PLANNED


@pytest.mark.parametrize(
    "path", sorted(notebooks.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem
)
def test_lessons_name_lessons_that_exist(path):
    cells = notebooks.read_notebook(path)["cells"]
    assert {cell["id"][:3] for cell in cells} == {f"{path.name[:2]}-"}
    said = {cell["id"]: wrong_mentions(cell["source"]) for cell in cells}
    assert not {name: found for name, found in said.items() if found}


def test_documents_and_code_name_lessons_that_exist():
    said = {
        str(path.relative_to(ROOT)): wrong_mentions(path.read_text(encoding="utf-8"))
        for path in DOCUMENTS
    }
    assert not {name: found for name, found in said.items() if found}


def test_readme_groups_the_lessons_by_part():
    parts = re.findall(r"^### Part ([IV]+) · ", README, re.M)
    assert parts == "I II III IV V VI VII".split()
    rows = re.findall(r"^\| (\d\d) \|", README, re.M)
    assert rows == [f"{number:02d}" for number in range(28)]
