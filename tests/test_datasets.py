"""The one door: sources in order, verified files, stand-ins, and the real catalogue."""

import csv
import errno
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from local_server import serve

from helpers import course, datasets
from helpers.datasets import loading, sources
from helpers.datasets.loading import DatasetUnavailable, load
from helpers.datasets.payload import members_sha256, payload_sha256

MIRROR = sources.mirror_dir()
needs_mirror = pytest.mark.skipif(
    MIRROR is None or not (MIRROR / "MANIFEST.tsv").is_file(),
    reason="AIGC_DATA names no mirror with a manifest",
)
PUBLIC = {
    "fashion_mnist",
    "spoken_digits",
    "tiny_shakespeare",
    "chinese_poetry",
    "ag_news",
    "banking77",
    "conll2003",
    "wnut17",
    "financial_phrasebank",
    "movielens_small",
}
STAND_INS = {
    "tiny_shakespeare": "grammar_news",
    "ag_news": "city_news",
    "chinese_poetry": "city_news_zh",
    "fashion_mnist": "digits",
    "spoken_digits": "espeak_digits",
    "conll2003": "ner_mini",
    "wnut17": "ner_mini",
    "banking77": "support_desk",
    "movielens_small": "reader_club",
    "financial_phrasebank": "market_wire",
}
PLAY = b"Enter Ann, with a lamp.\n" * 300
EXTRA = b"The rest of the play.\n"
CATALOGUE = """
[play]
kind = "public"
title = "A Play"
home = "https://example.org/play"
licence = "CC0"
citation = "Nobody (2026)."
parser = "plain_text"
stand_in = "sketch"
without = {{ file = "rest.txt", note = "the first act only" }}
package = {{ name = "play-data", kind = "Debian", folder = "{package}" }}

[[play.files]]
name = "play.txt"
url = "{url}/play.txt"
sha256 = "{play}"

[[play.files]]
name = "rest.txt"
url = "{url}/rest.txt"
sha256 = "{rest}"
optional = true

[sounds]
kind = "public"
title = "Some Sounds"
home = "https://example.org/sounds"
licence = "CC0"
citation = "Nobody (2026)."
parser = "spoken_digits"

[[sounds.files]]
name = "sounds.tar.gz"
url = "{url}/sounds.tar.gz"
members = "recordings/*.wav"
sha256 = "{sounds}"

[sketch]
kind = "bundled"
title = "A Sketch"
home = "data/sketch"
licence = "CC0"
citation = "Made here; synthetic."
parser = "plain_text"
synthetic = true

[[sketch.files]]
name = "sketch.txt"
"""
RECORDINGS = {f"recordings/{n}_ann_0.wav": bytes([n]) * 900 for n in range(3)}


