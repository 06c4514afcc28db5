"""Training tools against closed forms; test_resume.py kills and resumes trainings."""

import hashlib
import math
import os
import sys
import time
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from tqdm import tqdm

from helpers import memory, training
from helpers.models.text.gpt import GPT
from helpers.training import callbacks

SIZES = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "max_sequence_length": 8}


def tiny_model(**options):
    keras.utils.set_random_seed(0)
    model = GPT(11, **{**SIZES, **options})
    model.compile(training.course_optimizer(10), training.token_loss())
    return model


def tiny_data(batches=3, rows=4):
    ids = np.random.default_rng(0).integers(0, 11, (batches, rows, 9), dtype="int32")
    return [(rows[:, :-1], rows[:, 1:]) for rows in ids]


def fit(model, batches, **options):
    x, y = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    return model.fit(data, verbose=0, **options)


def test_schedule_is_its_closed_form():
    peak, steps, warmup, floor = 2e-3, 50, 8, 1e-4
    schedule = training.warmup_cosine(peak, steps, warmup, floor)
    for step in (0, 1, 7, 8, 9, 29, 49, 50, 80):
        if step < warmup:
            wanted = peak * step / warmup
        else:
            share = min(1, (step - warmup) / (steps - warmup))
            wanted = floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2
        assert float(schedule(step)) == pytest.approx(wanted, rel=1e-5, abs=1e-9)


def test_schedule_without_warmup_is_kerass_cosine_decay():
    ours = training.warmup_cosine(0.1, 20)
    theirs = keras.optimizers.schedules.CosineDecay(0.1, 20)
    assert [float(ours(i)) for i in range(25)] == [float(theirs(i)) for i in range(25)]


@pytest.mark.parametrize(
    "arguments",
    [
        *[(0, 10), (1, 0), (1, 10, 10), (1, 10, -1), (1, 10, 0, 2), (1, 9, 0, -1)],
        *[(math.inf, 10), (math.nan, 10), (1, 2.5), (1, 10**9), (1, 10, 0, math.nan)],
    ],
)
def test_schedule_refuses(arguments):
    with pytest.raises(ValueError, match="wanted"):
        training.warmup_cosine(*arguments)


