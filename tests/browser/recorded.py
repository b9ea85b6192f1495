"""The view in every state, by recorded runs: the real loader and bundle, with a fake kernel.

For the tests that look at every state, for `extensions/dev/shots.py`, and for the benchmark.
"""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Route

ROOT = Path(__file__).resolve().parents[2]
THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"
WIDE, PANEL, PHONE = 1060, 440, 340
STALE = "Revision 4 is current, this edit starts from revision 3."

Act = Callable[[Page], None]


@dataclass(frozen=True)
class State:
    """One state of the view: what is asked of the harness, how it is looked at, what is done."""

    query: str
    theme: str | None = "light"
    width: int = WIDE
    act: Act | None = None
    clock: bool = False
    """Whether the page's clock is the test's."""


def press(*ids: str) -> Act:
    """Press these buttons, one after the other."""

    def steps(page: Page) -> None:
        for test_id in ids:
            page.get_by_test_id(test_id).first.click()

    return steps


def edit(page: Page) -> None:
    """Change a title, skip a step and add one."""
    press("edit-plan", "draft-open-chart")(page)
    page.get_by_test_id("step-title").fill("Draw the chart, coloured by region")
    press("draft-open-chart", "skip-mail", "draft-open-report", "add-step")(page)
    page.get_by_test_id("arg-path").fill("out/summary.md")
    page.get_by_test_id("source-text").select_option("top")
    page.get_by_test_id("new-id").fill("summary")


def refused(page: Page) -> None:
    """Apply a draft that the kernel refuses."""
    edit(page)
    press("apply")(page)


def gone(page: Page) -> None:
    """Let the kernel be silent for as long as the view waits."""
    page.clock.run_for(20_000)


def answered(page: Page) -> None:
    """Let another surface answer what is asked here."""
    page.evaluate(
        """() => globalThis.say({...run, full: false, n: 2, steps: [], trace: [], requests: [],
            tools: [], settled: [{id: run.requests[0].id, title: run.requests[0].title,
            how: 'answered', by: 'ada', surface: 'cli', verdict: 'deny',
            at: new Date().toISOString()}]})"""
    )
    page.get_by_test_id("answered-elsewhere").wait_for()


def drawn(page: Page) -> None:
    """Edit the plan, and see the draft as a graph."""
    edit(page)
    press("look-graph")(page)


def unfold(page: Page) -> None:
    """Open what stands folded below the plan."""
    for test_id in ("say-plan", "terms"):
        page.get_by_test_id(test_id).locator("summary").click()
    page.get_by_test_id("decide-form").wait_for()


STATES = {
    "running": State("state=running"),
    "selected": State("state=running", act=press("step-top")),
    "warned": State("state=warned"),
    "paused": State("state=paused"),
    "revised": State("state=held4you"),
    "say": State("state=running", act=press("step-top", "comment-step")),
    "refuse-step": State("state=paused", "dark", PANEL, act=press("step-chart", "refuse-step")),
    "terms": State("state=running", act=unfold),
    "abandon": State("state=paused", act=press("stop", "stop-pointless")),
    "stop": State("state=paused", act=press("stop")),
    "checkpoint": State("state=paused", act=press("checkpoint")),
    "waiting": State("state=waiting"),
    "confirm": State("state=waiting", act=press("approve")),
    "request-edit": State("state=waiting", act=press("edit-request")),
    "refuse": State("state=waiting", act=press("refuse", "refuse-replan")),
    "many": State("state=manyRequests", act=press("more-requests")),
    "alike": State("state=alike"),
    "two-steps": State("state=twoSteps"),
    "armed": State("state=armed"),
    "editing": State("state=paused", act=edit),
    "edit-refused": State(f"state=paused&refuse={STALE}", act=refused),
    "past": State("state=paused", act=press("go-back", "place-9")),
    "past-restored": State("state=paused&restored", act=press("go-back", "place-9")),
    "past-undo": State("state=paused", act=press("go-back", "place-9", "past-undo")),
    "past-correct": State("state=paused", act=press("go-back", "place-9", "past-correct")),
    "past-report": State("state=paused&undone", "dark", act=press("go-back", "place-9", "compare")),
    "past-amend": State("state=paused", "dark-high-contrast", act=press("go-back", "past-amend")),
    "past-narrow": State("state=paused&undone", width=PANEL, act=press("go-back", "place-9")),
    "failed": State("state=failed", act=press("step-top")),
    "done": State("state=finished"),
    "doubt": State("state=inDoubt"),
    "long": State("state=long", act=press("step-s3")),
    "dark": State("state=waiting", "dark", act=press("step-mail")),
    "dark-doubt": State("state=inDoubt", "dark"),
    "dark-editing": State("state=paused", "dark", act=edit),
    "contrast": State("state=waiting", "dark-high-contrast"),
    "no-theme": State("state=running", None),
    "graph-dark": State("state=waiting", "dark", act=press("look-graph", "node-mail")),
    "graph-contrast": State("state=inDoubt", "dark-high-contrast", act=press("look-graph")),
    "graph-editing": State("state=paused", act=drawn),
    "stakes": State("state=held", width=PANEL),
    "narrow": State("state=waiting", width=PANEL),
    "narrow-editing": State("state=paused", width=PANEL, act=edit),
    "phone": State("state=inDoubt", "dark", PHONE),
    "answered-elsewhere": State("state=waiting", act=answered),
    "gone": State("state=running&silent", act=gone, clock=True),
}

PICTURES = {
    **STATES,
    "graph": State("state=warned", act=press("look-graph")),
    "graph-narrow": State("state=failed", width=PANEL, act=press("look-graph")),
    "graph-long": State("state=branched", act=press("look-graph")),
    "graph-far": State("state=branched", act=press("look-graph", "graph-fit")),
}
"""States that are looked at by people only: they add nothing to what the tests see."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing: a page that fails says so itself."""


@contextmanager
def served() -> Iterator[str]:
    """Build the harness and serve the repository on loopback; gives the harness's address."""
    npm = [sys.executable, str(ROOT / "scripts" / "npm.py")]
    subprocess.run([*npm, "run", "build", "--", "--harness"], check=True, capture_output=True)
    handler = functools.partial(Quiet, directory=ROOT)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/extensions/dev/index.html"
    finally:
        server.shutdown()
        server.server_close()


def only_loopback(route: Route) -> None:
    """Let nothing leave this machine; the page then fails, and says what it asked for."""
    if route.request.url.startswith(("http://127.0.0.1", "blob:", "data:")):
        route.continue_()
    else:
        route.abort()


def show(page: Page, home: str, state: State) -> None:
    """Bring a page into a state."""
    page.set_viewport_size({"width": state.width, "height": 700})
    if state.clock:
        page.clock.install()
    page.goto(f"{home}?{state.query}")
    if state.theme:
        page.add_style_tag(path=THEMES / f"theme-{state.theme}-extension/index.css")
    page.get_by_test_id("progress").wait_for()
    if state.act:
        state.act(page)
    page.mouse.move(0, 0)