def packed(members, prefix="", mode="w:gz"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(prefix + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


class Place:
    """A course of three sets in a temporary folder, with a server beside it."""

    def __init__(self, folder, server):
        self.server = server
        self.mirror, self.cache = folder / "mirror", folder / "cache"
        self.package = folder / "package"
        self.catalogue = folder / "root" / "data" / "catalog.toml"
        self.catalogue.parent.mkdir(parents=True)
        (folder / "root/data/sketch").mkdir()
        (folder / "root/data/sketch/sketch.txt").write_text("A sketch.\n")
        self.catalogue.write_text(
            CATALOGUE.format(
                url=server.url,
                package=self.package.as_posix(),
                play=hashlib.sha256(PLAY).hexdigest(),
                rest=hashlib.sha256(EXTRA).hexdigest(),
                sounds=members_sha256(RECORDINGS),
            )
        )

    def put(self, folder, name, content):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        return folder / name

    def files(self):
        found = (p.name for p in self.cache.rglob("*") if p.is_file())
        return sorted(name for name in found if not name.endswith(".lock"))


@pytest.fixture
def place(tmp_path, monkeypatch):
    with serve() as server:
        server.files["play.txt"] = PLAY
        server.files["rest.txt"] = EXTRA
        server.files["sounds.tar.gz"] = packed(RECORDINGS)
        made = Place(tmp_path, server)
        monkeypatch.setattr(course, "root", lambda: tmp_path / "root")
        monkeypatch.setenv("AIGC_PROFILE", "lesson")
        monkeypatch.setenv("AIGC_OFFLINE", "0")
        monkeypatch.setenv("AIGC_DATA", str(made.mirror))
        monkeypatch.setenv("AIGC_CACHE", str(made.cache))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield made


def test_download_then_cache(place, capsys):
    for _ in range(2):
        play = load("play")
        assert play.text == PLAY.decode()
        assert play.paths == {"play.txt": place.cache / "play" / "play.txt"}
    assert place.server.asked == {"play.txt": 1}
    assert place.files() == ["play.txt"]
    assert not play.is_stand_in and not play.synthetic
    assert "play: the first act only (without rest.txt)." in capsys.readouterr().out


def test_mirror_comes_first_and_is_not_copied(place):
    path = place.put(place.mirror / "play", "play.txt", PLAY)
    place.put(place.cache / "play", "play.txt", PLAY)
    place.put(place.package, "play.txt", PLAY)
    assert load("play").paths["play.txt"] == path
    path.unlink()
    assert load("play").paths["play.txt"] == place.cache / "play" / "play.txt"
    (place.cache / "play" / "play.txt").unlink()
    assert load("play").paths["play.txt"] == place.package / "play.txt"
    assert place.files() == [] and not place.server.asked


@pytest.mark.parametrize("content", [PLAY[:-1], PLAY + b" ", b"", b"<html>"])
def test_wrong_file_in_the_mirror_is_passed_over(place, capsys, content):
    path = place.put(place.mirror / "play", "play.txt", content)
    place.put(place.package, "play.txt", PLAY)
    assert load("play").paths["play.txt"] == place.package / "play.txt"
    out = capsys.readouterr().out
    assert "play: play.txt in the mirror is not used: it has SHA-256" in out
    assert path.read_bytes() == content  # the user's mirror is left alone
    assert place.files() == []


def test_wrong_file_in_the_cache_goes(place, capsys, monkeypatch):
    place.put(place.cache / "play", "play.txt", PLAY[:100])
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    with pytest.raises(DatasetUnavailable):
        load("play")
    assert "play.txt in the cache is not used" in capsys.readouterr().out
    assert place.files() == []


@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda server: server.cut.update({"play.txt": 50}), "failed"),
        (lambda server: server.files.pop("play.txt"), "answered 404"),
        (lambda server: server.files.update({"play.txt": b"no"}), "gave 2 bytes"),
        (lambda server: server.errors.update({"play.txt": [500] * 9}), "answered 500"),
    ],
)
def test_failed_download_says_what_to_do_and_leaves_nothing(place, spoil, words):
    spoil(place.server)
    with pytest.raises(DatasetUnavailable, match=words) as caught:
        load("play")
    message = str(caught.value)
    for part in (
        "A Play (play)",
        "https://example.org/play",
        f"Put play.txt into {place.mirror / 'play'}",
        str(place.cache / "play"),
        "Debian package play-data",
        "Stand-in: sketch, by load('play', fallback=True)",
    ):
        assert part in message
    assert place.files() == []


def test_fallback_gives_the_stand_in_and_one_line(place, capsys):
    place.server.files.clear()
    sketch = load("play", fallback=True)
    assert (sketch.name, sketch.requested) == ("sketch", "play")
    assert sketch.is_stand_in and sketch.synthetic
    assert sketch.text == "A sketch.\n"
    assert capsys.readouterr().out == (
        "Stand-in: sketch (synthetic) instead of play, which could not be downloaded.\n"
    )


def test_fallback_is_not_used_when_the_set_is_there(place):
    assert load("play", fallback=True).name == "play"


def test_set_without_stand_in_says_so(place):
    place.server.files.clear()
    with pytest.raises(DatasetUnavailable, match="no bundled stand-in yet"):
        load("sounds", fallback=True)


@pytest.mark.parametrize("source", ["mirror", "cache", "package", "server"])
def test_smoke_profile_looks_nowhere(place, monkeypatch, capsys, source):
    folders = {
        "mirror": place.mirror / "play",
        "cache": place.cache / "play",
        "package": place.package,
    }
    if source in folders:
        place.put(folders[source], "play.txt", PLAY)
    monkeypatch.setenv("AIGC_PROFILE", "smoke")
    assert load("play", fallback=True).name == "sketch"
    assert "which the smoke profile leaves alone" in capsys.readouterr().out
    with pytest.raises(DatasetUnavailable, match="smoke profile"):
        load("play")
    assert not place.server.asked