def test_matrices_get_an_orthogonal_update():
    model = tiny_model(tie_embeddings=False)
    optimizer = training.course_optimizer(10, peak=1.0, warmup=0, weight_decay=0.0)
    model.compile(optimizer, training.token_loss())
    before = {weight.path: weight.numpy() for weight in model.trainable_variables}
    fit(model, tiny_data(1))
    for weight in model.trainable_variables:
        moved = before[weight.path] - weight.numpy()
        if "embedding" in weight.path:
            continue
        if len(weight.shape) < 2 or "head" in weight.path:
            # Adam's first step is the sign of the gradient, whatever its size.
            some = np.abs(moved)[np.abs(moved) > 0.1 * np.abs(moved).max()]
            assert some.max() < 1.2 * some.min(), weight.path
        else:
            spread = np.linalg.svd(moved, compute_uv=False)
            # Five Newton-Schulz steps bring singular values into about [0.7, 1.2].
            assert spread[0] < 2.5 * spread[len(spread) // 2], weight.path


def test_optimizer_learns():
    model = tiny_model()
    batch = tiny_data(1)
    history = fit(model, batch * 30).history["loss"]
    assert training.evaluate(model, batch) < history[0] < math.log(11) + 0.2


def test_evaluate_is_the_mean_over_all_tokens():
    model = tiny_model()
    (x, y), (u, v) = tiny_data(2, rows=4)
    u, v = u[:1], v[:1]  # a short last batch
    weights = np.random.default_rng(1).random((5, 8)).astype("float32")
    weights[1, 3:] = 0
    logits = model(np.concatenate([x, u])).numpy().astype("float64")
    shifted = logits - logits.max(-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    nats = -np.take_along_axis(log_p, np.concatenate([y, v])[..., None], -1)[..., 0]
    plain = training.evaluate(model, [(x, y), (u, v)])
    assert plain == pytest.approx(nats.mean(), abs=1e-5)
    weighted = training.evaluate(model, [(x, y, weights[:4]), (u, v, weights[4:])])
    wanted = (nats * weights).sum() / weights.sum()
    assert weighted == pytest.approx(wanted, abs=1e-5)
    (step,) = model._nats_steps.values()
    assert step.experimental_get_tracing_count() == 1


def test_evaluate_follows_a_new_choice_of_xla():
    model, batch = tiny_model(), tiny_data(1)
    losses, steps = [], []
    for jit in (True, False, True):
        model.compile(model.optimizer, training.token_loss(), jit_compile=jit)
        losses.append(training.evaluate(model, batch))
        steps.append(model._nats_steps[jit])
    compiled = [step.function_spec.jit_compile for step in steps[:2]]
    assert compiled == [True, False] and steps[0] is steps[2]
    assert losses == pytest.approx([losses[0]] * 3, abs=1e-5)


def test_evaluate_refuses_nothing_to_measure():
    model = tiny_model()
    (x, y) = tiny_data(1)[0]
    for nothing in ([], [(x, y, np.zeros_like(y, "float32"))]):
        with pytest.raises(ValueError, match="weight above 0"):
            training.evaluate(model, nothing)


def test_time_limit_stops_and_clock_leaves_out_compilation():
    model = tiny_model()
    limit = training.TimeLimit(0.05)
    data = tf.data.Dataset.from_tensors(tiny_data(1)[0]).repeat()
    history = model.fit(
        data, steps_per_epoch=10_000, epochs=3, verbose=0, callbacks=[limit]
    )
    assert 0.05 <= limit.seconds < 5 and limit.compile_seconds > 0.1
    assert history.history["seconds"] == [limit.seconds]
    assert int(model.optimizer.iterations) < 10_000


def test_clock_validates_off_the_clock(monkeypatch):
    model, batch = tiny_model(), tiny_data(1)
    slow = training.evaluate(model, batch)

    def pause_and_evaluate(*arguments):
        time.sleep(0.2)
        return slow

    monkeypatch.setattr(callbacks, "evaluate", pause_and_evaluate)
    clock = training.Clock(validation=batch, every=3)
    fit(model, batch * 7, callbacks=[clock])
    assert [step for step, _, _ in clock.points] == [3, 6, 7] and clock.steps == 7
    assert [loss for _, _, loss in clock.points] == [slow] * 3
    assert clock.points[-1][1] == clock.seconds < 0.2 < 3 * 0.2
    with pytest.raises(ValueError, match="whole number >= 1"):
        training.Clock(every=0)


def test_a_kept_clock_keeps_no_model():
    model, clock = tiny_model(), training.Clock()
    fit(model, tiny_data(3), callbacks=[clock, training.Progress()])
    watched = weakref.ref(model)
    del model
    memory.release()
    assert watched() is None and clock.steps == 3


def test_time_limit_moves_the_learning_rate():
    model = tiny_model()
    model.compile(training.course_optimizer(None, peak=0.01), training.token_loss())
    rates = []

    class Rates(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    data = tf.data.Dataset.from_tensors(tiny_data(1)[0]).repeat()
    callbacks = [training.TimeLimit(0.3, peak=0.01), Rates()]
    model.fit(data, steps_per_epoch=10_000, verbose=0, callbacks=callbacks)
    top = int(np.argmax(rates))
    assert 0.008 < rates[top] <= 0.01 + 1e-9 and top < len(rates) // 3
    assert rates[0] < 0.001 and rates[-1] < 0.001
    assert np.all(np.diff(rates[:top]) >= 0) and np.all(np.diff(rates[top:]) <= 0)


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf])
def test_time_limit_refuses(seconds):
    with pytest.raises(ValueError, match="finite seconds above 0"):
        training.TimeLimit(seconds)


@pytest.mark.parametrize("peak", [0, -1, math.nan, math.inf])
def test_time_limit_refuses_a_peak(peak):
    with pytest.raises(ValueError, match="finite peak above 0"):
        training.TimeLimit(1, peak)


def test_progress_leaves_one_line_on_stdout(capsys):
    model = tiny_model()
    progress = training.Progress(name="tiny")
    fit(model, tiny_data(3), epochs=2, callbacks=[progress])
    shown = capsys.readouterr()
    assert shown.err == "" and shown.out.count("\n") == 1
    last = shown.out.split("\r")[-1]
    assert last.startswith("tiny: 100%") and "6/6" in last and "loss=" in last


class BreakOff(keras.callbacks.Callback):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_train_batch_end(self, batch, logs=None):
        raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError("out of memory")])
