"""Give back memory that nothing uses any more; a lesson has 1.6 GB to live in."""

from __future__ import annotations

import ctypes
import gc
import platform


def release(*trained) -> None:
    """Collect what only circles hold (Keras models do), and hand free pages back.

    Deleting a name is not enough: a model and its graphs point at each other, and
    glibc keeps what was freed. Where there is no glibc, only the first is done.

    Args:
        trained: Keras models that stay but will not train again soon. Their compiled
            steps go; `fit`, `evaluate` and `predict` would compile new ones.

    Example:
        del teacher
        memory.release(student)
    """
    for model in trained:
        model.train_function = model.test_function = model.predict_function = None
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
