"""Run a maker: what goes wrong in it becomes its last word, and is noted in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

from helpers.serving.studio.results import Made, Step

LOG = logging.getLogger("helpers.serving.studio")


def steps(
    make: Callable[[Mapping[str, object]], Iterator[Step | Made]],
    given: Mapping[str, object],
) -> Iterator[Step | Made | Exception]:
    """Yield what a maker yields; an error instead of raising it.

    Whoever stops asking stops the work: nothing runs between two steps.

    Args:
        make: Of a maker.
        given: Its settings, unchecked.
    """
    from helpers.datasets import DatasetUnavailable

    try:
        yield from make(given)
    except (ValueError, DatasetUnavailable) as error:  # said in words
        yield error
    except Exception as error:
        LOG.exception("a maker failed")
        yield error
