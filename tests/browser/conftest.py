"""One JupyterLab for all browser tests; one page, one notebook and one kernel for each module.

Playwright's sync API keeps an event loop in its thread, so it is closed at the end of each module:
tests of other folders call `asyncio.run` in the same process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Error, Page, expect

import workbench as wb
from tests.browser.lab import Notebook, browser_page, lab_server, write_notebook
from tests.browser.world import JOURNAL

SETUP = "from tests.browser.world import *\nbench = bench()"
EXPECT_MS = 15_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Complaints(list[str]):
    """Errors that the page reported."""

    ALLOWED: tuple[tuple[str, str], ...] = (
        ("widget model not found", "JupyterLab looks for the widget of a kernel that is gone"),
        (
            r"reading 'schema'.*[\s\S]*notebook_core",
            "Notebook 7 says so without our extension, too",
        ),
        (
            r"status of 409 \(Conflict\).*/workbench/api/journals/\w+/runs/[\w-]+/commands",
            "an order was refused, which the view says; Chromium notes every such answer",
        ),
        (
            "Canceled future for create_subshell_request",
            "JupyterLab had asked a kernel for a subshell, and the kernel was ended before it said",
        ),
        ("'filebrowser:open-path' not registered", "Notebook 7's page of one notebook has none"),
        (
            r"status of 404 \(Not Found\).*/api/contents/\w+\?content=1|Directory not found: ",
            "the file browser listed a folder just while a test took files out of it",
        ),
    )
    """What JupyterLab itself reports, as a pattern, with the reason why it is none of ours."""

    def listen(self, page: Page) -> None:
        """Collect from now on."""
        page.on("console", self._said)
        page.on("pageerror", self._raised)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text}  ({message.location['url']})")

    def _raised(self, error: Error) -> None:
        self._note(f"{error.message}\n{error.stack}")

    def _note(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern, _reason in self.ALLOWED):
            self.append(text)


class Books:
    """Opens notebooks in the module's page."""

    def __init__(self, page: Page, server: str, root: Path) -> None:
        self._page, self._server, self._root = page, server, root

    def open(self, name: str, *cells: str) -> Notebook:
        """Write a notebook into a folder of its own and open it."""
        folder = self._root / name
        folder.mkdir()
        path = folder / f"{name}.ipynb"
        write_notebook(path, *cells)
        return Notebook(self._page, self._server, path, self._root)


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def server(root: Path) -> Iterator[str]:
    with lab_server(root) as address:
        yield address


@pytest.fixture(scope="module")
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture(scope="module")
def page(server: str, complaints: Complaints) -> Iterator[Page]:
    with browser_page() as page:
        expect.set_options(timeout=EXPECT_MS)
        complaints.listen(page)
        yield page


@pytest.fixture(scope="module")
def books(page: Page, server: str, root: Path) -> Books:
    return Books(page, server, root)


@pytest.fixture(scope="module")
def shared(books: Books, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """The module's notebook: its kernel has the tools, and `bench`."""
    notebook = books.open(request.module.__name__.rpartition(".")[2].removeprefix("test_"))
    notebook.add(SETUP)
    yield notebook
    notebook.close()


@pytest.fixture
def notebook(shared: Notebook) -> Notebook:
    """The module's notebook without cells and with an idle kernel."""
    shared.clear()
    shared.idle()
    return shared


@pytest.fixture
def start(notebook: Notebook, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Start a run of the steps written in the text, and show it; gives the run's id."""

    def start(steps: str, goal: str = "A test") -> str:
        notebook.add(
            f"plan = chain({steps}, goal={goal!r})\n"
            f"run = bench.start(plan=plan, key={request.node.name!r})\nrun"
        )
        expect(notebook.widget).to_have_attribute("data-live", "true")
        return notebook.widget.get_attribute("data-run") or ""

    return start


@pytest.fixture
def journal() -> Callable[[Notebook], object]:
    """Look into a notebook's journal from outside its kernel."""

    @contextmanager
    def look(notebook: Notebook) -> Iterator[wb.Workbench]:
        with wb.Workbench(notebook.folder / JOURNAL, planner=None) as bench:
            yield bench

    return look


@pytest.fixture(autouse=True)
def no_complaints(complaints: Complaints) -> Iterator[None]:
    """An error on the page fails the test in whose time it came."""
    complaints.clear()
    yield
    assert not complaints, "\n".join(complaints)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Keep a picture of the page when a test fails."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.failed and call.when != "teardown" and isinstance(page, Page):
        from tests.browser.lab import SHOTS

        SHOTS.mkdir(parents=True, exist_ok=True)
        picture = SHOTS / f"failed-{item.name}.png"
        page.screenshot(path=str(picture))
        complaints = item.funcargs.get("complaints") or ["none"]
        report.sections.append(("page", f"picture: {picture}\nerrors: " + "\n".join(complaints)))
    return report
