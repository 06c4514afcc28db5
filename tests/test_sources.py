"""Downloads are whole and verified, or leave nothing."""

import hashlib
import os
import socket
import time

import pytest
from local_server import serve

from helpers.datasets import download, sources
from helpers.datasets.sources import DownloadError, OfflineError, verified_download
from helpers.files import sha256_of, whole_file

CONTENT = b"All the world's a stage.\n" * 4_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def online(monkeypatch):
    monkeypatch.setenv("AIGC_OFFLINE", "0")
    monkeypatch.setenv("AIGC_PROFILE", "lesson")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server():
    with serve() as state:
        state.files["stage.txt"] = CONTENT
        yield state


def names(folder):
    found = (path.name for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if not name.endswith(".lock"))


def test_sha256_of_known_bytes(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "abc") == wanted


def test_right_file_arrives_under_its_name(server, tmp_path):
    target = tmp_path / "new" / "stage.txt"
    assert verified_download(f"{server.url}/stage.txt", SHA256, target) == target
    assert target.read_bytes() == CONTENT
    assert names(tmp_path) == ["stage.txt"]


def test_present_file_is_not_fetched_again(server, tmp_path):
    target = tmp_path / "stage.txt"
    for _ in range(3):
        verified_download(f"{server.url}/stage.txt", SHA256, target)
    assert server.asked["stage.txt"] == 1


def test_wrong_present_file_is_replaced(server, tmp_path):
    target = tmp_path / "stage.txt"
    target.write_bytes(CONTENT[:100])
    verified_download(f"{server.url}/stage.txt", SHA256, target)
    assert target.read_bytes() == CONTENT


def test_wrong_hash_is_refused_and_quoted(server, tmp_path):
    with pytest.raises(DownloadError, match=f"{SHA256}.*wanted {'0' * 64}"):
        verified_download(f"{server.url}/stage.txt", "0" * 64, tmp_path / "stage.txt")
    assert names(tmp_path) == []
    assert server.asked["stage.txt"] == 1


def test_cut_off_body_is_tried_twice_then_refused(server, tmp_path):
    server.cut["stage.txt"] = 1_000
    with pytest.raises(DownloadError, match=r"stage\.txt"):
        verified_download(f"{server.url}/stage.txt", SHA256, tmp_path / "stage.txt")
    assert names(tmp_path) == []
    assert server.asked["stage.txt"] == 2


def test_missing_page_is_not_tried_again(server, tmp_path):
    with pytest.raises(DownloadError, match="my set: .* answered 404"):
        verified_download(f"{server.url}/no", SHA256, tmp_path / "no", "my set")
    assert names(tmp_path) == []
    assert server.asked["no"] == 1


def test_server_error_is_tried_again(server, tmp_path):
    server.errors["stage.txt"] = [503]
    target = tmp_path / "stage.txt"
    verified_download(f"{server.url}/stage.txt", SHA256, target)
    assert target.read_bytes() == CONTENT
    assert server.asked["stage.txt"] == 2


def test_absent_server_fails_within_seconds(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/stage.txt"
    start = time.monotonic()
    with pytest.raises(DownloadError, match="ConnectionError"):
        verified_download(url, SHA256, tmp_path / "stage.txt")
    assert time.monotonic() - start < 5
    assert names(tmp_path) == []


def test_silent_server_fails_after_the_timeout(tmp_path, monkeypatch):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/stage.txt"
        start = time.monotonic()
        monkeypatch.setattr(download, "SLOW_SECONDS", 0.3)
        with pytest.raises(DownloadError, match="timed out"):
            verified_download(url, SHA256, tmp_path / "stage.txt")
    assert time.monotonic() - start < 5
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "variable, value", [("AIGC_OFFLINE", "1"), ("AIGC_PROFILE", "smoke")]
)
def test_offline_never_asks(server, tmp_path, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(OfflineError, match="switched off"):
        verified_download(f"{server.url}/stage.txt", SHA256, tmp_path / "stage.txt")
    assert not server.asked
    assert names(tmp_path) == []


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt, SystemExit])
def test_whole_file_keeps_the_old_one_when_interrupted(tmp_path, stop):
    target = tmp_path / "notes.txt"
    target.write_text("old")
    with pytest.raises(stop), whole_file(target) as temporary:
        temporary.write_text("half")
        raise stop
    assert target.read_text() == "old"
    assert names(tmp_path) == ["notes.txt"]


def test_whole_file_is_not_there_before_it_is_whole(tmp_path):
    target = tmp_path / "deep" / "notes.txt"
    with whole_file(target) as temporary:
        temporary.write_text("all")
        assert not target.exists()
        assert temporary.parent == target.parent
    assert target.read_text() == "all"


def test_leftovers_of_killed_processes_go(tmp_path):
    target = tmp_path / "notes.txt"
    old, fresh = tmp_path / ".notes.txt.1.part", tmp_path / ".notes.txt.2.part"
    for path in (old, fresh):
        path.write_text("half")
    os.utime(old, (0, 0))
    with whole_file(target) as temporary:
        temporary.write_text("all")
    assert names(tmp_path) == [".notes.txt.2.part", "notes.txt"]


def test_progress_goes_to_standard_output_only(server, tmp_path, capsys, monkeypatch):
    import tqdm

    bars = []
    original = tqdm.tqdm.__init__

    def remember(self, *args, **kwargs):
        original(self, *args, **{**kwargs, "delay": 0})
        bars.append(self)

    monkeypatch.setattr(tqdm.tqdm, "__init__", remember)
    verified_download(f"{server.url}/stage.txt", SHA256, tmp_path / "s", "the stage")
    out, err = capsys.readouterr()
    assert err == ""
    assert out.rstrip().split("\r")[-1].startswith("the stage: 100%")
    assert bars[0].n == bars[0].total == len(CONTENT)
