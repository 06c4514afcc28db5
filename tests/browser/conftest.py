"""A browser and servers. Only `make test-browser` collects the tests of this folder.

It sets AIGC_BROWSER: to 1, and a test without a browser is skipped, with the reason; or
to "required", as `.ci/run` does, and it fails.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

collect_ignore_glob = [] if os.environ.get("AIGC_BROWSER") else ["test_*.py"]

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser_path():
    return next(filter(None, map(shutil.which, NAMES)), None)


def absent(reason):
    """Skip the tests that want a browser, or fail where there must be one."""
    if os.environ.get("AIGC_BROWSER") == "required":
        pytest.fail(f"{reason}, and AIGC_BROWSER=required", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright import sync_api
    except ImportError:
        absent("Playwright is not installed")
    program = browser_path()
    if program is None:
        absent(f"no Chromium: none of {', '.join(NAMES)} is on the PATH")
    with sync_api.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def port():
    """Return a function that finds a free port."""

    def free():
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            return one.getsockname()[1]

    return free


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Return a function that starts a server and returns the address it prints."""
    started = []

    def start(command, pattern, **options):
        log = tmp_path_factory.mktemp("server") / "log"
        with log.open("w") as said:
            server = subprocess.Popen(
                command, stdout=said, stderr=said, start_new_session=True, **options
            )
        started.append(server)
        for _ in range(1200):
            if found := re.search(pattern, log.read_text()):
                return found[0]
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    yield start
    for server in started:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGINT)
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
