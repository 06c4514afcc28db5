"""A reader's first minutes in a real browser: lesson 00 and the listening form.

`make test-browser` runs it; `make test` does not.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 240  # lesson 00 in the smoke profile takes a fraction of it
FORM = """
from pathlib import Path
import numpy as np
from helpers import listening

rng = np.random.default_rng(0)
noises = 0.1 * rng.standard_normal((2, 4_000))
clips = [listening.Clip(f"clip {i}", "noise", noise) for i, noise in enumerate(noises)]
listening.Form(clips, Path("ratings.csv"), "Wei").widget()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a copy of what a clone holds, so that no lesson here is written over."""
    folder = tmp_path_factory.mktemp("clone") / "aigc-course"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    cell = {
        "cell_type": "code", "execution_count": None, "id": "form", "metadata": {},
        "outputs": [], "source": FORM,
    }  # fmt: skip
    lesson = json.loads((folder / "notebooks" / "00_start_here.ipynb").read_text())
    form = lesson | {"cells": [cell]}
    (folder / "notebooks" / "form.ipynb").write_text(json.dumps(form))
    return folder


@pytest.fixture(scope="module")
def address(project, serve, port, tmp_path_factory):
    """Start JupyterLab as `make lab` does, and return the address it prints."""
    folder = tmp_path_factory.mktemp("jupyter")
    places = {
        name: str(folder / name)
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "IPYTHONDIR",
        )
    }
    given = {"LAB_ARGS": f"--no-browser --port {port()}", "AIGC_PROFILE": "smoke"}
    return serve(
        [sys.executable, "tools/lab.py"],
        r"http://127\.0\.0\.1:\d+/lab\S*",
        cwd=project,
        env={**os.environ, **places, **given, "PYTHONPATH": str(project)},
    )


@pytest.fixture(scope="module")
def page(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel:visible .jp-Cell")
    yield page
    page.close()


def find(page, selector):
    """Scroll through the open notebook until something is shown, and return it."""
    found = page.locator(f".jp-NotebookPanel:visible {selector}")
    outer = page.locator(".jp-NotebookPanel:visible .jp-WindowedPanel-outer").first
    outer.evaluate("panel => panel.scrollTo(0, 0)")
    for _ in range(120):  # JupyterLab makes only the cells that are near
        if found.count():
            return found.first
        outer.evaluate("panel => panel.scrollBy(0, 400)")
        page.wait_for_timeout(150)
    raise AssertionError(f"{selector} is not in the notebook")


def test_printed_address_opens_the_first_lesson(page):
    assert "00_start_here.ipynb" in page.url
    assert find(page, "h1").inner_text().startswith("00 · Start here")


def test_stored_outputs_are_shown(page):
    assert find(page, ".jp-OutputArea table").is_visible()
    assert find(page, "mjx-container, .MathJax").is_visible()
    assert find(page, ".jp-OutputArea img").evaluate("image => image.naturalWidth") > 99


def test_map_of_the_course_can_be_read(page):
    figure = find(page, ".jp-RenderedMermaid img, .jp-RenderedMermaid svg")
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    assert box["height"] > 300 and box["width"] > 300


def test_stored_audio_plays_at_once(page):
    player = find(page, "audio")
    assert player.evaluate("audio => audio.controls && !audio.error")
    duration = "audio => audio.play().then(() => audio.duration)"
    player.evaluate("audio => audio.muted = true")
    assert 1 < player.evaluate(duration) < 10


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def test_lesson_00_runs(page):
    run_all(page)
    busy = ".jp-NotebookPanel:visible .jp-InputPrompt:text-is('[*]:')"
    page.wait_for_timeout(2_000)
    deadline = time.monotonic() + SECONDS
    while page.locator(busy).count() and time.monotonic() < deadline:
        page.wait_for_timeout(500)
    assert not page.locator(busy).count()
    last = find(page, ".jp-OutputArea :text('Not yet: add some pairs')")
    assert last.is_visible()
    errors = (
        ".jp-NotebookPanel:visible [data-mime-type='application/vnd.jupyter.error']"
    )
    assert not page.locator(errors).count()


def test_listening_form_saves_what_is_clicked(page, address, project):
    page.goto(re.sub(r"/lab/tree/[^?]*", "/lab/tree/notebooks/form.ipynb", address))
    page.wait_for_selector(".jp-NotebookPanel:visible .jp-Cell >> text=listening.Form")
    page.locator(".jp-NotebookPanel:visible .jp-CodeCell").first.click()
    run_all(page)
    page.wait_for_selector(".widget-radio-box", timeout=SECONDS * 1000)
    button = page.get_by_role("button", name="Save and next")
    assert button.is_disabled()
    for clicked, progress in (("4", "Clip 2 of 2"), ("2", "All 2 clips are rated")):
        page.locator(f".widget-radio-box input >> nth={int(clicked) - 1}").click()
        button.click()
        page.wait_for_selector(f"text={progress}")
    table = (project / "notebooks" / "ratings.csv").read_text(encoding="utf-8")
    ratings = [row.split(",") for row in table.splitlines()[1:]]
    assert len(ratings) == 2
    assert all("Wei" in row for row in ratings)
