"""A server at an address: streamable HTTP on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

import workbench as wb
from tests.mcp.conftest import HOSTILE, READS, Scene, asked, until
from workbench.mcp import ServerDown
from workbench.testing import allow_all


class Served:
    """The hostile server on a port, which can be started again."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(HOSTILE), str(self._scene.folder), str(self.port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._answers)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def served(scene: Scene) -> Iterator[Served]:
    served = Served(scene)
    yield served
    served.stop()


def test_a_server_at_an_address(scene: Scene, served: Served) -> None:
    """It is like one of a command: calls, questions, a death in the middle of a call, and again
    when somebody has started it; what is in its address is not shown.
    """
    url = f"http://user:secret@127.0.0.1:{served.port}/mcp?token=secret"
    server = wb.mcp(url, name="bad", effects=dict.fromkeys(READS, "read"))
    assert "secret" not in repr(server)
    bench = scene.bench(server, policy=allow_all())
    assert scene.start(bench, "echo", text="hi").wait(timeout_s=120) == {"result": "hi"}
    run = scene.start(bench, "book", flight="X1")
    asked(run).approve(args={"row": 4})
    assert run.wait(timeout_s=120) == {"result": "X1: 4"}
    run = scene.start(bench, "crash", text="1")
    request = asked(run)
    assert request.kind == "doubt"
    request.choose("done")
    until(lambda: run.state == "succeeded")
    run = scene.start(bench, "echo", text="anybody?")
    until(lambda: run.state == "paused")
    served.stop()
    served.start()
    run.resume()
    assert run.wait(timeout_s=120) == {"result": "anybody?"}


def test_an_address_where_nobody_is() -> None:
    """It says so, and nothing was called."""
    server = wb.mcp("http://127.0.0.1:9/mcp", name="nobody", start_timeout_s=5)
    with pytest.raises(ServerDown, match="'nobody' does not start"):
        _ = server.tools
    server.close()