def test_offline_uses_what_is_here_and_asks_nobody(place, monkeypatch):
    monkeypatch.setenv("AIGC_OFFLINE", "1")
    with pytest.raises(DatasetUnavailable, match="while the network is off"):
        load("play")
    place.put(place.mirror / "play", "play.txt", PLAY)
    assert load("play").text == PLAY.decode()
    assert not place.server.asked


def test_absent_server_fails_fast(place):
    text = place.catalogue.read_text().replace(place.server.url, "http://127.0.0.1:9")
    place.catalogue.write_text(text)
    loading._read_catalogue.cache_clear()
    start = time.monotonic()
    with pytest.raises(DatasetUnavailable, match="could not be downloaded"):
        load("play")
    assert time.monotonic() - start < 5


def test_optional_files(place, monkeypatch, capsys):
    assert set(load("play", optional=True).paths) == {"play.txt", "rest.txt"}
    assert capsys.readouterr().out == ""
    assert set(load("play").paths) == {"play.txt"}
    monkeypatch.setenv("AIGC_PROFILE", "full")
    assert set(load("play").paths) == {"play.txt", "rest.txt"}


def test_missing_optional_file_is_said(place, capsys):
    place.server.files.pop("rest.txt")
    assert set(load("play", optional=True).paths) == {"play.txt"}
    assert capsys.readouterr().out.splitlines() == [
        "play: goes on without rest.txt, which could not be downloaded.",
        "play: the first act only (without rest.txt).",
    ]


def test_unwritable_cache_is_said(place, monkeypatch):
    blocked = place.put(place.catalogue.parent, "file", b"no folder")
    monkeypatch.setenv("AIGC_CACHE", str(blocked))
    with pytest.raises(DatasetUnavailable, match="AIGC_CACHE"):
        load("play")
    monkeypatch.setattr(course, "cache_dir", lambda: blocked)
    with pytest.raises(DatasetUnavailable, match="cannot be read or stored here"):
        load("play")


def test_gzip_in_the_mirror_passes_by_its_payload(place):
    place.put(place.mirror / "play", "play.txt", gzip.compress(PLAY))
    assert load("play").text == PLAY.decode()


@pytest.mark.parametrize(
    "content",
    [
        packed(RECORDINGS),
        packed(RECORDINGS, prefix="sounds-4f2a/"),
        packed(dict(reversed(RECORDINGS.items())) | {"README": b"x"}, mode="w:xz"),
    ],
)
def test_repacked_archive_passes(place, content):
    place.server.files["sounds.tar.gz"] = content
    assert load("sounds").paths["sounds.tar.gz"].read_bytes() == content


@pytest.mark.parametrize(
    "content, words",
    [
        (packed(RECORDINGS)[:-30], "cannot be read whole"),
        (packed(RECORDINGS | {"recordings/x.wav": b"!"}), "SHA-256"),
    ],
)
def test_wrong_archive_is_refused(place, capsys, content, words):
    place.put(place.mirror / "sounds", "sounds.tar.gz", content)
    place.server.files["sounds.tar.gz"] = content
    with pytest.raises(DatasetUnavailable, match=words):
        load("sounds")
    assert re.search(f"in the mirror is not used: .*{words}", capsys.readouterr().out)
    assert place.files() == []


def test_relative_mirror_also_counts_from_the_root(place, monkeypatch, tmp_path):
    place.put(place.mirror / "play", "play.txt", PLAY)
    monkeypatch.setenv("AIGC_DATA", "../mirror")  # seen from root, not from here
    monkeypatch.chdir(tmp_path)
    place.server.files.clear()
    assert load("play").text == PLAY.decode()


def test_a_mirror_that_is_a_file_is_said_once(place, monkeypatch, capsys, tmp_path):
    place.put(tmp_path, "file", b"no folder")
    monkeypatch.setenv("AIGC_DATA", str(tmp_path / "file"))
    for _ in range(2):
        assert load("play").text == PLAY.decode()
    out = capsys.readouterr().out
    assert out.count(f"AIGC_DATA is not used: {tmp_path / 'file'} is a file") == 1


def test_a_mirror_of_nobody_is_said(place, monkeypatch, capsys):
    monkeypatch.setenv("AIGC_DATA", "~nosuchuser/data")
    assert load("play").text == PLAY.decode()
    assert "AIGC_DATA is not used: it is '~nosuchuser/data'." in capsys.readouterr().out


def test_mirror_with_a_blank_and_a_tilde(place, monkeypatch, tmp_path):
    path = place.put(tmp_path / "my mirror" / "play", "play.txt", PLAY)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("AIGC_DATA", " ~/my mirror ")
    assert load("play").paths["play.txt"] == path


