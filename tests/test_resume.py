"""Trainings in processes of their own: killed at a random step, resumed to the bit."""

import json
import random
import time

import keras
import numpy as np
import psutil
import pytest

from helpers import training
from helpers.training import team
from helpers.training.team import Team, WorkerDiedError, prepare

STEPS, BATCH, EXAMPLES, WORDS = 24, 8, 60, 11  # an epoch has 7 steps


def tiny_model(dropout=0.0, optimizer=None):
    """Return a compiled network: three words in, logits of the next one out."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            keras.layers.Embedding(WORDS, 4),
            keras.layers.Flatten(),
            keras.layers.Dense(12, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(WORDS),
        ]
    )
    schedule = training.warmup_cosine(0.02, STEPS, 4)
    model.compile(optimizer or keras.optimizers.AdamW(schedule), training.token_loss())
    return model


def tiny_data():
    rng = np.random.default_rng(3)
    inputs = rng.integers(0, WORDS, (EXAMPLES, 3), dtype="int32")
    return inputs, inputs.sum(axis=1) % WORDS


def train_here(model, first=0, last=STEPS):
    """Train in this process, by Keras's own step; return the loss of each step."""
    inputs, targets = tiny_data()
    losses = {}
    for number in range(first, last):
        rows = training.batch_rows(number, EXAMPLES, BATCH, seed=0)
        nats = model.train_on_batch(inputs[rows], targets[rows])
        losses[number + 1] = float(nats)
        model.reset_metrics()
    return losses


@pytest.fixture
def deterministic():
    from tensorflow.python.framework import config  # public is only `enable`

    config.enable_op_determinism()
    yield
    config.disable_op_determinism()


def test_killed_at_a_random_step_and_resumed_is_uninterrupted(tmp_path, deterministic):
    model = tiny_model(dropout=0.3)
    prepare(tmp_path, model, *tiny_data(), BATCH)
    deadly = random.SystemRandom().randrange(4, STEPS - 1)
    losses = {}
    died = pytest.raises(WorkerDiedError, match="worker 0 of 1 was killed by SIGKILL")
    with died, Team(tmp_path, STEPS, every=3) as alone:
        for step, loss in alone:
            losses[step] = loss
            if step == deadly:
                alone.kill(0)
    with Team(tmp_path, STEPS, every=3) as alone:
        later = dict(alone)
    begin = alone.report["resumed"]
    # What was killed may have gone on a little while the order was on its way. A step
    # is reported before its state is written, so the deadly step's own may be missing.
    assert begin % 3 == 0 and deadly - 3 <= begin <= max(losses), deadly
    assert list(later) == [*range(begin + 1, STEPS + 1)], deadly
    wanted = train_here(model)
    assert {**losses, **later} == wanted, deadly
    assert losses == {step: wanted[step] for step in losses}, deadly
    assert alone.report["weights"] == training.state_hash(model), deadly


