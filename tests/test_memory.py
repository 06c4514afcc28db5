"""Released memory: objects that hold each other go, and pages go back to the system."""

import gc
import importlib
import json
import platform
import subprocess
import sys
import weakref

import keras
import numpy as np
import psutil
import pytest

from helpers import course, memory
from helpers.models.text.gpt import GPT
from helpers.sampling.generation import generate
from helpers.training.evaluation import evaluate


class Node:
    """Something that can point at itself."""


def test_circles_are_collected():
    gc.disable()
    try:
        node = Node()
        node.itself, watched = node, weakref.ref(node)
        del node
        assert watched() is not None
        memory.release()
        assert watched() is None
    finally:
        gc.enable()


def test_a_notebook_releases_after_each_cell_and_once(shell):
    gc.disable()
    try:
        memory.release_after_cells()
        memory.release_after_cells()  # a first cell that is run again
        assert len(shell.events.callbacks["post_run_cell"]) == 1
        node = Node()
        node.itself, watched = node, weakref.ref(node)
        del node
        shell.run_cell("pass")
        assert watched() is None
    finally:
        gc.enable()
        gc.unfreeze()


def test_a_script_collects_as_python_does(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    before = gc.get_freeze_count()
    memory.release_after_cells()
    assert gc.get_freeze_count() == before


def test_the_graph_of_an_update_is_given_back():
    import tensorflow as tf

    weights = [keras.Variable(np.ones(3, "float32"))]
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(weights)
    step = tf.function(lambda: optimizer.apply([tf.ones(3)], weights))
    step()
    assert float(weights[0][0]) == 0
    graph = weakref.ref(step.get_concrete_function().graph)
    del step
    memory.release()
    assert graph() is None


def test_other_registered_gradients_stay():
    import tensorflow as tf

    @tf.function
    def act(x):
        return tf.nn.silu(x)  # its gradient is a registered one

    x = tf.constant([0.5])
    act(x)
    memory.release()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = act(x)
    assert np.isfinite(tape.gradient(y, x)).all()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's heap")
def test_freed_pages_go_back():
    small = [np.ones(2_000) for _ in range(4_000)]  # 64 MB, below mmap's threshold
    held = psutil.Process().memory_info().rss
    last = small[-1]  # pins the top of the heap
    del small
    memory.release()
    assert held - psutil.Process().memory_info().rss > 40e6
    assert last.sum() == 2_000


def test_a_language_model_lets_go_of_its_loops_and_works_again():
    model = GPT(7, 1, 2, 8, max_sequence_length=8)
    batch = [(np.ones((2, 8), "int32"), np.ones((2, 8), "int32"))]
    loss, text = evaluate(model, batch), generate(model, [1, 2], 3)
    (step,), (program,) = (vars(model)[name].values() for name in memory.COMPILED)
    watched = weakref.ref(step), weakref.ref(program)
    del step, program
    memory.release(model)
    assert [one() for one in watched] == [None, None]
    assert evaluate(model, batch) == loss
    np.testing.assert_array_equal(generate(model, [1, 2], 3), text)


def test_a_trained_model_lets_go_of_its_steps_and_can_train_again():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    data = np.ones((4, 2)), np.ones((4, 1))
    model.fit(*data, verbose=0)
    step = weakref.ref(model.train_function)
    memory.release(model)
    assert step() is None
    before = model.evaluate(*data, verbose=0)
    model.fit(*data, verbose=0)
    assert model.evaluate(*data, verbose=0) < before


def test_hidden_packages_are_not_found_and_come_back(tmp_path, monkeypatch):
    (tmp_path / "optional_part.py").write_text("value = 3")
    monkeypatch.syspath_prepend(tmp_path)
    with memory.without("optional_part"), pytest.raises(ImportError):
        importlib.import_module("optional_part")
    import optional_part

    assert optional_part.value == 3 and json.loads("3") == 3


def test_what_is_loaded_already_stays_visible():
    with memory.without("gc"):
        import gc as again
    assert again is gc


TRACE = """
import json, sys
import keras
import tensorflow as tf
from helpers import memory

def frames():
    layer = keras.layers.Dense(2)
    step = tf.function(lambda x: layer(x))
    graph = step.get_concrete_function(tf.zeros((1, 3))).graph
    (matmul,) = (op for op in graph.get_operations() if op.type == "MatMul")
    return [frame.filename for frame in matmul.traceback]

before = frames()
taken = memory.shorten()
after = frames()
@tf.function
def failing(x):
    return tf.strings.to_number(x)
try:
    failing(tf.constant("seven"))
except tf.errors.InvalidArgumentError as error:
    message = str(error)
print(json.dumps([taken, before, after, message]))
"""


def test_only_the_courses_own_frames_are_kept():
    answer = subprocess.run(
        [sys.executable, "-c", TRACE],
        capture_output=True, text=True, check=True, cwd=course.root(),
    )  # fmt: skip
    taken, before, after, message = json.loads(answer.stdout.splitlines()[-1])
    assert taken
    assert any("keras" in file for file in before)
    assert set(after) == {"<string>"}
    assert len(after) < len(before) / 4
    assert 'File "<string>", line' in message and "in failing" in message
