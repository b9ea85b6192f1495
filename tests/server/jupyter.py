"""A real Jupyter server and real kernels on loopback, as one user has them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
START_S = 120
PATIENCE_S = 60
WORLD = "from tests.browser.world import *\nbench = bench()"
AUTHORIZER = """
from jupyter_server.auth import Authorizer


class LooksOnly(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return action == "read"


class ShowsNothingHidden(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "workbench-hidden"
"""


class Kernel:
    """A kernel of this user, in a folder of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        """Start it."""
        self.folder = folder
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder), env=environment)
        self._connect()

    def _connect(self) -> None:
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=START_S)

    def run(self, code: str) -> Any:
        """Run code to its end; gives what it printed."""
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                said.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, output_hook=hear, timeout=START_S)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(said)

    def begin(self, code: str) -> None:
        """Run code and don't wait for it."""
        self.client.execute(code)

    def kill(self) -> None:
        """Kill its process, so that nothing in it can say good-bye."""
        process = self.manager.provisioner.process
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def restart(self) -> None:
        """Start it again."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self._connect()

    def close(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


class Jupyter:
    """A running Jupyter server."""

    def __init__(self, address: str, folder: Path, environment: dict[str, str]) -> None:
        """Talk to it as the user who has its token."""
        self.address, self.folder, self.environment = address, folder, environment
        self.api = f"{address}workbench/api"
        self.http = httpx.Client(headers={"Authorization": "token t"}, timeout=PATIENCE_S)
        self._kernels: list[Kernel] = []

    def kernel(self, name: str) -> Kernel:
        """Start a kernel in a folder of its own, with the tools of the browser tests."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        kernel = Kernel(folder, self.environment)
        self._kernels.append(kernel)
        kernel.run(WORLD)
        return kernel

    def get(self, path: str, **options: Any) -> Any:
        """Give what is at an address."""
        answer = self.http.get(f"{self.api}{path}", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> httpx.Response:
        """Send something."""
        return self.http.post(f"{self.api}{path}", json=body)

    def place(self, key: str) -> str:
        """Give the address of the run whose goal is `key`."""
        runs = [run for run in self.get("/runs")["runs"] if run["goal"] == key]
        assert len(runs) == 1, runs
        return f"/journals/{runs[0]['journal']}/runs/{runs[0]['run']}"

    def request(self, place: str) -> dict[str, Any]:
        """Wait for the open request of a run."""
        for batch in self.batches(place):
            if batch["requests"]:
                return dict(batch["requests"][0])
        raise AssertionError("the stream ended")

    def state(self, place: str, *states: str) -> dict[str, Any]:
        """Wait until a run is in one of these states; gives its header."""
        for batch in self.batches(place):
            if batch["header"]["state"] in states:
                return dict(batch["header"])
        raise AssertionError("the stream ended")

    def answer(self, place: str, request: dict[str, Any], **fields: Any) -> httpx.Response:
        """Answer a request."""
        command = {"kind": "answer", "request": request["id"], "token": request["token"]}
        return self.post(f"{place}/commands", {"command": command | {"verdict": "deny"} | fields})

    def batches(self, place: str, last: str = "") -> Iterator[dict[str, Any]]:
        """Follow a run."""
        for event in self.events(f"{place}/stream", last):
            if event["event"] == "batch":
                yield event["data"]

    def events(self, path: str, last: str = "") -> Iterator[dict[str, Any]]:
        """Follow a stream of server-sent events."""
        headers = {"Last-Event-ID": last} if last else {}
        with self.http.stream("GET", f"{self.api}{path}", headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/event-stream"
            event: dict[str, Any] = {"id": None}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    event[name] = json.loads(value) if name == "data" else value
                    continue
                yield event
                event = {"id": None}

    def close(self) -> None:
        """End the kernels."""
        for kernel in self._kernels:
            kernel.close()
        self.http.close()


def environment_of(folder: Path) -> dict[str, str]:
    """Give the environment of one user, who has nothing but this folder."""
    return {
        **os.environ,
        "JUPYTER_RUNTIME_DIR": str(folder / ".runtime"),
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "IPYTHONDIR": str(folder / ".ipython"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
    }


@contextmanager
def jupyter_server(folder: Path, *options: str, program: str = "server") -> Iterator[Jupyter]:
    """Run `jupyter server` on a folder, until the block ends."""
    (folder / "authorizer.py").write_text(AUTHORIZER)
    environment = environment_of(folder)
    command = [
        sys.executable, "-m", "jupyter", program, "--no-browser", "--allow-root", "--port=0",
        "--IdentityProvider.token=t", f"--ServerApp.root_dir={folder}", *options,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    said: list[str] = []
    found: list[str] = []
    ready = threading.Event()

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            at = re.search(r"(http://127\.0\.0\.1:\d+/\S*?)(?:lab|tree)?\?token", line)
            if at and not found:
                found.append(at.group(1))
                ready.set()
        ready.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert ready.wait(START_S), "the server did not start"
        assert found, "".join(said)
        jupyter = Jupyter(found[0], folder, environment)
        try:
            yield jupyter
        finally:
            jupyter.close()
        assert "Traceback" not in "".join(said), "".join(said)
    finally:
        process.terminate()
        process.wait(timeout=30)
        reader.join(timeout=30)
        assert process.stderr is not None
        process.stderr.close()
