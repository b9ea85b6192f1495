"""The loopback port at which a browser comes back from a login, with a code for us."""

from __future__ import annotations

import hmac
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATH = "/signed-in"
PATIENCE_S = 5.0
"""Seconds that one browser has to say what it wants."""
PAGE = "Done. You can close this page and go back to where you came from.\n"
Arrival = dict[str, str]
"""What stands behind the question mark of the address."""


class Receiver:
    """Holds a port, and listens there only while somebody signs in."""

    def __init__(self, port: int = 0) -> None:
        """Take the port, without listening; any that is free where it is taken, or 0."""
        try:
            self._server = _Server(port)
        except OSError:
            self._server = _Server(0)
        self.port: int = self._server.server_address[1]

    @property
    def address(self) -> str:
        """Where the browser is sent back to."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    @contextmanager
    def listening(self, state: str, come: Callable[[Arrival], None]) -> Iterator[None]:
        """Listen, and call `come` in another thread with what comes for this `state`."""
        server = self._server
        server.state, server.come = state, come
        server.server_activate()
        thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), name="workbench-mcp-login", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            self.close()
            self._server = _Server(self.port)

    def close(self) -> None:
        """Give the port back."""
        self._server.server_close()


def arrival_of(address: str, state: str) -> Arrival | None:
    """Read what a browser has come back with; None: it is not for this login."""
    parts = urlsplit(address)
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    fits = hmac.compare_digest(said.get("state", "").encode(), state.encode())
    return said if fits and parts.path == PATH else None


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    state = ""
    come: Callable[[Arrival], None]

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Browser, bind_and_activate=False)
        try:
            self.server_bind()
        except OSError:
            self.server_close()
            raise

    def handle_error(self, *_: Any) -> None:
        """Say nothing: whoever broke off is a stranger."""


class _Browser(BaseHTTPRequestHandler):
    timeout = PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        """Take what was meant for us; nothing of what comes is ever in the page."""
        said = arrival_of(self.path, self.server.state)
        page = PAGE if said is not None else "This is not the login that is waited for.\n"
        status = HTTPStatus.OK if said is not None else HTTPStatus.BAD_REQUEST
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(page.encode())
        if said is not None:
            self.server.come(said)

    def log_message(self, *_: Any) -> None:
        """Write no code into a log."""
