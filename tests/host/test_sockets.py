"""Whose a connection is, as Linux tells it."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from workbench.host.sockets import holds, plain, socket_between

CASES = [
    (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
    (socket.AF_INET6, "127.0.0.1", "::ffff:127.0.0.1"),
    (socket.AF_INET6, "::1", "::1"),
]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are asked in another way")
@pytest.mark.parametrize(("family", "listens", "reached"), CASES)
def test_a_connection_leads_to_its_process(family: int, listens: str, reached: str) -> None:
    """The process at the near end is found by its socket, also one that reaches an IPv4 address by
    IPv6; other processes do not have it, and what is not connected has none [AUTH-6]."""
    kind = socket.AF_INET6 if ":" in listens else socket.AF_INET
    with socket.socket(kind) as server, socket.socket(family) as near:
        try:
            server.bind((listens, 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        server.listen()
        near.connect((reached, server.getsockname()[1]))
        far, _ = server.accept()
        with far:
            found = socket_between(far.getpeername()[:2], far.getsockname()[:2])
            assert found is not None
            assert holds(os.getpid(), found)
            assert not holds(os.getppid(), found)
            assert socket_between((listens, 1), far.getsockname()[:2]) is None


def test_an_address_has_one_form() -> None:
    """An IPv4 address is the same when it is written as one of IPv6; a socket that listens has no
    other end."""
    assert plain(("::ffff:127.0.0.1", 80)) == plain(("127.0.0.1", 80)) == ("127.0.0.1", 80)
    assert plain(("fe80::1%lo", 80, 0, 1)) == ("fe80::1", 80)
    assert plain(()) is None
