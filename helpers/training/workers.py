"""Train in a process of its own, alone or as one of several workers.

`team.Team` calls `main`, with an order of JSON on the command line (folder, steps,
every, try_fit): in each process, or where it can fork them in their parent. TF_CONFIG
is set if there are several. The first worker
writes the states and one line of JSON for each step; all read the newest whole state
when they begin.

Source: Li et al. 2020, "PyTorch Distributed", section 3: equal replicas, gradients
added up; here by TensorFlow's `MultiWorkerMirroredStrategy`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from helpers.training import forked
from helpers.training.state import state_hash
from helpers.training.states import States, batch_rows
from helpers.training.team import DATA, MODEL, SETTINGS, STATES


def joint_step(model: keras.Model, loss: keras.losses.Loss) -> Callable:
    """Return the training step of all workers, to be called by each of them at once.

    Args:
        model: made and compiled under the strategy's scope, the same in every worker.
        loss: of Keras; the mean over the examples is taken.

    Returns:
        It takes this worker's share of the batch, (inputs, targets), and returns the
        loss of the joint batch, a scalar float32. All shares must have equal size.
    """
    strategy = tf.distribute.get_strategy()

    def replica_step(inputs, targets):
        with tf.GradientTape() as tape:
            # One loss an example: `loss` itself would take the mean, and divide it by
            # the number of workers without saying so.
            nats = loss.call(targets, model(inputs, training=True))
            # The sum over the workers is then the mean over the joint batch.
            nats = tf.reduce_mean(nats) / strategy.num_replicas_in_sync
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(nats, variables), variables)  # adds them up
        return nats

    @tf.function(autograph=False)
    def step(inputs, targets):
        parts = strategy.run(replica_step, args=(inputs, targets))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)

    return step


def main() -> None:
    """Be a worker; with places and a channel on the command line, fork one for each."""
    if len(sys.argv) > 2:
        forked.fork_all(work, json.loads(sys.argv[2]), int(sys.argv[3]))
    else:
        work()


def work() -> None:
    """Train to the wanted step, from the newest state if there is one."""
    order = json.loads(sys.argv[1])
    place = json.loads(os.environ.get("TF_CONFIG", "{}"))
    index = place.get("task", {}).get("index", 0)
    several = len(place.get("cluster", {}).get("worker", [])) > 1
    distribute = tf.distribute
    # The strategy comes first: TensorFlow wants to know its peers before all else.
    strategy = (
        distribute.MultiWorkerMirroredStrategy()
        if several
        else distribute.get_strategy()
    )
    folder = Path(order["folder"])
    job = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    keras.utils.set_random_seed(job["seed"])
    tf.config.experimental.enable_op_determinism()
    with strategy.scope():
        model, loss = _model(folder, job)
        report = _train(model, loss, folder, job, order, index)
        if order.get("try_fit"):
            report["fit"] = _try_fit(model, loss, folder, job["batch"])
    _say(index, **report)


def _model(folder: Path, job: dict) -> tuple[keras.Model, keras.losses.Loss]:
    """Load the model as it was prepared, with its optimizer."""
    model = keras.models.load_model(folder / MODEL, compile=False)
    optimizer = keras.optimizers.deserialize(job["optimizer"])
    loss = keras.losses.deserialize(job["loss"])
    model.compile(optimizer, loss)
    optimizer.build(model.trainable_variables)
    return model, loss


def _train(model, loss, folder: Path, job: dict, order: dict, index: int) -> dict:
    """Train, report each step, and return what the last line says."""
    states = States(folder / STATES)
    # This makes Keras's global generator in all workers at once. If only the first made
    # it, when it saves, the others would wait for a broadcast in another step.
    state_hash(model)
    found = states.resume(model)
    _say(index, resumed=found["step"], skipped=found["skipped"])
    with np.load(folder / DATA) as data:
        inputs, targets = data["inputs"], data["targets"]
    workers = tf.distribute.get_strategy().num_replicas_in_sync
    step, marks = joint_step(model, loss), []
    for number in range(found["step"], order["steps"]):
        rows = batch_rows(number, len(inputs), job["batch"], job["seed"])
        mine = rows[index::workers]
        nats = float(step(tf.constant(inputs[mine]), tf.constant(targets[mine])))
        _say(index, step=number + 1, loss=nats)  # first: no state without its loss
        if index == 0 and (number + 1) % order["every"] == 0:
            states.save(model)
        marks.append(time.perf_counter())
    # The first two steps trace and compile; what states and lines cost counts.
    timed = len(marks) - 3
    speed = timed / (marks[-1] - marks[2]) if timed > 0 else None
    return {"weights": state_hash(model), "steps_per_second": speed}


def _try_fit(model, loss, folder: Path, batch: int) -> str:
    """Say what `fit` makes of this strategy: keras-team/keras, issue 20585."""
    with np.load(folder / DATA) as data:
        inputs, targets = data["inputs"][:batch], data["targets"][:batch]
    try:
        model.fit(inputs, targets, batch_size=batch, verbose=0)
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:70]} …"
    return "no error"


def _say(index: int, **report) -> None:
    """Write one line for the team; only the first worker speaks."""
    if index == 0:
        print(json.dumps(report), flush=True)