def test_what_may_not_be_read_is_passed_over(place, monkeypatch):
    place.put(place.mirror / "play", "play.txt", PLAY)
    cached = place.put(place.cache / "play", "play.txt", PLAY)
    stat = os.stat

    def refuse(path, *args, **kwargs):
        if str(path).startswith(str(place.mirror)):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", refuse)
    assert load("play").paths["play.txt"] == cached


def test_without_a_cache_folder_the_rest_works(place, monkeypatch, capsys):
    def homeless():
        raise ValueError("no home")

    monkeypatch.setattr(course, "cache_dir", homeless)
    with pytest.raises(DatasetUnavailable, match="AIGC_CACHE"):
        load("play")
    assert load("play", fallback=True).name == "sketch"
    path = place.put(place.mirror / "play", "play.txt", PLAY)
    assert load("play").paths["play.txt"] == path
    path.unlink()
    monkeypatch.setenv("AIGC_PROFILE", "smoke")
    assert load("play", fallback=True).name == "sketch"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_called_that(place, monkeypatch, number):
    def full(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(sources, "fetch", full)
    with pytest.raises(DatasetUnavailable, match="for which the disk is full"):
        load("play")
    assert place.files() == []


def test_size_of_the_catalogue_is_the_most_that_is_fetched(place):
    text = place.catalogue.read_text()
    wanted = f'sha256 = "{hashlib.sha256(PLAY).hexdigest()}"\nbytes = {len(PLAY)}'
    place.catalogue.write_text(re.sub(r'sha256 = ".*"', wanted, text, count=1))
    loading._read_catalogue.cache_clear()
    assert load("play").text == PLAY.decode()
    place.put(place.cache / "play", "play.txt", PLAY + b"!")
    place.server.files["play.txt"] = PLAY + b"!"
    with pytest.raises(DatasetUnavailable, match=f"more than the {len(PLAY):,} bytes"):
        load("play")
    assert place.files() == []


def test_unknown_name_is_refused(place):
    with pytest.raises(ValueError, match="no dataset 'plays'; wanted one of play, sou"):
        load("plays")


def test_missing_view_is_refused(place):
    with pytest.raises(ValueError, match=r"play has no \.table; it has \.text"):
        _ = load("play").table


def test_incomplete_checkout_is_said(place):
    (place.catalogue.parent / "sketch" / "sketch.txt").unlink()
    with pytest.raises(DatasetUnavailable, match=r"data/sketch/sketch\.txt .* lacks"):
        load("sketch")


def test_import_loads_nothing_heavy():
    code = "import sys, helpers.datasets; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"tensorflow", "keras", "pandas", "matplotlib", "numpy", "requests"}
    assert not heavy & set(out)


# The real catalogue


def test_catalogue_lists_the_public_sets():
    entries = datasets.catalogue()
    public = {name for name, entry in entries.items() if entry["kind"] == "public"}
    assert public == PUBLIC
    for name, entry in entries.items():
        for key in ("title", "about", "home", "licence", "citation", "parser"):
            assert entry[key].strip(), f"{name}: {key}"


def test_public_files_are_pinned():
    for name in PUBLIC:
        entry = datasets.catalogue()[name]
        sizes = [f["bytes"] for f in entry["files"] if not f.get("optional")]
        assert entry["bytes"] == sum(sizes), name
        for file in entry["files"]:
            assert re.fullmatch("[0-9a-f]{64}", file["sha256"]), file
            assert 0 < file.get("limit", file.get("bytes", 0)) < 100_000_000, file
            assert re.search("/[0-9a-f]{40}[/.]", file["url"]), file
            assert file["url"].isascii() and file["url"].startswith("https://")
            assert re.fullmatch(r"[\w.-]+", file["name"]), file


def test_stand_ins_exist_and_offer_the_same_views():
    from helpers.datasets.loading import views

    entries = datasets.catalogue()
    named = {n: e["stand_in"] for n, e in entries.items() if "stand_in" in e}
    assert named == STAND_INS
    for name, stand_in in named.items():
        assert entries[stand_in]["kind"] in ("bundled", "package")
        offered = views(entries[stand_in]["parser"])
        assert set(views(entries[name]["parser"])) <= set(offered), name


@pytest.mark.parametrize("name", [*STAND_INS])
def test_stand_ins_load_in_smoke(name, monkeypatch, tmp_path):
    monkeypatch.setenv("AIGC_PROFILE", "smoke")
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path))
    stand_in = load(name, fallback=True)
    assert stand_in.name == STAND_INS[name]
    columns = {
        "ag_news": {"headline", "body", "topic", "split"},
        "chinese_poetry": {"title", "author", "text", "collection"},
        "conll2003": {"tokens", "tags", "split", "document"},
        "wnut17": {"tokens", "tags", "split", "document"},
        "banking77": {"text", "category", "split"},
        "movielens_small": {"user", "item", "rating", "timestamp"},
        "financial_phrasebank": {"sentence", "sentiment", "agreement"},
    }
    if name in columns:
        assert columns[name] <= set(stand_in.table)
    elif name == "fashion_mnist":
        assert stand_in.arrays["images"].shape[1:] == (28, 28)
    elif name == "spoken_digits":
        assert set(stand_in.arrays["labels"]) == set(range(10))
        assert stand_in.arrays["sample_rate"] == 8_000
    else:
        assert len(stand_in.text) > 1_000_000
    assert stand_in.info["licence"] in stand_in.credit
    assert list(tmp_path.iterdir()) == []


