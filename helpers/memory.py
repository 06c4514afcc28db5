"""Give back memory that nothing uses any more; a lesson has 1.6 GB to live in."""

from __future__ import annotations

import ctypes
import gc
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


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
