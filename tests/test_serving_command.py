"""The command that serves: what it refuses, and that a killed one starts again."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from helpers.serving import __main__ as command

ROOT = Path(__file__).resolve().parent.parent
SERVE = """
import sys
from helpers.serving import __main__ as command
from tests.stand_in_engine import Echo
command.engine_of = lambda releases, name, slots: Echo(slots, name=name)
command.main(sys.argv[1:])
"""


def start(folder, port):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-c", SERVE, str(folder), "--port", str(port)]
    process = subprocess.Popen(
        arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)
    for _ in range(1_500):
        try:
            if client.get("/ready").status_code == 200:
                return process, client
        except httpx.HTTPError:
            pass
        assert process.poll() is None, process.stdout.read().decode()
        time.sleep(0.02)
    process.kill()
    raise AssertionError("it did not start")


def free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_a_killed_server_starts_again_and_a_stopped_one_says_goodbye(tmp_path):
    (tmp_path / "releases.json").write_text('["one", "two"]', encoding="utf-8")
    port = free_port()
    message = {"messages": [{"role": "user", "content": "hello"}]}
    process, client = start(tmp_path, port)
    try:
        assert (
            client.post("/v1/chat/completions", json=message).json()["model"] == "two"
        )
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        process, client = start(tmp_path, port)  # the same port, at once
        answer = client.post("/v1/chat/completions", json=message).json()
        assert answer["model"] == "two"
        assert answer["choices"][0]["message"]["content"] == "hello"
        process.send_signal(signal.SIGTERM)
        # uvicorn drains, then passes the signal on
        assert process.wait(10) in (0, -signal.SIGTERM)
        assert b"hello" not in process.stdout.read()
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], "wants AIGC_KEYS"),
        ([], "no release has been published"),
    ],
)
def test_it_refuses_to_serve(arguments, words, tmp_path, monkeypatch):
    monkeypatch.delenv("AIGC_KEYS", raising=False)
    with pytest.raises(SystemExit, match=words):
        command.main([str(tmp_path), *arguments])


def test_a_damaged_list_is_refused(tmp_path):
    (tmp_path / "releases.json").write_text('["../other"]', encoding="utf-8")
    with pytest.raises(SystemExit, match="damaged"):
        command.main([str(tmp_path)])


def test_the_dockerfile_copies_what_exists_and_runs_this_command():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for source in re.findall(r"^COPY (\S+) ", text, re.M):
        assert (ROOT / source).exists(), source
    assert '["python", "-m", "helpers.serving", "/models"' in text
    assert "--require-hashes -r requirements.txt" in text
    assert re.search(r"^USER (?!root)", text, re.M)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv"} <= set(ignored)
