"""Serve the studio on this machine.

python -m helpers.serving.studio                 at 127.0.0.1:7860, and opens a browser
python -m helpers.serving.studio --port 8000 --no-browser
python -m helpers.serving.studio --host 0.0.0.0 --for-others   for all who reach it
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence

from helpers.serving.studio import application, build_page
from helpers.serving.studio.makers import models
from helpers.serving.studio.site import HERE

OPEN = "warning: without keys and without encryption, for everybody who reaches {host}"


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line says.

    Args:
        arguments: Of the command line; its own if None.
    """
    parser = argparse.ArgumentParser(
        prog="python -m helpers.serving.studio", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--host", default=HERE[0])
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--for-others", action="store_true", help="wanted for a host")
    parser.add_argument("--no-browser", action="store_true", help="open none")
    found = parser.parse_args(arguments)
    if not 1 <= found.port <= 65_535:
        parser.error(f"--port wants 1 to 65535, received {found.port}")
    if found.host not in HERE and not found.for_others:
        parser.error(f"--host {found.host} wants --for-others as well")
    return found


def has_window() -> bool:
    """Return whether a browser could open: there is a screen, or a system with one."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform != "linux" or any(map(os.environ.get, screens))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal comes.

    Args:
        arguments: Of the command line; its own if None.
    """
    chosen = options(arguments)
    local = chosen.host in HERE
    try:
        family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((chosen.host, chosen.port))
    except OSError as error:
        sys.exit(f"the studio cannot listen at {chosen.host}:{chosen.port}: {error}")
    import uvicorn

    site = application(build_page(), HERE if local else None)
    shown = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    address = f"http://{shown}:{chosen.port}/"
    if not local:
        print(OPEN.format(host=chosen.host), file=sys.stderr, flush=True)
    print(f"The studio is at {address}", flush=True)
    threading.Thread(target=models.started, daemon=True).start()  # it takes a while
    if not chosen.no_browser and has_window():
        threading.Timer(1.0, webbrowser.open, [address]).start()
    server = uvicorn.Server(uvicorn.Config(site, access_log=False, log_level="warning"))
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
