"""A real mail server on this machine that delivers nothing: each mail becomes a file."""

from __future__ import annotations

import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
"""Only this machine can reach it."""


class Post(Controller):
    """Takes mail on a free port, in a thread of its own, and writes it into a folder."""

    def __init__(self, outbox: Path) -> None:
        """Take the port; `start` begins to listen."""
        # Bound before the server starts: no other program can take the port in between.
        self._socket = socket.create_server((HOST, 0))
        super().__init__(Keeper(outbox), hostname=HOST, port=self._socket.getsockname()[1])

    def _create_server(self) -> Coroutine[Any, Any, Any]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)


class Keeper:
    """Writes each mail into a file of its own: `0001.eml`, `0002.eml`."""

    def __init__(self, outbox: Path) -> None:
        """Name the folder, which is there."""
        self.outbox = outbox

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail; the answer is given when it is on disk."""
        content = envelope.original_content or b""
        number = len(list_mails(self.outbox)) + 1
        place = self.outbox / f"{number:04}.eml"
        fresh = place.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(place)
        return f"250 kept as {place.name}"


def list_mails(outbox: Path) -> list[Path]:
    """Give the kept mails, oldest first."""
    return sorted(outbox.glob("*.eml"))