def test_a_training_that_broke_off_leaves_no_open_bar(error, capsys):
    model, kept = tiny_model(), training.Progress(name="broken")
    with pytest.raises((KeyboardInterrupt, RuntimeError)) as caught:  # holds the frames
        fit(model, tiny_data(3), callbacks=[kept, BreakOff(error)])
    fit(model, tiny_data(3), callbacks=[training.Progress(name="whole")])
    with tqdm(total=1, file=sys.stdout) as bar:
        assert bar.pos == 0  # tqdm's line, counted downwards from that of the first bar
    lines = capsys.readouterr().out.split("\n")
    assert caught.traceback and "\x1b[A" not in "".join(lines)
    assert "1/3" in lines[0].split("\r")[-1] and "3/3" in lines[1].split("\r")[-1]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_cell_closes_its_bar_before_the_next_cell(error, shell, capsys):
    callbacks = [training.Progress(), BreakOff(error)]
    shell.push({"tqdm": tqdm, "sys": sys, "fit": fit, "callbacks": callbacks})
    shell.push({"model": tiny_model(), "data": tiny_data(3)})
    shell.run_cell("fit(model, data, callbacks=callbacks)")
    shown = capsys.readouterr().out
    assert error.__name__ in shown.split("\rtraining:")[-1]  # no bar below it
    assert not shell.events.callbacks["post_run_cell"]
    shell.run_cell("place = tqdm(total=1, file=sys.stdout); place.close()")
    assert shell.user_ns["place"].pos == 0


def test_state_round_trip(tmp_path):
    path, model = tmp_path / "state.npz", tiny_model(dropout=0.5)
    fit(model, tiny_data(3))
    training.save_state(path, model, epoch=4, note="half way")
    other = tiny_model(dropout=0.5)
    fit(other, tiny_data(1))
    found = training.load_state(path, other)
    assert found == {"step": 3, "epoch": 4, "note": "half way"}
    for mine, theirs in zip(model.variables, other.variables, strict=True):
        if "loss" not in mine.path:
            np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    states = zip(model.optimizer.variables, other.optimizer.variables, strict=True)
    for mine, theirs in states:
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    assert os.listdir(tmp_path) == ["state.npz"]


def test_bad_state_files_are_refused_and_change_nothing(tmp_path):
    path, model = tmp_path / "state.npz", tiny_model()
    training.save_state(path, model)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    bad = {
        "empty": b"",
        "text": b"not a state",
        "cut": whole[: len(whole) // 2],
        "flipped": bytes(flipped),
        "other": (tmp_path / "other.npz").read_bytes(),
    }
    before = [weight.numpy() for weight in model.weights]
    for name, content in bad.items():
        path.write_bytes(content)
        with pytest.raises(ValueError, match="no whole training state"):
            training.load_state(path, model)
        pytest.raises(ValueError, training.load_state, path, model)
        assert path.read_bytes() == content, name
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), old)
    with pytest.raises(FileNotFoundError):
        training.load_state(tmp_path / "missing.npz", model)