@needs_mirror
def test_catalogue_agrees_with_the_manifest():
    with open(MIRROR / "MANIFEST.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    listed = {
        f"{name}/{file['name']}": file
        for name in PUBLIC
        for file in datasets.catalogue()[name]["files"]
    }
    assert set(listed) - {row["file"] for row in rows} == {"ag_news/train.csv"}
    for row in rows:
        file = listed[row["file"]]
        assert row["commit"] in file["url"], row["file"]
        assert int(row["bytes"]) == file["bytes"]
        # An archive's manifest hash is over its tar stream, the catalogue's over the
        # members, so the archive is tied to the manifest by hashing it both ways.
        path = MIRROR / row["file"]
        assert payload_sha256(path) == row["payload_sha256"]
        assert payload_sha256(path, file.get("members")) == file["sha256"]


@needs_mirror
@pytest.mark.parametrize(
    "name, splits",
    [
        ("banking77", {"train": 10_003, "test": 3_080}),
        ("conll2003", {"train": 14_041, "validation": 3_250, "test": 3_453}),
        ("wnut17", {"train": 3_394, "validation": 1_009, "test": 1_287}),
    ],
)
def test_real_tables_have_their_published_sizes(name, splits, monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "lesson")
    table = load(name).table
    assert table["split"].value_counts().to_dict() == splits


@needs_mirror
def test_other_real_sets_have_their_published_sizes(monkeypatch, capsys):
    monkeypatch.setenv("AIGC_PROFILE", "lesson")
    assert len(load("tiny_shakespeare").text) == 1_115_394
    assert len(load("ag_news").table) == 7_600
    assert "split anew" in capsys.readouterr().out
    phrases = load("financial_phrasebank").table
    assert (phrases["agreement"] == 100).sum() == 2_259  # 2,264 lines, 5 twice
    films = load("movielens_small")
    assert len(films.table) == 100_004 and films.table["user"].nunique() == 671
    assert {name: len(t) for name, t in films.tables.items()} == {
        "ratings": 100_004,
        "movies": 9_125,
        "tags": 1_296,
        "links": 9_125,
    }
    assert load("chinese_poetry").table["collection"].value_counts()["tang"] == 366


@needs_mirror
def test_real_arrays_have_their_published_sizes(monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "lesson")
    clothes = load("fashion_mnist").arrays
    assert clothes["images"].shape == (60_000, 28, 28)
    assert [(clothes["test_labels"] == c).sum() for c in range(10)] == [1_000] * 10
    sounds = load("spoken_digits").arrays
    assert [(sounds["labels"] == digit).sum() for digit in range(10)] == [300] * 10
    assert len(set(sounds["speakers"])) == 6 and sounds["sample_rate"] == 8_000


@pytest.mark.skipif(
    not Path("/usr/share/datasets/fashion-mnist").is_dir(),
    reason="the Debian package dataset-fashion-mnist is not installed",
)
def test_debian_package_is_a_source(monkeypatch, tmp_path):
    monkeypatch.setenv("AIGC_PROFILE", "lesson")
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path))
    monkeypatch.delenv("AIGC_DATA", raising=False)
    assert load("fashion_mnist").arrays["images"].shape == (60_000, 28, 28)
