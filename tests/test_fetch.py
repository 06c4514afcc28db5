"""Fetching ahead: what lessons use, short words offline, and make_env.sh's stamps."""

import hashlib
import os
import re
import subprocess
import sys

import pytest

from helpers import fetch
from helpers.datasets import sources
from helpers.pretrained import wheels
from tools import notebooks

SCRIPT = notebooks.ROOT / "tools" / "make_env.sh"
# Stands for an environment's Python: notes that it was asked to fetch.
PYTHON = """#!/bin/sh
[ "$1" = -c ] && exec "{python}" "$@"
echo "$@" >>"{folder}/asked"
exit $(cat "{folder}/answer")
"""


@pytest.fixture
def offline(monkeypatch, tmp_path):
    monkeypatch.setenv("AIGC_PROFILE", "lesson")
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path))
    monkeypatch.delenv("AIGC_DATA", raising=False)
    monkeypatch.setattr(wheels, "_candidates", lambda *_: iter(()))
    monkeypatch.setattr(sources, "_candidates", lambda *_: iter(()))


def test_the_lessons_load_what_is_fetched_ahead():
    loaded = set()
    for path in notebooks.NOTEBOOKS.glob("*.ipynb"):
        for cell in notebooks.read_notebook(path)["cells"]:
            if cell["cell_type"] == "code":
                loaded |= set(re.findall(r"\bload\(\s*\"(\w+)\"", cell["source"]))
    assert loaded & set(fetch.everything()) == set(fetch.LESSONS)


def test_everything_is_all_models_and_public_sets():
    every = fetch.everything()
    assert {*fetch.LESSONS, "conll2003", "movielens_small"} <= set(every)
    assert not {"grammar_news", "digits"} & set(every)


def test_announcement_counts_and_adds_up():
    said = fetch.announcement(["minilm", "ag_news", "chinese_poetry"])
    # 83,506,384 + 1,857,458 + 342,070 bytes
    assert said == "1 model and 2 data sets, 86 MB if none is here yet"
    assert fetch.announcement(["digits"]) == "1 data set, 0 MB if none is here yet"


def test_offline_it_says_little_and_how_to_go_on(offline, capsys):
    assert fetch.main([]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(fetch.LESSONS)
    assert max(map(len, lines)) <= fetch.WIDTH
    missing = [line for line in lines if line.startswith("  missing  ")]
    assert len(missing) == len(fetch.LESSONS)
    assert last == "With a network, try again: python -m helpers.fetch"
    assert fetch.main(["banking77", "--strict"]) == 1
    assert capsys.readouterr().out.endswith(": python -m helpers.fetch banking77\n")


def test_a_broken_connection_is_one_short_line(offline, monkeypatch, capsys):
    address = "https://host.invalid/" + "x" * 300

    def refuse(url, sha256, target, description, members, limit):
        raise sources.DownloadError(
            f"{description}: {address} failed: ConnectionError: {'no way ' * 50}"
        )

    monkeypatch.setattr(sources, "verified_download", refuse)
    assert not fetch.fetch("ag_news")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("  missing  ag_news: ConnectionError: no way no way")
    assert len(line) <= fetch.WIDTH and "https" not in line


@pytest.fixture
def environment(tmp_path):
    """Return a folder that looks like an up-to-date environment."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text(PYTHON.format(python=sys.executable, folder=tmp_path))
    python.chmod(0o755)
    lock = (notebooks.ROOT / "requirements.txt").read_bytes()
    digest = hashlib.sha256(lock).hexdigest()
    (tmp_path / ".requirements.sha256").write_text(digest + "\n")
    (tmp_path / "answer").write_text("1")
    return tmp_path


def make_env(environment, retry=""):
    """Run the script, and return what it said and how often it has fetched so far."""
    done = subprocess.run(
        ["bash", SCRIPT, environment],
        env={**os.environ, "FETCH": retry, "PYTHON": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    asked = environment / "asked"
    return done.stdout, asked.read_text().splitlines() if asked.exists() else []


def test_an_environment_that_is_up_to_date_fetches_only_if_asked(environment):
    assert make_env(environment) == ("", [])
    said, asked = make_env(environment, retry="env")
    assert "make env tries the rest again" in said
    assert asked == ["-m helpers.fetch --strict"]
    assert len(make_env(environment, retry="env")[1]) == 2  # it failed: once more
    (environment / "answer").write_text("0")
    assert make_env(environment, retry="env")[0] == ""
    assert len(make_env(environment, retry="env")[1]) == 3  # it worked: that is all
