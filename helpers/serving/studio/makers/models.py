"""The models behind the tabs: loaded when first needed, once, for everybody."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache, wraps
from typing import TypeVar

T = TypeVar("T")

LOCK = threading.RLock()  # of loading, and of every single step of a model
ROOM = 640  # tokens that SmolLM2 keeps in mind: what is read and what is written
DRAFT = 40  # tokens of the desk's own words


def once(load: Callable[..., T]) -> Callable[..., T]:
    """Let one thread load, and all others wait for what it loads.

    Args:
        load: Without side effects that a failed try would leave behind.
    """
    kept = cache(load)

    @wraps(load)
    def loaded(*arguments):
        with LOCK:
            return kept(*arguments)

    return loaded


@once
def started() -> None:
    """Start TensorFlow as the lessons do."""
    from helpers import course

    with redirect_stdout(sys.stderr):
        course.start("studio", kind="both", deterministic=False)


@once
def checkpoint(name: str):
    """Return a shipped checkpoint's model."""
    from helpers import checkpoints

    started()
    return checkpoints.load(name)


@once
def chat():
    """Return SmolLM2, a `helpers.pretrained.ChatModel`."""
    from helpers import pretrained

    started()
    return pretrained.load("smollm2")


@once
def reader():
    """Return SmolLM2's `CachedReader`; hold `LOCK` while it reads."""
    from helpers.sampling.cached import CachedReader

    return CachedReader(chat().decoder, room=ROOM)


@once
def composer():
    """Return the writer of chorales."""
    from helpers.apps.studio.chorales import ChoraleWriter

    return ChoraleWriter(checkpoint("chorale_gpt"))


@once
def desk():
    """Return the service desk's parts, fitted."""
    from helpers import pretrained
    from helpers.apps.service import opening

    started()
    return opening.prepare(pretrained.load("minilm"))
