"""Start a lesson: profile, seeds, fast runtime settings and one line that reports them.

Nothing here imports TensorFlow until `start` has set its environment variables.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from helpers import memory

PROFILES = ("smoke", "lesson", "full")
KINDS = ("transformer", "convolution", "both")
T = TypeVar("T")


def root() -> Path:
    """Return the folder of the course: the one that holds `helpers` and `data`."""
    return Path(__file__).resolve().parent.parent


def profile() -> str:
    """Return the active profile, from AIGC_PROFILE.

    Raises:
        ValueError: if AIGC_PROFILE is not one of smoke, lesson, full.
    """
    name = os.environ.get("AIGC_PROFILE", "").strip() or "lesson"
    if name not in PROFILES:
        raise ValueError(f"AIGC_PROFILE is {name!r}; wanted one of {PROFILES}")
    return name


def offline() -> bool:
    """Tell whether the network is off limits: AIGC_OFFLINE is set or profile smoke."""
    switch = os.environ.get("AIGC_OFFLINE", "").strip().lower()
    return switch not in ("", "0", "false", "no") or profile() == "smoke"


def cache_dir() -> Path:
    """Return the folder for downloads and converted weights (not yet created).

    It is AIGC_CACHE if that is set, else the platform's cache folder + aigc-course.
    """
    chosen = os.environ.get("AIGC_CACHE", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("aigc-course"))


@dataclass(frozen=True)
class Run:
    """The settings of one lesson's run, as `start` returns them.

    Attributes:
        lesson: name of the notebook, without its ending.
        profile: smoke, lesson or full.
        kind: transformer, convolution or both; it decides which settings win.
        seed: seed of Python, NumPy and Keras.
        jit: what to pass to `compile(jit_compile=…)` for this kind of lesson; in one
            of both kinds, for its Transformers.
    """

    lesson: str
    profile: str
    kind: str
    seed: int
    jit: bool

    def pick(self, smoke: T, lesson: T, full: T) -> T:
        """Return the value for the active profile.

        Example:
            steps = run.pick(smoke=20, lesson=1_500, full=20_000)
        """
        return {"smoke": smoke, "lesson": lesson, "full": full}[self.profile]


def start(
    lesson: str,
    kind: str = "transformer",
    seed: int = 0,
    deterministic: bool = True,
) -> Run:
    """Set up one lesson and print one line about where it runs.

    Sets the seeds and, unless told not to, deterministic operations; quiets
    TensorFlow's native log, and sets the runtime variables that measured fastest for
    the kind of lesson, unless the user has set them: without oneDNN for Transformers
    that run operation by operation, with it for convolutions and LSTMs, and with it
    for both, where XLA compiles the Transformers: what it compiles is faster with it,
    too. Call it before anything imports TensorFlow.

    Args:
        lesson: name of the notebook, without its ending.
        kind: "transformer", "convolution" or "both".
        seed: non-negative integer below 2**32.
        deterministic: whether TensorFlow's operations repeat to the bit. Keras then
            refuses XLA, so a lesson that trains a Transformer with `fit` says False;
            its runs repeat to about three decimals.

    Returns:
        The run, with `pick`, `profile`, `seed` and `jit`.

    Raises:
        ValueError: for an unknown kind or profile, or a seed out of range.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; wanted one of {KINDS}")
    if not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed!r}; wanted an integer from 0 to 2**32 - 1")
    jit = kind != "convolution" and not deterministic
    run = Run(lesson, profile(), kind, seed, jit)
    _set_environment(kind)
    _few_heaps()
    # Keras loads scikit-learn, 60 MB, for wrappers that no lesson uses.
    with _no_native_log(), memory.without("sklearn"):
        import keras
        import tensorflow as tf

        _quiet(tf)
    keras.utils.set_random_seed(seed)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    from helpers.plots.style import use_style

    use_style()
    memory.shorten()
    print(_report(run, tf, keras))
    return run


def _set_environment(kind: str) -> None:
    """Set what TensorFlow reads once, at import; what the user has set stays."""
    wanted = {
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0" if kind == "transformer" else "1",
    }
    late = [key for key in wanted if key not in os.environ]
    if "tensorflow" in sys.modules and "TF_ENABLE_ONEDNN_OPTS" in late:
        print("TensorFlow was imported before course.start: speed settings stay as is.")
    for key, value in wanted.items():
        os.environ.setdefault(key, value)


def _few_heaps() -> None:
    """Let glibc, where there is one, keep two heaps instead of eight a core.

    XLA's compiler threads each leave a heap behind: 0.1 to 0.2 GB in lesson 07.
    """
    if platform.libc_ver()[0] == "glibc":
        m_arena_max = -8  # malloc.h
        ctypes.CDLL(None).mallopt(m_arena_max, 2)


@contextmanager
def _no_native_log() -> Iterator[None]:
    """Hide what TensorFlow's C++ code prints while it loads; exceptions still show.

    Its first lines come before it has read TF_CPP_MIN_LOG_LEVEL.
    """
    try:
        kept = os.dup(2)
    except OSError:  # no error stream, as under a windowed Python
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _quiet(tf) -> None:
    """Silence Python-side notices and let a GPU's memory grow as needed."""
    import logging
    import warnings

    # Keras 3.15 warns at every fit on a tf.data pipeline, which shuffles by itself.
    warnings.filterwarnings("ignore", message="`shuffle=True` was passed")
    logging.getLogger("absl").setLevel(logging.ERROR)
    tf.get_logger().setLevel("ERROR")
    grow: Callable = tf.config.experimental.set_memory_growth
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            grow(gpu, True)
        except RuntimeError as error:  # the GPU is in use already
            print(f"GPU memory growth not set: {error}")


def _report(run: Run, tf, keras) -> str:
    """Return the line that says where this run happens."""
    import psutil

    gpus = len(tf.config.list_physical_devices("GPU"))
    device = f"{gpus} GPU" if gpus else "CPU"
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{run.lesson} · profile {run.profile} · Python {platform.python_version()} · "
        f"TensorFlow {tf.__version__} · Keras {keras.__version__} · {device}, "
        f"{cores()} cores, {memory:.0f} GiB memory"
    )


def cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
