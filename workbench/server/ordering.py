"""Orders that come through the server: written as commands, through the door of every surface."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import Any

from workbench.commands import Lift
from workbench.delivery import deliver, order_of
from workbench.errors import CommandRefused
from workbench.host.guard import guard_caller
from workbench.host.sockets import Address
from workbench.server.looking import Looking


class Ordering:
    """Writes commands; every method blocks, so the server calls it in a thread."""

    def __init__(self, looking: Looking) -> None:
        """Write nothing yet."""
        self._looking = looking

    def order(
        self,
        journal: str,
        run: str | None,
        sent: Mapping[str, Any],
        caller: socket.socket | None,
    ) -> bool:
        """Write one command; True when it was carried out, False when nobody drives the run.

        Without a run only a freeze is lifted, which holds them all.

        An order of the same id that came before is not written again: it is the same one, sent by a
        page that did not hear what became of it.

        Raises:
            ValidationError: it is no command.
            NotFound: there is no such journal, or no such run in it.
            CommandRefused: it was refused, or it comes from the call of a tool.
        """
        order = order_of(sent["command"], sent.get("surface", "panel"), sent.get("id", ""))
        journals = self._looking.journals
        opened = journals.opened(journals.find(journal))
        if run is not None:
            opened.run(run)
        elif not isinstance(order, Lift):
            raise CommandRefused(f"{order.kind!r} is an order to one run.", "Name the run.")
        if (ends := _ends(caller)) is not None:
            guard_caller(opened, order, *ends)
        return deliver(opened, self._looking.clock, run or "", order)


def _ends(caller: socket.socket | None) -> tuple[Address, Address] | None:
    """Give both ends of a connection, theirs first, when it comes from this machine."""
    try:
        if caller is None or caller.family not in (socket.AF_INET, socket.AF_INET6):
            return None
        theirs, ours = caller.getpeername()[:2], caller.getsockname()[:2]
        return (theirs, ours) if ipaddress.ip_address(theirs[0]).is_loopback else None
    except (OSError, ValueError):
        return None
