"""Downloads are whole and verified, or leave nothing."""

import email.utils
import gzip
import hashlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from local_server import serve

from helpers.datasets import download
from helpers.datasets.download import DownloadError
from helpers.datasets.sources import OfflineError, verified_download
from helpers.files import csv_text, sha256_of, sweep, whole_file, write_texts

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


def endless(chunk, pause=0.0, headers=()):
    """Make an answer whose body never ends."""

    def answer(handler):
        handler.send_response(200)
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        while True:
            handler.wfile.write(chunk)
            time.sleep(pause)

    return answer


def slow_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X: y\r\n")
        handler.wfile.flush()
        time.sleep(0.1)


@pytest.mark.parametrize(
    "answer",
    [
        endless(b"x", 0.05, [("Content-Length", "1115394")]),
        endless(b"x", 0.05),
        endless(b"0", 0.05, [("Transfer-Encoding", "chunked")]),
        slow_headers,
    ],
)
def test_what_drips_is_given_up(server, tmp_path, monkeypatch, answer):
    monkeypatch.setattr(download, "SLOW_SECONDS", 0.5)
    server.answers["drip"] = answer
    start = time.monotonic()
    with pytest.raises(DownloadError, match="timed out"):
        verified_download(f"{server.url}/drip", SHA256, tmp_path / "drip")
    assert time.monotonic() - start < 5
    assert names(tmp_path) == [] and server.asked["drip"] == 1


def test_fast_enough_is_not_for_ever(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "DEADLINE_SECONDS", 0.5)
    server.answers["long"] = endless(b"x" * 4096, 0.02)
    with pytest.raises(DownloadError, match=r"timed out: [\d,]+ bytes in 0 s"):
        verified_download(f"{server.url}/long", SHA256, tmp_path / "long")
    assert names(tmp_path) == []


BOMB = gzip.compress(bytes(8 << 20))


@pytest.mark.parametrize(
    "answer",
    [
        endless(bytes(1 << 16)),
        endless(BOMB, 0, [("Content-Encoding", "gzip")]),
        endless(b"", 0.1, [("Content-Length", str(10**15))]),
    ],
)
def test_nothing_beyond_the_limit_is_stored(server, tmp_path, monkeypatch, answer):
    server.answers["more"] = answer
    written = []
    unlink = Path.unlink
    monkeypatch.setattr(
        Path,
        "unlink",
        lambda path, **kw: (written.append(path.stat().st_size), unlink(path, **kw)),
    )
    with pytest.raises(DownloadError, match="more than the 100,000 bytes wanted"):
        verified_download(
            f"{server.url}/more", SHA256, tmp_path / "more", limit=100_000
        )
    assert max(written) <= 100_000
    assert names(tmp_path) == [] and server.asked["more"] == 1


def retry_after(state, statuses, header):
    """Answer with the statuses and the header first, then with the file."""

    def answer(handler):
        if statuses:
            handler.send_response(statuses.pop(0))
            handler.send_header("Retry-After", header)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        else:
            handler.send_response(200)
            handler.end_headers()
            handler.wfile.write(state.files["stage.txt"])

    state.answers["stage.txt"] = answer


def without_sleep(monkeypatch):
    """Let no try wait, and return the list of how long each would have."""
    slept = []
    clock = {"time": time.time, "monotonic": time.monotonic, "sleep": slept.append}
    monkeypatch.setattr(download, "time", SimpleNamespace(**clock))
    return slept


@pytest.mark.parametrize(
    "header, least, most",
    [
        ("7", 7, 7),
        ("0", 0.5, 2),
        pytest.param(
            email.utils.formatdate(time.time() + 3_000_000_000, usegmt=True),
            *(None, None),
            id="in a century",  # else each worker would name it by its own clock
        ),
        ("86400", None, None),
        ("9" * 400, 0.5, 2),
        ("soon", 0.5, 2),
        ("-3", 0.5, 2),
        ("nan", 0.5, 2),
        ("\xb2", 0.5, 2),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept(
    server, tmp_path, monkeypatch, status, header, least, most
):
    slept = without_sleep(monkeypatch)
    retry_after(server, [status, status], header)
    url, target = f"{server.url}/stage.txt", tmp_path / "stage.txt"
    if least is None:
        with pytest.raises(DownloadError, match=f"answered {status}"):
            verified_download(url, SHA256, target)
        assert slept == [] and names(tmp_path) == []
    else:
        verified_download(url, SHA256, target)
        assert len(slept) == 2 and least <= min(slept) <= max(slept) <= most


def test_a_date_to_retry_after_is_kept(server, tmp_path, monkeypatch):
    slept = without_sleep(monkeypatch)
    until = email.utils.formatdate(time.time() + 30, usegmt=True)
    retry_after(server, [503], until)
    verified_download(f"{server.url}/stage.txt", SHA256, tmp_path / "stage.txt")
    assert 25 < slept[0] <= 30


def test_processes_fetch_once_for_all(server, tmp_path):
    target = tmp_path / "stage.txt"
    server.answers["stage.txt"] = lambda handler: (
        handler.send_response(200),
        handler.end_headers(),
        time.sleep(0.5),
        handler.wfile.write(CONTENT),
    )
    call = (f"{server.url}/stage.txt", SHA256, str(target))
    code = f"from helpers.datasets import sources; sources.verified_download{call}"
    run = [sys.executable, "-c", code]
    processes = [subprocess.Popen(run, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert server.asked["stage.txt"] == 1 and names(tmp_path) == ["stage.txt"]


@pytest.mark.parametrize("age", [0.0, 1e9])
def test_parts_of_killed_downloads_go(server, tmp_path, age):
    part = tmp_path / ".stage.txt.0123.part"
    other = tmp_path / ".stage.txt.gz.0123.part"
    url, target = f"{server.url}/stage.txt", tmp_path / "stage.txt"
    for path in (part, other):
        path.write_text("half")
    os.utime(part, (time.time() - age,) * 2)
    verified_download(url, SHA256, target)  # at the start, since the lock is ours
    assert names(tmp_path) == [other.name, "stage.txt"]
    part.write_text("half")
    os.utime(part, (0, 0))
    verified_download(url, SHA256, target)  # and where the file is there already
    assert names(tmp_path) == [other.name, "stage.txt"]


def test_names_are_no_patterns(tmp_path):
    part = tmp_path / ".notes.txt.1.part"
    part.write_text("half")
    sweep(tmp_path / "[n]otes*", seconds=0)
    assert part.exists()


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


def test_tables_are_written_as_pandas_reads_them(tmp_path):
    rows = [{"text": 'a, "b"\nc', "count": 1}, {"text": "", "count": 2}]
    write_texts(tmp_path, {"rows.csv": csv_text(rows)})
    assert b"\r" not in (tmp_path / "rows.csv").read_bytes()
    found = pd.read_csv(tmp_path / "rows.csv", keep_default_na=False)
    assert found.to_dict("records") == rows
    with pytest.raises(ValueError, match="one row or more, received none"):
        csv_text([])
    with pytest.raises(ValueError, match="other"):
        csv_text([{"text": "a"}, {"text": "b", "other": 1}])


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
