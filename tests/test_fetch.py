"""Fetching ahead: what lessons use, short words offline, and make_env.sh's stamps."""

import hashlib
import os
import re
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from helpers import course, datasets, fetch
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
    assert all(line.endswith(": the network was not tried") for line in missing)
    assert last.startswith("AIGC_OFFLINE is set, so the network was not tried.")
    assert last.endswith("Unset it, then: python -m helpers.fetch")
    assert fetch.main(["banking77", "--strict"]) == 1
    assert capsys.readouterr().out.endswith(": python -m helpers.fetch banking77\n")


def test_in_smoke_it_does_not_say_that_a_network_would_help(
    offline, monkeypatch, capsys
):
    monkeypatch.setenv("AIGC_PROFILE", "smoke")
    monkeypatch.delenv("AIGC_OFFLINE")
    assert fetch.main([]) == 0
    said = capsys.readouterr().out
    assert "With a network" not in said
    assert said.splitlines()[-1].startswith("AIGC_PROFILE is smoke, so the network was")


class Refusal:
    """Every download fails in one way; the addresses that were asked are kept."""

    def __init__(self):
        self.fault, self.asked = "", []

    def __call__(self, url, *_, description="", **__):
        if course.offline():
            raise sources.OfflineError("switched off")
        self.asked.append(url)
        raise sources.DownloadError(f"{description}: {url} {self.fault}")


@pytest.fixture
def refusal(offline, monkeypatch):
    monkeypatch.delenv("AIGC_OFFLINE")
    monkeypatch.setattr(sources, "verified_download", Refusal())
    return sources.verified_download


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            f"failed: ConnectionError: {'no way ' * 50}",
            "does not answer (ConnectionError)",
        ),
        ("failed: ReadTimeout: slow", "does not answer (ReadTimeout)"),
        ("answered 404", "answered 404"),
        (f"gave 3 bytes, thrown away: {'x' * 300}", "gave 3 bytes, thrown away: xxx"),
    ],
)
def test_a_host_that_fails_is_named_with_the_home_page(fault, said, refusal, capsys):
    refusal.fault = fault
    assert not fetch.fetch("ag_news")
    first, second = capsys.readouterr().out.splitlines()
    host = urlsplit(refusal.asked[0]).netloc
    assert first.startswith(f"  missing  ag_news: {host} {said}")
    assert len(first) <= fetch.WIDTH and "https" not in first
    assert second.strip() == f"home page: {datasets.catalogue()['ag_news']['home']}"


def test_the_remedy_names_the_mirror(refusal, capsys):
    refusal.fault = "answered 404"
    assert fetch.main(["ag_news", "--strict"]) == 1
    *_, again, mirror = capsys.readouterr().out.splitlines()
    assert again == "With a network, try again: python -m helpers.fetch ag_news"
    assert "home page" in mirror and mirror.endswith("set AIGC_DATA=<folder>.")


def test_quick_asks_one_host_in_vain_and_no_more(refusal, capsys):
    refusal.fault = "failed: ConnectionError: no"
    names = ["ag_news", "tiny_shakespeare", "fashion_mnist"]
    assert fetch.main([*names, "--quick", "--strict"]) == 1
    assert len(refusal.asked) == 1 and "AIGC_OFFLINE" not in os.environ
    assert capsys.readouterr().out.count("  missing  ") == 3
    assert fetch.main([*names, "--strict"]) == 1
    assert len(refusal.asked) > 3


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


def make_env(environment, goal=""):
    """Run the script, and return what it said and how often it has fetched so far."""
    done = subprocess.run(
        ["bash", SCRIPT, environment],
        env={**os.environ, "FETCH": goal, "PYTHON": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    asked = environment / "asked"
    return done.stdout, asked.read_text().splitlines() if asked.exists() else []


def test_an_environment_that_is_up_to_date_fetches_only_if_asked(environment):
    assert make_env(environment) == ("", [])
    said, asked = make_env(environment, "env")
    assert "make env tries the rest again" in said
    assert asked == ["-m helpers.fetch --strict"]
    assert len(make_env(environment, "env")[1]) == 2  # it failed: once more
    (environment / "answer").write_text("0")
    assert make_env(environment, "env")[0] == ""
    assert len(make_env(environment, "env")[1]) == 3  # it worked: that is all


def test_opening_the_course_tries_again_quickly_and_once_a_day(environment):
    quick = "-m helpers.fetch --strict --quick"
    assert make_env(environment, "lab")[1] == [quick]
    assert make_env(environment, "lab") == ("", [quick])
    for hours, tries in [(23, 1), (25, 2), (0, 2)]:
        then = time.time() - 3600 * hours
        if hours:
            os.utime(environment / ".tried", (then, then))
        assert make_env(environment, "lab")[1] == [quick] * tries
    (environment / "answer").write_text("0")
    then = time.time() - 25 * 3600
    os.utime(environment / ".tried", (then, then))
    make_env(environment, "lab")
    os.utime(environment / ".tried", (then, then))
    assert len(make_env(environment, "lab")[1]) == 3  # all is here: never again
