"""Short stack traces: an operation still knows the reader's line, and only that."""

import json
import subprocess
import sys

from helpers import course

TRACE = """
import json, sys
import keras
import tensorflow as tf
from helpers import traces

def frames():
    layer = keras.layers.Dense(2)
    step = tf.function(lambda x: layer(x))
    graph = step.get_concrete_function(tf.zeros((1, 3))).graph
    (matmul,) = (op for op in graph.get_operations() if op.type == "MatMul")
    return [frame.filename for frame in matmul.traceback]

before = frames()
taken = traces.shorten()
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
