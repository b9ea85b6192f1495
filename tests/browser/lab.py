"""A real JupyterLab in a real browser, for tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ipykernel
import nbformat
from packaging.version import Version
from playwright.sync_api import Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
KERNEL = Version(os.environ.get("WORKBENCH_IPYKERNEL") or ipykernel.__version__)
"""Of the notebooks' kernels; scripts/kernel_matrix.py sets another one."""
SHOTS = Path(os.environ.get("WORKBENCH_SHOTS", ROOT / "build" / "screenshots"))
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 90
CELL_MS = 60_000


def chromium() -> str:
    """Find Chromium, or install it, as `make test` does."""
    script = ROOT / "scripts" / "find_chromium.py"
    found = subprocess.run(
        [sys.executable, str(script), "--install"], capture_output=True, text=True, check=True
    )
    return found.stdout.strip().splitlines()[-1]


@contextmanager
def lab_server(folder: Path) -> Iterator[str]:
    """Run JupyterLab on `folder`; gives its address with the token."""
    settings = folder / ".settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
        "JUPYTER_RUNTIME_DIR": str(folder / ".runtime"),
        "IPYTHONDIR": str(folder / ".ipython"),
        "PYTHONPATH": str(ROOT),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
        "--IdentityProvider.token=t", "--LabApp.news_url=None",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True", "--ServerApp.root_dir", str(folder),
    ]  # fmt: skip
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    address: list[str] = []
    ready = threading.Event()

    def read() -> None:
        assert server.stderr is not None
        for line in server.stderr:
            match = re.search(r"(http://(?:localhost|127\.0\.0\.1):\d+)/lab\?token", line)
            if match and not address:
                address.append(match.group(1))
                ready.set()
        ready.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert ready.wait(START_S), "JupyterLab did not start"
        assert address, "JupyterLab ended before it was ready"
        yield address[0]
    finally:
        server.terminate()
        server.wait(timeout=30)
        reader.join(timeout=30)
        assert server.stderr is not None
        server.stderr.close()


