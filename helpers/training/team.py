"""Start workers on this machine, follow their training, and say who died."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import keras
import numpy as np

from helpers.checks import require_count
from helpers.files import whole_file
from helpers.training import forked
from helpers.training.states import MOST, States

# What a worker runs. Keras loads these packages if it finds them, and uses them for
# nothing that a worker does: without them a process starts in two thirds of the time.
PROGRAM = """
from helpers import memory
with memory.without("IPython", "matplotlib", "pandas", "sklearn"):
    import keras
from helpers.training import workers
workers.main()
"""
MODEL = "model.keras"
SETTINGS = "job.json"
DATA = "data.npz"
STATES = "states"
PATIENCE = 240.0  # seconds without a step, TensorFlow's import included
MOST_WORKERS = 16


class WorkerDiedError(RuntimeError):
    """A worker ended before the training did; the message says who and what to do."""


def prepare(
    folder: str | Path,
    model: keras.Model,
    inputs: np.ndarray,
    targets: np.ndarray,
    batch: int,
    seed: int = 0,
) -> None:
    """Write into a folder all that workers need: model, optimizer, loss and data.

    Args:
        folder: made if missing; it must hold no states of another training.
        model: compiled with an optimizer and a loss of Keras, and made of Keras's own
            layers: workers know no class that a notebook defines. Its weights are the
            start of the training.
        inputs: (n, …), of any type of NumPy.
        targets: (n, …).
        batch: examples in the joint batch of all workers, 1 to n.
        seed: of the order of the examples, and of each worker's random numbers.

    Raises:
        ValueError: if the model is not compiled, the arrays differ in length, a number
            is out of range, or the folder holds states.
    """
    folder, inputs, targets = Path(folder), np.asarray(inputs), np.asarray(targets)
    if not model.compiled or not isinstance(model.loss, keras.losses.Loss):
        raise ValueError(
            "`prepare` wants a model compiled with an optimizer and a loss object, "
            f"received {model.name}"
        )
    if not inputs.ndim or inputs.shape[:1] != targets.shape[:1]:
        raise ValueError(
            "`prepare` wants as many inputs as targets, received shapes "
            f"{inputs.shape} and {targets.shape}"
        )
    batch = require_count(batch, "`prepare`, batch,", 1, len(inputs))
    seed = require_count(seed, "`prepare`, seed,", 0, MOST)
    if old := States(folder / STATES).paths():
        raise ValueError(
            f"`prepare` wants a folder without states, received {folder}, which holds "
            f"{len(old)}: they would be taken for this training's"
        )
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / MODEL)
    np.savez(folder / DATA, inputs=inputs, targets=targets)
    settings = {
        "optimizer": keras.optimizers.serialize(model.optimizer),
        "loss": keras.losses.serialize(model.loss),
        "batch": batch,
        "seed": seed,
    }
    with whole_file(folder / SETTINGS) as scratch:  # last: a job is there or is not
        scratch.write_text(json.dumps(settings), encoding="utf-8")


class Team:
    """Workers that train one model together, each a process on this machine.

    It is a context: at its end no worker is left. Iterate over it to follow the
    training. Started again with the same folder, it goes on from the newest whole
    state.

    Args:
        folder: as `prepare` wrote it.
        steps: the training's last step, counted from its very beginning.
        workers: processes, 1 to 16; the joint batch must be a multiple.
        every: steps between two states, at least 1.
        try_fit: whether the workers also try `model.fit` at the end; see
            `report["fit"]`.

    Attributes:
        report: what the first worker said at the beginning and at the end: `resumed`
            (the step it went on from), `skipped` (damaged states), `weights` (a
            `state_hash`), `steps_per_second`.

    Raises:
        ValueError: if the folder holds no job, or a number is out of range.

    Example:
        with Team("build/run", steps=100, workers=2) as team:
            losses = dict(team)
    """

    def __init__(
        self,
        folder: str | Path,
        steps: int,
        workers: int = 1,
        every: int = 10,
        try_fit: bool = False,
    ):
        self.folder = Path(folder).resolve()
        if not (self.folder / SETTINGS).is_file():
            raise ValueError(
                f"`Team` wants a folder that `prepare` wrote, received {folder}"
            )
        batch = json.loads((self.folder / SETTINGS).read_text("utf-8"))["batch"]
        self.workers = require_count(workers, "`Team`, workers,", 1, MOST_WORKERS)
        self.order = {
            "folder": str(self.folder),
            "steps": require_count(steps, "`Team`, steps,", 1, MOST),
            "every": require_count(every, "`Team`, every,", 1, MOST),
            "try_fit": bool(try_fit),
        }
        if batch % self.workers:
            raise ValueError(
                f"`Team` wants a joint batch that {workers} workers can share equally, "
                f"received {batch} examples"
            )
        self.report: dict = {}
        self.last_step = 0
        self._processes: list[subprocess.Popen | forked.Forked] = []
        self._logs: list[IO] = []
        self._lines: queue.Queue = queue.Queue()

    def __enter__(self) -> Team:
        addresses = [f"127.0.0.1:{port}" for port in _free_ports(self.workers)]
        environments = [_environment(addresses, i) for i in range(self.workers)]
        self._logs = [open(self._log(i), "wb") for i in range(self.workers)]  # noqa: SIM115
        command = [sys.executable, "-c", PROGRAM, json.dumps(self.order)]
        self._processes = forked.start(command, environments, self._logs)
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        for log in self._logs:
            log.close()

    def __iter__(self) -> Iterator[tuple[int, float]]:
        """Yield (step, loss of the joint batch) until the training is over.

        Raises:
            WorkerDiedError: if a worker ends early, or all are silent for four minutes.
        """
        heard = time.monotonic()
        while True:
            try:
                line = self._lines.get(timeout=0.2)
            except queue.Empty:
                self._require_alive(time.monotonic() - heard)
                continue
            if line is None:  # the first worker has said its last word
                self._require_whole_end()
                return
            heard, said = time.monotonic(), json.loads(line)
            if "step" in said:
                self.last_step = said["step"]
                yield said["step"], said["loss"]
            else:
                self.report.update(said)

    def kill(self, index: int) -> None:
        """End a worker at once, without a chance to tidy up (SIGKILL)."""
        self._processes[index].kill()

    def process_ids(self) -> list[int]:
        """Return the workers' process numbers."""
        return [process.pid for process in self._processes]

    def _log(self, index: int) -> Path:
        """Return the file that takes what a worker writes to stderr."""
        return self.folder / f"worker_{index}.log"

    def _listen(self) -> None:
        """Hand on the first worker's lines; None when it closes its output."""
        for line in self._processes[0].stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _require_alive(self, silent: float) -> None:
        """Raise if a worker has failed, or all have been silent for too long."""
        if any(process.poll() for process in self._processes):
            raise WorkerDiedError(self._obituary())
        if silent > PATIENCE:
            raise WorkerDiedError(
                f"{self.workers} workers have said nothing for {silent:.0f} s after "
                f"step {self.last_step}; their last words are in {self.folder}"
            )

    def _require_whole_end(self) -> None:
        """Wait for all workers; raise if one failed or the last report is missing."""
        deadline = time.monotonic() + 20
        for process in self._processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()  # it waits for a peer that has gone
        if "weights" not in self.report:
            raise WorkerDiedError(self._obituary())

    def _obituary(self) -> str:
        """Say who died, how, and how to go on."""
        time.sleep(0.5)  # a worker that fails because its peer died ends now
        codes = [process.poll() for process in self._processes]
        # A negative code is a signal. Who was killed did not fail because of a peer.
        order = sorted(range(len(codes)), key=lambda i: (not (codes[i] or 0) < 0, i))
        index = next((i for i in order if codes[i]), 0)
        code, words = codes[index], self._last_words(index)
        how = f"ended with code {code}" + (f" ({words})" if words else "")
        if (code or 0) < 0:
            how = f"was killed by {signal.Signals(-code).name}"
        states = States(self.folder / STATES).paths()
        start = int(states[-1].stem.removeprefix("step_")) if states else 0
        return (
            f"worker {index} of {self.workers} {how} after step {self.last_step}. The "
            f"last state is of step {start}. Start a team with the same folder to go "
            "on from there."
        )

    def _last_words(self, index: int) -> str:
        """Return the last line that names an error in what a worker wrote to stderr."""
        text = self._log(index).read_text(encoding="utf-8", errors="replace")
        lines = re.findall(r"^\w[\w.]*(?:Error|Exception)\b.*", text, re.MULTILINE)
        return lines[-1][:200] if lines else ""


def _environment(addresses: list[str], index: int) -> dict[str, str]:
    """Return a worker's environment: its peers, and TensorFlow's log kept short."""
    chosen = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    chosen.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    chosen.pop("TF_CONFIG", None)
    if len(addresses) > 1:
        cluster = {"worker": addresses}
        place = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        chosen["TF_CONFIG"] = json.dumps(place)
    return chosen


def _free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