def test_no_loss_is_missing_up_to_a_state(tmp_path, monkeypatch):
    """A worker that dies as soon as a state is written has reported its step."""
    prepare(tmp_path, tiny_model(), *tiny_data(), BATCH)
    deadly = (
        "import os, signal\n"
        "from helpers.training import States\n"
        "save = States.save\n"
        "States.save = lambda *a: (save(*a), os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    monkeypatch.setattr(team, "PROGRAM", deadly + team.PROGRAM)
    losses = {}
    with pytest.raises(WorkerDiedError), Team(tmp_path, STEPS, every=3) as alone:
        for step, loss in alone:
            losses[step] = loss
    assert list(losses) == [1, 2, 3]


def test_two_workers_are_one_with_the_joint_batch_and_survive_a_death(tmp_path):
    model = tiny_model()
    prepare(tmp_path, model, *tiny_data(), BATCH)
    losses = {}
    died = pytest.raises(WorkerDiedError, match="worker 1 of 2 was killed by SIGKILL")
    with died, Team(tmp_path, STEPS, workers=2, every=4) as two:
        processes = [psutil.Process(number) for number in two.process_ids()]
        for step, loss in two:
            losses[step] = loss
            if step == 9:
                two.kill(1)
    assert not any(process.is_running() for process in processes)
    with Team(tmp_path, STEPS, workers=2, every=4) as two:
        losses |= dict(two)
    assert two.report["resumed"] >= 8 and two.report["steps_per_second"] > 0
    wanted = train_here(model)
    assert list(losses) == list(wanted)
    np.testing.assert_allclose([*losses.values()], [*wanted.values()], rtol=1e-4)


def test_a_worker_that_cannot_begin_is_quoted(tmp_path, monkeypatch):
    prepare(tmp_path, tiny_model(), *tiny_data(), BATCH)
    monkeypatch.setattr(team, "PROGRAM", "from helpers import nothing")
    said = "worker 0 of 2 ended with code 1 .*cannot import name 'nothing'.*step 0"
    with pytest.raises(WorkerDiedError, match=said), Team(tmp_path, 5, 2) as two:
        dict(two)


def test_workers_that_say_nothing_are_given_up(tmp_path, monkeypatch):
    prepare(tmp_path, tiny_model(), *tiny_data(), BATCH)
    monkeypatch.setattr(team, "PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(team, "PATIENCE", 0.5)
    start = time.monotonic()
    with pytest.raises(WorkerDiedError, match="said nothing"), Team(tmp_path, 5) as one:
        dict(one)
    assert time.monotonic() - start < 20


def test_the_newest_whole_state_is_taken(tmp_path):
    model, states = tiny_model(dropout=0.3), training.States(tmp_path, keep=3)
    hashes = {}
    for first in range(0, 12, 3):
        train_here(model, first, first + 3)
        states.save(model, note=first)
        hashes[first + 3] = training.state_hash(model)
    names = [path.name for path in states.paths()]
    assert names == [f"step_{step:010d}.npz" for step in (6, 9, 12)]
    whole = states.paths()[-1].read_bytes()
    (tmp_path / ".step_0000000015.npz.0123.part").write_bytes(whole)  # a killed writer
    (tmp_path / "step_15.npz").write_bytes(whole)  # no name of ours

    def resumed():
        other = tiny_model(dropout=0.3)
        found = states.resume(other)
        assert training.state_hash(other) == hashes[found["step"]]
        return found

    assert resumed() == {"step": 12, "skipped": [], "note": 9}
    for end in (0, 1, len(whole) // 2, len(whole) - 1):  # half-written
        states.paths()[-1].write_bytes(whole[:end])
        assert resumed() == {"step": 9, "skipped": [names[2]], "note": 6}
    states.paths()[-2].write_bytes(b"not a state")
    assert resumed()["step"] == 6
    states.paths()[-3].write_bytes(b"")
    untouched = tiny_model(dropout=0.3)
    before = training.state_hash(untouched)
    with pytest.raises(ValueError, match="wants one whole state .* 3 damaged"):
        states.resume(untouched)
    assert training.state_hash(untouched) == before


def test_no_state_is_step_zero_and_another_model_is_refused(tmp_path):
    states, model = training.States(tmp_path / "none"), tiny_model()
    before = training.state_hash(model)
    assert states.resume(model) == {"step": 0, "skipped": []}
    assert training.state_hash(model) == before and not states.folder.exists()
    states.save(model)
    with pytest.raises(ValueError, match="wanted"):
        states.resume(tiny_model(optimizer=keras.optimizers.SGD()))
    with pytest.raises(ValueError, match="wants a compiled model"):
        states.resume(keras.Sequential([keras.layers.Dense(1)]))
    with pytest.raises(ValueError, match="generators"):
        states.save(model, generators=1)
    for keep in (0, 1.5, True):
        with pytest.raises(ValueError, match="keep"):
            training.States(tmp_path, keep)


def test_random_numbers_go_on_where_they_were(tmp_path):
    states, model = training.States(tmp_path), tiny_model()

    def draw():
        numbers = [random.random(), random.gauss(0, 1), np.random.normal()]  # noqa: NPY002
        return [*numbers, float(keras.random.uniform(()))]

    keras.utils.set_random_seed(5)
    draw()  # a second normal number lies ready in both generators
    states.save(model)
    wanted = draw()
    keras.utils.set_random_seed(6)
    assert draw() != wanted
    states.resume(model)
    assert draw() == wanted


def test_a_plain_state_can_be_resumed_from(tmp_path):
    model = tiny_model()
    train_here(model, 0, 2)
    training.save_state(tmp_path / "step_0000000002.npz", model)
    other = tiny_model()
    assert training.States(tmp_path).resume(other)["step"] == 2
    assert training.state_hash(other) == training.state_hash(model)


def test_the_hash_sees_every_bit_of_weights_and_moments():
    model = tiny_model()
    train_here(model, 0, 2)
    before = training.state_hash(model)
    for variable in (model.weights[0], model.optimizer.variables[-1]):
        old = variable.numpy()
        new = old.copy()
        new.flat[0] = np.nextafter(new.flat[0], np.float32(np.inf))
        variable.assign(new)
        assert training.state_hash(model) != before
        variable.assign(old)
    assert training.state_hash(model) == before


def test_each_epoch_takes_every_example_once_in_another_order():
    epochs = []
    for epoch in range(3):
        steps = range(7 * epoch, 7 * epoch + 7)
        rows = np.concatenate([training.batch_rows(s, 60, 8, 1) for s in steps])
        assert len(rows) == len(set(rows)) == 56 and set(rows) <= set(range(60))
        epochs.append(tuple(rows))
    assert len(set(epochs)) == 3
    again = training.batch_rows(20, 60, 8, 1)
    assert tuple(again) == epochs[2][-8:]  # no state: the same whenever it is asked
    assert tuple(training.batch_rows(20, 60, 8, 2)) != epochs[2][-8:]


@pytest.mark.parametrize(
    "numbers",
    [(-1, 9, 3, 0), (0, 0, 1, 0), (0, 9, 10, 0), (0, 9, 0, 0), (0, 9, 3, -1)]
    + [(0.5, 9, 3, 0), (0, 9, 3, True)],
)
def test_batch_rows_refuses(numbers):
    with pytest.raises(ValueError, match="`batch_rows`, .* wants a whole number"):
        training.batch_rows(*numbers)


def test_a_job_that_cannot_be_done_is_refused(tmp_path):
    inputs, targets = tiny_data()
    plain = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="wants a model compiled"):
        prepare(tmp_path, plain, inputs, targets, BATCH)
    with pytest.raises(ValueError, match="as many inputs as targets"):
        prepare(tmp_path, tiny_model(), inputs, targets[1:], BATCH)
    for batch in (0, EXAMPLES + 1):
        with pytest.raises(ValueError, match="batch"):
            prepare(tmp_path, tiny_model(), inputs, targets, batch)
    with pytest.raises(ValueError, match="folder that `prepare` wrote"):
        Team(tmp_path, 10)
    prepare(tmp_path, tiny_model(), inputs, targets, BATCH)
    with pytest.raises(ValueError, match="share equally, received 8"):
        Team(tmp_path, 10, workers=3)
    for options in ({"steps": 0}, {"workers": 0}, {"workers": 99}, {"every": 0}):
        with pytest.raises(ValueError, match="whole number"):
            Team(tmp_path, **{"steps": 10, **options})
    training.States(tmp_path / team.STATES).save(tiny_model())
    with pytest.raises(ValueError, match="without states"):
        prepare(tmp_path, tiny_model(), inputs, targets, BATCH)
    assert json.loads((tmp_path / team.SETTINGS).read_text("utf-8"))["batch"] == BATCH
