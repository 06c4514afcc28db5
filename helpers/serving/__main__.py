"""Serve the model that a folder of releases names.

python -m helpers.serving models               on this machine only, port 8000
python -m helpers.serving models --host 0.0.0.0   for others: wants AIGC_KEYS

AIGC_KEYS holds the API keys, with commas between them; AIGC_ADMIN_KEY opens the way
back to the release before. A release's card has an entry "alphabet", the characters
that its GPT knows.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from fastapi import FastAPI

from helpers.serving.engine import Engine
from helpers.serving.releases import Releases
from helpers.serving.server import create_app

HERE = ("127.0.0.1", "::1", "localhost")


def engine_of(releases: Releases, name: str, slots: int) -> Engine:
    """Load a release and put slots around it.

    Args:
        releases: Holds it.
        name: Of the release.
        slots: Texts side by side.

    Raises:
        ValueError: If it is not safe to load, or no GPT with an alphabet.
    """
    from helpers import checkpoints
    from helpers.serving.decoding import GPTEngine
    from helpers.text.tokenizers import CharTokenizer

    alphabet = checkpoints.card(name, releases.folder).get("alphabet")
    if not isinstance(alphabet, str) or not alphabet:
        raise ValueError(f"`engine_of` wants a card with an alphabet; {name} has none")
    model = releases.load(name)
    return GPTEngine(model, CharTokenizer(alphabet), name, slots)


def application(folder: str, slots: int, keys: list[str]) -> FastAPI:
    """Make the application around the release that was published last.

    Args:
        folder: Of releases.
        slots: Texts side by side.
        keys: The API keys; none for everyone.

    Raises:
        ValueError: If nothing has been published, or it cannot be loaded.
    """
    releases = Releases(folder)
    history = releases.history()
    if not history:
        raise ValueError(f"no release has been published in {folder}")
    return create_app(
        engine_of(releases, history[-1], slots),
        keys=[key.strip() for key in keys] or None,
        admin_key=os.environ.get("AIGC_ADMIN_KEY") or None,
        previous=lambda: engine_of(releases, releases.roll_back(), slots),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal comes, then finish what is open.

    Args:
        arguments: Of the command line; its own if None.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="of releases")
    parser.add_argument("--host", default=HERE[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--slots", type=int, default=16)
    options = parser.parse_args(arguments)
    keys = [key for key in os.environ.get("AIGC_KEYS", "").split(",") if key.strip()]
    if options.host not in HERE and not keys:
        sys.exit("`python -m helpers.serving` wants AIGC_KEYS to serve other machines")
    try:
        app = application(options.folder, options.slots, keys)
    except ValueError as problem:
        sys.exit(str(problem))
    import uvicorn

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        access_log=False,
        timeout_graceful_shutdown=30,
        limit_concurrency=1_000,
    )


if __name__ == "__main__":
    main()
