"""A real kernel that a notebook is executed in, cell by cell; it can be killed between two."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
CELL_TIMEOUT_S = 90


class Kernel:
    """A real kernel in a folder; its process can be killed and begun again."""

    def __init__(self, folder: Path, *, scripted: bool) -> None:
        self.manager = KernelManager(transport="ipc", ip=str(folder / "kernel"))
        self.manager._kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            language="python",
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment["WORKBENCH_SCRIPTED"] = "1" if scripted else ""
        self.manager.start_kernel(cwd=str(folder), env=environment)
        self._connect()

    def _connect(self) -> None:
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=CELL_TIMEOUT_S)

    def restart(self) -> None:
        """Kill the process with SIGKILL and start another."""
        self.client.stop_channels()
        dead = self.manager.provisioner.process
        os.kill(dead.pid, signal.SIGKILL)
        assert dead.wait() == -signal.SIGKILL
        self.manager.restart_kernel(now=True)
        self._connect()

    def run(self, source: str) -> str:
        """Execute a cell; gives its text, and fails on an error."""
        texts: list[str] = []

        def take(message) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                texts.append(content["text"])
            elif "data" in content:
                texts.append(content["data"].get("text/plain", ""))

        reply = self.client.execute_interactive(
            source, timeout=CELL_TIMEOUT_S, output_hook=take, allow_stdin=False
        )
        content = reply["content"]
        assert content["status"] == "ok", f"{content.get('ename')}: {content.get('evalue')}"
        return "".join(texts)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


def code_cells(notebook: str) -> dict[str, nbformat.NotebookNode]:
    """Give the code cells of a notebook, by id, in order."""
    read = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4)
    return {cell.id: cell for cell in read.cells if cell.cell_type == "code"}


def saved_text(cell: nbformat.NotebookNode) -> str:
    """Give what a cell has printed or shown when the notebook was saved, as `Kernel.run` does."""
    return "".join(
        output["text"] if "text" in output else output.data.get("text/plain", "")
        for output in cell.outputs
    )


def split(cells: dict[str, str], at: str) -> tuple[list[str], list[str]]:
    """Give the ids before a cell, and the others."""
    names = list(cells)
    return names[: names.index(at)], names[names.index(at) :]
