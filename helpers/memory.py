"""Give back memory that nothing uses any more; a lesson has 1.6 GB to live in."""

from __future__ import annotations

import ctypes
import gc
import platform
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# What helpers.training and helpers.sampling keep with a model.
COMPILED = ("_nats_steps", "_generate_programs")


def release(*trained) -> None:
    """Collect what only circles hold (Keras models do), and hand free pages back.

    Deleting a name is not enough: a model and its graphs point at each other, and
    glibc keeps what was freed. Where there is no glibc, only the first is done.

    Args:
        trained: Keras models that stay but will not be used again soon. Their compiled
            steps and generation loops go; `fit`, `evaluate`, `predict` and `generate`
            would compile new ones.

    Example:
        del teacher
        memory.release(student)
    """
    for model in trained:
        model.train_function = model.test_function = model.predict_function = None
        for name in COMPILED:
            vars(model).pop(name, None)
    _forget_sums()
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def release_after_cells() -> None:
    """Let a notebook do `release()` after each of its cells; elsewhere do nothing.

    What has been imported by then is never garbage: the collector no longer visits it,
    and one collection takes milliseconds, not 0.2 s.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    gc.freeze()
    if _after_cell not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _after_cell)


def _after_cell(*_) -> None:
    """Release what the cell that has just ended left behind."""
    release()


def _forget_sums() -> None:
    """Drop the gradients that TensorFlow has registered for sums over replicas.

    `Optimizer.apply` sums gradients over all replicas, even where there is one. For
    each traced step TensorFlow registers a gradient of this sum for good, and with it
    keeps the step's whole graph. Nobody differentiates through an update of weights.
    """
    framework = sys.modules.get("tensorflow.python.framework.ops")
    registry = getattr(getattr(framework, "gradient_registry", None), "_registry", {})
    # The registry is not public and may change: memory is all that would be lost.
    with suppress(AttributeError, KeyError, TypeError, ValueError):
        for name in [name for name in registry if name.startswith("CustomGradient-")]:
            tape = _enclosed(registry[name]["type"]).get("tape_grad_fn")
            gradient = _enclosed(tape).get("grad_fn")
            if ".all_reduce.<locals>" in getattr(gradient, "__qualname__", ""):
                del registry[name]


def _enclosed(function) -> dict:
    """Return what a function has taken from around it, by name; {} if nothing."""
    code, cells = (getattr(function, f"__{n}__", None) for n in ("code", "closure"))
    if not cells:
        return {}
    return dict(zip(code.co_freevars, (c.cell_contents for c in cells), strict=True))


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Hide optional packages from what is imported meanwhile.

    A library that can do without them then does; they can be imported afterwards.

    Args:
        packages: top-level names. One that is loaded already stays visible.

    Example:
        with memory.without("sklearn"):
            import keras
    """
    hidden = [package for package in packages if package not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # None: not to be found
    try:
        yield
    finally:
        for package in hidden:
            del sys.modules[package]


def shorten() -> bool:
    """Leave the frames of all installed modules loaded so far out of later stacks.

    It holds for the calling thread. Call it again after importing a large package.
    An error in an operation then points at the lesson's own line.

    AutoGraph copies the list of files for every call that it converts, 0.2 MB each:
    give `autograph=False` to a `tf.function` of many calls, which rarely needs it.

    Returns:
        Whether TensorFlow takes the filter: its class is not public and may move.
    """
    try:
        from tensorflow.python.util.tf_stack import StackTraceFilter
    except ImportError:
        return False

    class Installed(StackTraceFilter):
        """A filter of all files that were installed, not written for the course."""

        files = _installed_files()

        def get_filtered_filenames(self) -> frozenset[str]:
            return self.files

    try:
        Installed().__enter__()  # never left: it holds as long as the thread
    except Exception:  # a private class changed; memory is all that is lost
        return False
    return True


def _installed_files() -> frozenset[str]:
    """Return the source files of loaded modules below Python's own folders.

    All but the innermost, where TensorFlow takes the stack: without it there is none.
    """
    paths = sysconfig.get_paths()
    folders = tuple(paths[name] for name in ("stdlib", "purelib", "platlib"))
    innermost = sys.modules["tensorflow.python.framework.ops"].__file__
    files = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
    files = {file for file in files if file and file.startswith(folders)}
    return frozenset(files - {innermost})