def test_state_of_another_model_or_optimizer_is_refused(tmp_path):
    path, model = tmp_path / "state.npz", tiny_model()
    training.save_state(path, model)
    for options in ({"hidden_dim": 16}, {"num_layers": 2}):
        with pytest.raises(ValueError, match="wanted"):
            training.load_state(path, tiny_model(**options))
    model.compile(keras.optimizers.AdamW(), training.token_loss())
    with pytest.raises(ValueError, match="wanted the same"):
        training.load_state(path, model)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float8_e4m3fn", "float64"])
def test_state_keeps_the_bits_of_every_float_type(tmp_path, dtype):
    def network(seed):
        layer = keras.layers.Dense(3)
        model = keras.Sequential([keras.Input((4,)), layer])
        draw = np.random.default_rng(seed).normal(size=(2, 3))
        values = tf.cast(draw, dtype).numpy()
        model.kept = keras.Variable(values, dtype=dtype, trainable=False, name="kept")
        layer._non_trainable_variables.append(model.kept)
        model.compile("sgd", "mse")
        return model

    path, model, other = tmp_path / "state.npz", network(0), network(1)
    training.save_state(path, model)
    training.load_state(path, other)
    assert other.kept.numpy().tobytes() == model.kept.numpy().tobytes()


def test_every_flipped_bit_of_a_state_is_refused_or_harmless(tmp_path):
    path = tmp_path / "state.npz"
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    training.save_state(path, model)
    whole, before = path.read_bytes(), model.get_weights()
    directory = whole.find(b"PK\1\2")
    places = [*range(0, directory, 37), *range(directory, len(whole))]
    refused = 0
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            training.load_state(path, model)
        except ValueError as error:
            refused += str(path) in str(error)
        for one, old in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(one, old)
    assert refused > len(places) / 3


def test_state_of_other_settings_is_refused(tmp_path):
    path, model = tmp_path / "state.npz", tiny_model(activation="gelu")
    training.save_state(path, model)
    with pytest.raises(ValueError, match="other settings"):
        training.load_state(path, tiny_model(activation="silu"))
    keras.layers.Dense(1)  # names of later layers count on
    training.load_state(path, tiny_model(activation="gelu"))

    def network(activation):
        parts = [keras.layers.Dense(3, activation), keras.layers.Dense(2)]
        model = keras.Sequential([keras.Input((4,)), *parts])
        model.compile("adam", "mse")
        return model

    training.save_state(path, network("relu"))
    training.load_state(path, network("relu"))  # its layers have other numbers
    with pytest.raises(ValueError, match="other settings"):
        training.load_state(path, network("tanh"))


@pytest.mark.parametrize("extra", [{"step": 5}, {"a": {1: 2}}, {"a": {"b": {3}}}])
def test_state_loses_no_value(tmp_path, extra):
    with pytest.raises(ValueError, match="wants no value named step|JSON types"):
        training.save_state(tmp_path / "state.npz", tiny_model(), **extra)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "weights", [np.ones(8), np.ones((8, 4)), -np.ones((4, 8)), np.full((4, 8), np.nan)]
)
def test_evaluate_stretches_no_weights(weights):
    (x, y) = tiny_data(1)[0]
    with pytest.raises(ValueError, match="`evaluate` wants"):
        training.evaluate(tiny_model(), [(x, y, weights)])


def test_state_refuses_what_it_cannot_keep(tmp_path):
    model = tiny_model()
    with pytest.raises(ValueError, match="JSON"):
        training.save_state(tmp_path / "state.npz", model, data=object())
    with pytest.raises(ValueError, match="not compiled"):
        training.save_state(tmp_path / "state.npz", GPT(11, **SIZES))
    assert os.listdir(tmp_path) == []


def test_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path, model = tmp_path / "state.npz", tiny_model()
    training.save_state(path, model)
    before = hashlib.sha256(path.read_bytes()).hexdigest()

    def full_disk(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="no space"):
        training.save_state(path, model)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert os.listdir(tmp_path) == ["state.npz"]
