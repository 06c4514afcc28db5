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
SWITCH = dict.fromkeys(("", "0", "off", "false", "no"), False)
SWITCH |= dict.fromkeys(("1", "on", "true", "yes"), True)
KINDS = ("transformer", "convolution", "both")
T = TypeVar("T")


def root() -> Path:
    """Return the folder of the course: the one that holds `helpers` and `data`."""
    return Path(__file__).resolve().parent.parent


def profile() -> str:
    """Return the active profile, from AIGC_PROFILE in small or capital letters.

    Raises:
        ValueError: if AIGC_PROFILE is not one of smoke, lesson, full.
    """
    name = os.environ.get("AIGC_PROFILE", "").strip()
    if name.lower() not in ("", *PROFILES):
        raise ValueError(f"AIGC_PROFILE wants one of {PROFILES}, received {name!r}")
    return name.lower() or "lesson"


def offline() -> bool:
    """Tell whether the network is off limits: AIGC_OFFLINE is on or profile smoke.

    Raises:
        ValueError: if AIGC_OFFLINE is neither on, true, yes, 1 nor off, false, no, 0.
    """
    switch = os.environ.get("AIGC_OFFLINE", "").strip()
    if switch.lower() not in SWITCH:
        wanted = "on, true, yes or 1, or off, false, no or 0"
        raise ValueError(f"AIGC_OFFLINE wants {wanted}, received {switch!r}")
    return SWITCH[switch.lower()] or profile() == "smoke"


def cache_dir() -> Path:
    """Return the folder for downloads and converted weights (not yet created).

    It is AIGC_CACHE if that is set, else the platform's cache folder + aigc-course. A
    relative AIGC_CACHE begins at the course's root, in a notebook as in `make`.

    Raises:
        ValueError: if AIGC_CACHE names a file or the home of an unknown user, or is not
            set where no home folder is known.
    """
    chosen = os.environ.get("AIGC_CACHE", "").strip()
    if not chosen:
        import pooch

        folder = Path(pooch.os_cache("aigc-course"))
        if not folder.is_absolute():  # "~" stays where there is no home
            raise ValueError("AIGC_CACHE wants a folder, since no home folder is known")
        return folder
    try:
        folder = root() / Path(chosen).expanduser()
    except RuntimeError as error:
        raise ValueError(
            f"AIGC_CACHE wants a folder, received {chosen!r}, and {error}"
        ) from error
    for place in (folder, *folder.parents):
        if os.path.isfile(place):
            raise ValueError(f"AIGC_CACHE wants a folder, received the file {place}")
    return folder


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

    Keras runs on TensorFlow, with float32, channels last and an epsilon of 1e-7,
    whatever ~/.keras/keras.json or KERAS_BACKEND asks for. In a notebook, memory that
    a cell no longer uses goes back to the system after it.

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
        ValueError: for an unknown kind or profile, a seed out of range, or if Keras has
            been imported with another backend or cannot be with the settings here.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; wanted one of {KINDS}")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed!r}; wanted an integer from 0 to 2**32 - 1")
    jit = kind != "convolution" and not deterministic
    run = Run(lesson, profile(), kind, seed, jit)
    _set_environment(kind)
    _few_heaps()
    # Keras loads scikit-learn, 60 MB, for wrappers that no lesson uses.
    with no_native_log(), memory.without("sklearn"):
        keras = _keras()
        import tensorflow as tf

        _quiet(tf)
    keras.utils.set_random_seed(seed)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    from helpers.plots.style import use_style

    use_style()
    memory.shorten()
    if run.profile != "smoke":  # its models are small, and tests are in a hurry
        memory.release_after_cells()
    print(_report(run, tf, keras))
    return run


def _set_environment(kind: str) -> None:
    """Set what Keras and TensorFlow read once, at import, and say what differs."""
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend != "tensorflow" and "keras" not in sys.modules:
        print(f"KERAS_BACKEND was {backend}; the course sets it to tensorflow.")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for limit in ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"):
        os.environ.pop(limit, None)  # of somebody's debugging: lessons train in full
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    wanted = "0" if kind == "transformer" else "1"
    chosen = os.environ.get("TF_ENABLE_ONEDNN_OPTS")
    if chosen is None and "tensorflow" in sys.modules:
        print("TensorFlow was imported before course.start: speed settings stay as is.")
    elif chosen not in (None, wanted):
        print(
            f"TF_ENABLE_ONEDNN_OPTS stays {chosen}; this lesson is faster at {wanted}."
        )
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", wanted)


def _keras():
    """Import Keras and set what keras.json or an earlier cell may have set."""
    try:
        import keras
    except (ValueError, AttributeError) as error:  # what keras.json holds is no setting
        raise ValueError(
            "start wants Keras's settings file (keras.json in the folder KERAS_HOME or "
            f"~/.keras) to be valid or absent: {error}"
        ) from error
    config = keras.config
    if config.backend() != "tensorflow":
        raise ValueError(
            f"start wants Keras on TensorFlow, received Keras on {config.backend()}, "
            "imported earlier: restart the kernel and call course.start first"
        )
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    return keras


def _few_heaps() -> None:
    """Let glibc, where there is one, keep two heaps instead of eight a core.

    XLA's compiler threads each leave a heap behind: 0.1 to 0.2 GB in lesson 07.
    """
    if platform.libc_ver()[0] == "glibc":
        m_arena_max = -8  # malloc.h
        ctypes.CDLL(None).mallopt(m_arena_max, 2)


@contextmanager
def no_native_log() -> Iterator[None]:
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
