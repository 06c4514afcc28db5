"""Turn a model into a file that other programs run, and run it without Keras."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers import memory
from helpers.checks import require_count
from helpers.course import no_native_log
from helpers.files import sha256_of, whole_file

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

KINDS = ("float", "dynamic", "int8", "int16")


def to_saved_model(model: keras.Model, folder: str | Path, signature: list) -> Path:
    """Export a model's `call` as a SavedModel, without its optimizer.

    Args:
        model: A built Keras model.
        folder: Made, or written over.
        signature: One `keras.InputSpec` or `tf.TensorSpec` per input.

    Returns:
        The folder; `loaded = tf.saved_model.load(folder)`, then `loaded.serve(…)`.
    """
    folder = Path(folder)
    with no_native_log():
        model.export(folder, input_signature=signature, verbose=False)
    return folder


def to_litert(
    function: Callable,
    signature: Sequence[tf.TensorSpec],
    path: str | Path,
    kind: str = "float",
    samples: Iterable[Sequence[np.ndarray]] = (),
) -> Path:
    """Convert a function to LiteRT (once called TensorFlow Lite).

    Only LiteRT's own operations are allowed: no part of TensorFlow has to come along.
    Inputs and outputs keep their types in every kind. What "int16" has no operation
    for stays in float; "int8" is 8 bits everywhere or fails.

    Args:
        function: Maps tensors to one tensor; a Keras model is one.
        signature: Shape and type of each input; known shapes give the fastest file.
        path: The file, such as "model.tflite".
        kind: "float"; "dynamic": weights of 8 bits, sums in float; "int8": weights and
            activations of 8 bits; "int16": activations of 16 bits, weights of 8.
        samples: Inputs from which the range of every activation is read; wanted for
            "int8" and "int16".

    Raises:
        ValueError: For another kind, or a kind that wants samples and has none.
    """
    import tensorflow as tf

    samples = list(samples)
    if kind not in KINDS or (kind.startswith("int") and not samples):
        raise ValueError(
            f"`to_litert` wants a kind of {KINDS}, and samples for the last two, "
            f"received {kind!r} and {len(samples)} samples"
        )
    named = [  # in this order: the converter sorts them by name
        tf.TensorSpec(one.shape, one.dtype, f"input_{i:02}")
        for i, one in enumerate(signature)
    ]
    traced = tf.function(function, input_signature=named, autograph=False)
    concrete = traced.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], traced)
    if kind != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if samples:
        converter.representative_dataset = lambda: ([*row] for row in samples)
    converter.target_spec.supported_ops = _operations(kind)
    with no_native_log(), warnings.catch_warnings(), whole_file(path) as temporary:
        warnings.simplefilter("ignore")  # it misses ranges of inputs that stay floats
        temporary.write_bytes(converter.convert())
    del converter, concrete, traced
    memory.release()  # graphs, and what the converter needed
    return Path(path)


def _operations(kind: str) -> list[tf.lite.OpsSet]:
    """Return the operations that a file of this kind may use."""
    import tensorflow as tf

    operations = tf.lite.OpsSet
    if kind == "int8":
        return [operations.TFLITE_BUILTINS_INT8]
    if kind != "int16":
        return [operations.TFLITE_BUILTINS]
    with_16_bits = (
        operations.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    )
    return [with_16_bits, operations.TFLITE_BUILTINS]


class LiteRT:
    """A LiteRT file, ready to be called with arrays.

    Args:
        path: The file.
        threads: Cores to use.

    Raises:
        ValueError: If it is no LiteRT file, or needs a part of TensorFlow.
    """

    def __init__(self, path: str | Path, threads: int = 1):
        content = Path(path).read_bytes()
        if content[4:8] != b"TFL3" or b"Flex" in content:
            raise ValueError(
                f"`LiteRT` wants a LiteRT file without TensorFlow's own operations, "
                f"received {Path(path).name}"
            )
        with no_native_log():  # it tells of the kernels that it chose
            from ai_edge_litert.interpreter import Interpreter

            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        # By name: `to_litert` has named them in their order.
        self._inputs = sorted(
            self._interpreter.get_input_details(), key=lambda one: one["name"]
        )
        self._output = self._interpreter.get_output_details()[0]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of each input."""
        return [tuple(map(int, one["shape"])) for one in self._inputs]

    def __call__(self, *arrays: np.ndarray) -> np.ndarray:
        """Run the file; the arrays have the shapes that it was made for."""
        for one, array in zip(self._inputs, arrays, strict=True):
            self._interpreter.set_tensor(
                one["index"], np.asarray(array, one["dtype"], order="C")
            )
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output["index"])


def checked_file(folder: str | Path, name: str, sha256: str) -> Path:
    """Return a file's path if it is the one that was published.

    A model is a program: a file that somebody else could have put there is not loaded.

    Args:
        folder: Where the files lie.
        name: The file's name, with no folder in it.
        sha256: What it must hash to, from a source that the file's author cannot write.

    Raises:
        ValueError: If the name leads out of the folder, or it is another file.
    """
    folder = Path(folder).resolve()
    path = folder / name
    if Path(name).name != name or path.is_symlink() or path.resolve().parent != folder:
        raise ValueError(f"`checked_file` wants a file's plain name, received {name!r}")
    if path.suffix not in (".keras", ".tflite", ".npz"):
        raise ValueError(
            "`checked_file` wants .keras, .tflite or .npz, which hold no code to run, "
            f"received {name!r}"
        )
    if not path.is_file() or sha256_of(path) != sha256:
        raise ValueError(f"{name} is missing, or not the file that was published")
    return path


def size_of(path: str | Path) -> int:
    """Return the bytes of a file, or of all files in a folder.

    Args:
        path: The file or folder.
    """
    path = Path(path)
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def latency(call: Callable[[], object], repeats: int = 50) -> tuple[float, float]:
    """Time a call, after three that do not count.

    Args:
        call: What to time.
        repeats: How often, at least 1.

    Returns:
        The median and the 95th percentile, in milliseconds.
    """
    require_count(repeats, "`latency`, of repeats,")
    seconds = []
    for _ in range(repeats + 3):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return tuple(float(x) for x in np.quantile(seconds[3:], [0.5, 0.95]) * 1000)
