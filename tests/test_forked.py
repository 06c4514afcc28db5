"""Workers forked from one parent: their codes, their logs, and that none is left."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from helpers.training import forked

# It loads the module alone: no TensorFlow, so a parent starts at once.
PARENT = f"""
import json, os, runpy, sys, time
def work():
    index = json.loads(os.environ["TF_CONFIG"])["index"]
    print("worker", index, flush=True)
    if index == 1:
        raise ValueError("the second one")
    time.sleep(60 if sys.argv[1] == "stay" else 0)
forked = runpy.run_path({forked.__file__!r})
forked["fork_all"](work, json.loads(sys.argv[2]), int(sys.argv[3]))
"""

pytestmark = pytest.mark.skipif(not forked.SUPPORTED, reason="forks on Linux only")


def started(folder, how, program=PARENT):
    """Start two workers; return them."""
    logs = [open(folder / f"worker_{i}.log", "wb") for i in range(2)]  # noqa: SIM115
    places = [{**os.environ, "TF_CONFIG": json.dumps({"index": i})} for i in range(2)]
    workers = forked.start([sys.executable, "-c", program, how], places, logs)
    for log in logs:
        log.close()
    return workers


def test_each_worker_has_its_code_and_its_log(tmp_path):
    workers = started(tmp_path, "go")
    assert [worker.wait(20) for worker in workers] == [0, 1]
    assert [worker.poll() for worker in workers] == [0, 1]
    assert workers[0].stdout.read() == b"worker 0\n"  # only the first one speaks
    assert "the second one" in (tmp_path / "worker_1.log").read_text("utf-8")
    assert (tmp_path / "worker_0.log").read_text("utf-8") == ""


def test_a_killed_worker_ends_by_its_signal_and_the_other_goes_on(tmp_path):
    first, second = started(tmp_path, "stay")
    assert first.pid != second.pid and second.wait(20) == 1
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(0.1)
    assert first.poll() is None
    first.kill()
    assert first.wait(20) == -signal.SIGKILL
    first.kill()  # it is dead already: nothing happens
    assert first.parent.process.wait(20) == 0


def test_workers_end_with_their_parent(tmp_path):
    first, _ = started(tmp_path, "stay")
    worker = psutil.Process(first.pid)
    first.parent.process.kill()
    assert first.wait(20) == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_parent_that_ends_before_it_forks_ends_all(tmp_path):
    workers = started(tmp_path, "go", "raise SystemExit(3)")
    assert [worker.wait(20) for worker in workers] == [3, 3]
    waiting, _ = started(tmp_path, "go", "import time; time.sleep(60)")
    waiting.kill()
    assert waiting.wait(20) == -signal.SIGKILL


def test_where_nothing_can_be_forked_each_worker_is_a_program(tmp_path, monkeypatch):
    monkeypatch.setattr(forked, "SUPPORTED", False)
    program = "import json, os; print(json.loads(os.environ['TF_CONFIG'])['index'])"
    workers = started(tmp_path, "go", program)
    assert [worker.wait(20) for worker in workers] == [0, 0]
    assert all(isinstance(worker, subprocess.Popen) for worker in workers)
    assert workers[0].stdout.read().strip() == b"0" and workers[1].stdout is None
