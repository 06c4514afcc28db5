"""An HTTP server on this machine, in a thread, for tests of downloads."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class LocalServer:
    """What the server answers, and how often it was asked.

    `files` maps a path to its bytes; `cut` maps a path to the number of bytes after
    which the server hangs up; `errors` maps a path to HTTP status codes it gives first;
    `answers` maps a path to a function that answers with the handler in its own way.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)
    errors: dict[str, list[int]] = field(default_factory=dict)
    answers: dict[str, Callable] = field(default_factory=dict)
    asked: Counter = field(default_factory=Counter)


@contextmanager
def serve() -> Iterator[LocalServer]:
    """Run a server on a free port of 127.0.0.1 while the block runs."""
    state = LocalServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.lstrip("/")
            state.asked[path] += 1
            if state.errors.get(path):
                self.send_error(state.errors[path].pop(0))
            elif path in state.answers:
                with suppress(OSError):  # the client hangs up
                    state.answers[path](self)
            elif path not in state.files:
                self.send_error(404)
            else:
                content = state.files[path]
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: state.cut.get(path, len(content))])

        def log_message(self, *words: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