@contextmanager
def browser_page(width: int = 1400, height: int = 1000) -> Iterator[Page]:
    """Open one page of a real Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(CELL_MS)
        yield page
        browser.close()


class Notebook:
    """One notebook, open in one page of JupyterLab."""

    def __init__(self, page: Page, server: str, path: Path, root: Path) -> None:
        """Open it with a fresh workspace and wait for its kernel."""
        self.page, self.server, self.path = page, server, path
        self.name = path.relative_to(root).as_posix()
        self.open()

    @property
    def folder(self) -> Path:
        """Where its kernel works."""
        return self.path.parent

    @property
    def widget(self) -> Locator:
        """The view of the run on the page."""
        return self.page.get_by_test_id("workbench-run")

    def at(self, test_id: str) -> Locator:
        """Give what has this name on the page."""
        return self.page.get_by_test_id(test_id)

    def press(self, *test_ids: str) -> None:
        """Click one button after the other."""
        for test_id in test_ids:
            self.at(test_id).click()

    # -- the page ----------------------------------------------------------------------------

    def open(self) -> None:
        """Load the page anew."""
        self.page.goto(f"{self.server}/lab/tree/{self.name}?token=t&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.idle()

    def idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                return panel?.sessionContext?.session?.kernel?.status === 'idle';
            }""",
            timeout=CELL_MS,
        )

    def save(self) -> dict[str, Any]:
        """Save the notebook; gives what is in the file."""
        self.page.evaluate("async () => window.jupyterapp.commands.execute('docmanager:save')")
        return dict(json.loads(self.path.read_text()))

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SHOTS / f"{name}.png"))

    def picture(self, name: str) -> None:
        """Keep a picture of the view alone."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.widget.first.screenshot(path=str(SHOTS / f"{name}.png"))

    # -- cells -------------------------------------------------------------------------------

    def add(self, source: str, *, wait: bool = True) -> int:
        """Put a cell at the end and run it; gives its place."""
        index = self.page.evaluate(
            """source => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const cells = notebook.model.sharedModel;
                cells.insertCell(cells.cells.length, {cell_type: 'code', source});
                return cells.cells.length - 1;
            }""",
            source,
        )
        self.run(index, wait=wait)
        if wait:
            assert not (error := self.error(index)), error
        return int(index)

    def clear(self) -> None:
        """Take all cells away."""
        self.page.evaluate(
            """() => {
                const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
                cells.deleteCellRange(0, cells.cells.length);
            }"""
        )

    def run(self, index: int, *, wait: bool = True) -> Locator:
        """Run one cell, as Shift+Enter does; gives the cell."""
        self.page.evaluate(
            """async ([index, wait]) => {
                const app = window.jupyterapp;
                const notebook = app.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                notebook.deselectAll();
                const done = app.commands.execute('notebook:run-cell');
                if (wait) await done;
            }""",
            [index, wait],
        )
        return self.cell(index)

    def cell(self, index: int) -> Locator:
        """Give a cell by its place."""
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{index}"]')

    def finished(self, index: int) -> None:
        """Wait for the end of a cell; the kernel's own status turns idle with every message."""
        expect(self.cell(index).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))

    def output(self, index: int) -> str:
        """Give the text of a cell's output, from the notebook's own model."""
        return str(
            self.page.evaluate(
                """index => {
                    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
                    const outputs = cell.model.sharedModel.getOutputs();
                    return outputs.map(o => o.text ? [].concat(o.text).join('')
                        : o.data ? [].concat(o.data['text/plain'] ?? '').join('')
                        : [o.ename, o.evalue].filter(Boolean).join(': ')).join('\\n');
                }""",
                index,
            )
        )

    def error(self, index: int) -> str:
        """Give the error that a cell ended with; empty when it ended well."""
        return str(
            self.page.evaluate(
                """index => {
                    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
                    const outputs = cell.model.sharedModel.getOutputs();
                    return outputs.map(o => o.ename ? `${o.ename}: ${o.evalue}` : '').join('');
                }""",
                index,
            )
        )

    # -- the kernel --------------------------------------------------------------------------

    def python(self, expression: str) -> Any:
        """Ask the kernel for the value of an expression."""
        code = f"import json as _json; print(_json.dumps({expression}, default=str))"
        answer = self.page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const said = [];
                const asked = kernel.requestExecute({code, store_history: false});
                asked.onIOPub = message => said.push(
                    message.content.text ?? message.content.traceback?.join('\\n') ?? '');
                const {content} = await asked.done;
                return {ok: content.status === 'ok', text: said.join('')};
            }""",
            code,
        )
        assert answer["ok"], answer["text"]
        return json.loads(answer["text"])

    def interrupt(self) -> None:
        """Press the button that interrupts the kernel."""
        self.page.locator('[data-command="notebook:interrupt-kernel"]').first.click()

    def restart_kernel(self) -> None:
        """Restart the kernel without asking, and wait for it."""
        self.page.evaluate(
            "async () => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()"
        )
        self.idle()

    def close(self) -> None:
        """End its kernel, whatever the page shows now."""
        self.page.evaluate(
            """async path => {
                const sessions = window.jupyterapp.serviceManager.sessions;
                const found = await sessions.findByPath(path);
                if (found) await sessions.shutdown(found.id);
            }""",
            self.name,
        )


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def open_gate(notebook: Notebook, name: str) -> None:
    """Let the calls go on that wait at a gate."""
    (notebook.folder / f"{name}.open").touch()


def names_of(found: Locator) -> list[str]:
    """Give the names of all that was found, in the order of the page."""
    return list(found.evaluate_all("all => all.map(one => one.dataset.testid)"))


__all__ = [
    "KERNEL",
    "Notebook",
    "browser_page",
    "expect",
    "lab_server",
    "names_of",
    "open_gate",
    "write_notebook",
]
