"""Give back memory that nothing uses any more; a lesson has 1.6 GB to live in."""

from __future__ import annotations

import ctypes
import gc
import platform


def release() -> None:
    """Collect what only circles hold (Keras models do), and hand free pages back.

    Deleting a name is not enough: a model and its graphs point at each other, and
    glibc keeps what was freed. Where there is no glibc, only the first is done.

    Example:
        del model
        memory.release()
    """
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
