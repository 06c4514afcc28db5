"""Fork several workers from one process, so that they share what TensorFlow holds.

A process that has imported TensorFlow and Keras holds 0.2 GB of its own. What is forked
after the import shares these pages as long as nobody writes to them, and starts at
once. It must be forked before TensorFlow's first operation, which starts threads: a
fork has none. Linux only, since it lets a worker end with its parent.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

SUPPORTED = sys.platform == "linux"
END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl


def start(
    command: list[str], environments: list[dict[str, str]], logs: list[IO]
) -> list[subprocess.Popen | Forked]:
    """Start one worker for each environment; several are forked where that is possible.

    Args:
        command: what a worker runs, which calls `workers.main`.
        environments: of each worker, with its TF_CONFIG if there are several.
        logs: of each worker, an open file for what it writes to stderr.

    Returns:
        The processes. The first has a `stdout`.
    """
    if len(environments) > 1 and SUPPORTED:
        places = [
            {"config": environment["TF_CONFIG"], "log": log.name}
            for environment, log in zip(environments, logs, strict=True)
        ]
        return Parent(
            [*command, json.dumps(places)],
            len(places),
            stdout=subprocess.PIPE,
            stderr=logs[0],
            env=environments[0],
        ).forks
    return [
        subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL if index else subprocess.PIPE,
            stderr=log,
            env=environment,
        )
        for index, (environment, log) in enumerate(zip(environments, logs, strict=True))
    ]


class Parent:
    """A process that forks workers, as it is seen by the one who started it.

    Args:
        command: what to run; the number of a channel is added. It calls `fork_all`.
        count: of workers.
        options: of `subprocess.Popen`.
    """

    def __init__(self, command: list[str], count: int, **options):
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            [*command, str(writer)], pass_fds=(writer,), **options
        )
        os.close(writer)
        self.workers: list[int] = []  # their process numbers, once they are forked
        self.codes: dict[int, int] = {}
        self.news = threading.Condition()
        self.forks = [Forked(self, index) for index in range(count)]
        threading.Thread(target=self._listen, args=(reader,), daemon=True).start()

    def _listen(self, reader: int) -> None:
        """Note the workers' numbers, then how each of them ended."""
        with open(reader, encoding="utf-8") as lines:
            for line in lines:
                said = json.loads(line)
                with self.news:
                    self.workers = said.get("workers", self.workers)
                    if "code" in said:
                        self.codes[said["index"]] = said["code"]
                    self.news.notify_all()
        code = self.process.wait() or 1  # who has not ended yet, ends with the parent
        with self.news:
            for fork in self.forks:
                self.codes.setdefault(fork.index, code)
            self.news.notify_all()


class Forked:
    """A forked worker, with those methods of a `subprocess.Popen` that a team needs."""

    def __init__(self, parent: Parent, index: int):
        self.parent, self.index = parent, index

    @property
    def stdout(self):
        """What the first worker writes: the parent hands its own output on to it."""
        return self.parent.process.stdout

    @property
    def pid(self) -> int:
        """The process number; it is known as soon as the parent has forked."""
        with self.parent.news:
            known = self.parent.news
            known.wait_for(lambda: self.parent.workers or self.parent.codes)
            workers = self.parent.workers or [self.parent.process.pid]
        return workers[min(self.index, len(workers) - 1)]

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self.parent.codes.get(self.index)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code."""
        with self.parent.news:
            ended = self.parent.news.wait_for(lambda: self.poll() is not None, timeout)
        if not ended:
            raise subprocess.TimeoutExpired(f"worker {self.index}", timeout)
        return self.poll()

    def kill(self) -> None:
        """End it at once; before it is forked, end the parent."""
        if self.poll() is not None:
            return
        if self.parent.workers:
            os.kill(self.parent.workers[self.index], signal.SIGKILL)
        else:
            self.parent.process.kill()


def fork_all(work: Callable[[], None], places: list[dict], channel: int) -> None:
    """Fork one worker for each place, wait for them, and tell how each ended.

    Args:
        work: what a worker does.
        places: of each worker, `config` (its TF_CONFIG) and `log` (a file for stderr).
        channel: number of the pipe to the one who started this process.
    """
    gc.collect()
    gc.freeze()  # a collection would write to every object's page, and so copy it
    parent, workers = os.getpid(), []
    for index, place in enumerate(places):
        worker = os.fork()
        if not worker:
            os.close(channel)
            _be_worker(work, index, parent, **place)
        workers.append(worker)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the output is the first worker's
    _tell(channel, workers=workers)
    for _ in places:
        worker, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        _tell(channel, index=workers.index(worker), code=code)


def _be_worker(
    work: Callable[[], None], index: int, parent: int, config: str, log: str
) -> None:
    """Work, and end this process; it never returns."""
    ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGKILL)
    code = 1
    try:
        if os.getppid() != parent:  # it ended before the line above
            return
        os.environ["TF_CONFIG"] = config
        if index:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(os.open(Path(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        work()
        code = 0
    except BaseException:  # it must not go on as a second parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(channel: int, **said) -> None:
    os.write(channel, f"{json.dumps(said)}\n".encode())
