"""Take a picture of each recorded run, in Lab's own themes, through the real loader and bundle.

Run from anywhere, after `npm run build -- --dev` in `extensions/`:

    .venv/bin/python extensions/dev/shots.py [name ...]
"""

# ruff: noqa: INP001, S108, T201  (a script of the front end, not of the package: it prints and writes to /tmp)

from __future__ import annotations

import functools
import http.server
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page, Route, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRAST = (Path(__file__).parent / "contrast.js").read_text().partition("\n")[2].rstrip(";\n")
ROOT = Path(__file__).resolve().parents[2]
SHOTS = Path("/tmp/shots")
THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WIDE, PANEL, PHONE = 1060, 440, 340


def press(*ids: str) -> Callable[[Page], None]:
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


# name: (query, theme, width, what to do first)
PICTURES = {
    "running": ("state=running", "light", WIDE, None),
    "selected": ("state=running", "light", WIDE, press("step-top")),
    "paused": ("state=paused", "light", WIDE, None),
    "stop": ("state=paused", "light", WIDE, press("stop")),
    "waiting": ("state=waiting", "light", WIDE, None),
    "confirm": ("state=waiting", "light", WIDE, press("approve")),
    "request-edit": ("state=waiting", "light", WIDE, press("edit-request")),
    "refuse": ("state=waiting", "light", WIDE, press("refuse")),
    "many": ("state=manyRequests", "light", WIDE, press("more-requests")),
    "editing": ("state=paused", "light", WIDE, edit),
    "edit-refused": (
        "state=paused&refuse=Revision 4 is current, this edit starts from revision 3.",
        "light",
        WIDE,
        refused,
    ),
    "past": ("state=paused", "light", WIDE, press("go-back", "place-9")),
    "past-undo": ("state=paused", "light", WIDE, press("go-back", "place-9", "past-undo")),
    "past-report": ("state=paused&undone", "dark", WIDE, press("go-back", "place-9", "compare")),
    "past-amend": ("state=paused", "dark-high-contrast", WIDE, press("go-back", "past-amend")),
    "past-narrow": (
        "state=paused&undone",
        "light",
        PANEL,
        press("go-back", "place-9", "past-undo"),
    ),
    "failed": ("state=failed", "light", WIDE, press("step-top")),
    "done": ("state=finished", "light", WIDE, None),
    "doubt": ("state=inDoubt", "light", WIDE, None),
    "long": ("state=long", "light", WIDE, press("step-s3")),
    "dark": ("state=waiting", "dark", WIDE, press("step-mail")),
    "dark-doubt": ("state=inDoubt", "dark", WIDE, None),
    "dark-editing": ("state=paused", "dark", WIDE, edit),
    "contrast": ("state=waiting", "dark-high-contrast", WIDE, None),
    "no-theme": ("state=running", None, WIDE, None),
    "stakes": ("state=held", "light", PANEL, None),
    "narrow": ("state=waiting", "light", PANEL, None),
    "narrow-editing": ("state=paused", "light", PANEL, edit),
    "phone": ("state=inDoubt", "dark", PHONE, None),
    "gone": ("state=running&silent", "light", WIDE, lambda page: page.clock.run_for(20_000)),
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing: a picture that fails says so itself."""


def serve() -> str:
    """Serve the repository on localhost; return the address."""
    handler = functools.partial(Quiet, directory=ROOT)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def only_localhost(route: Route) -> None:
    """Stop at the first request that would leave this machine."""
    if route.request.url.startswith(("http://127.0.0.1", "blob:", "data:")):
        route.continue_()
    else:
        sys.exit(f"The view asked for {route.request.url}; it must never leave this machine.")


def main(wanted: list[str]) -> None:
    """Take the wanted pictures, or all."""
    SHOTS.mkdir(exist_ok=True)
    home = serve()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name, (query, theme, width, act) in PICTURES.items():
            if wanted and name not in wanted:
                continue
            page = browser.new_page(viewport={"width": width, "height": 700})
            page.on(
                "pageerror", lambda error, name=name: print(f"{name}: {error}", file=sys.stderr)
            )
            page.route("**/*", only_localhost)
            if name == "gone":
                page.clock.install()
            page.goto(f"{home}/extensions/dev/index.html?{query}")
            if theme:
                page.add_style_tag(path=THEMES / f"theme-{theme}-extension/index.css")
            page.get_by_test_id("progress").wait_for()
            if act:
                act(page)
            page.mouse.move(0, 0)
            page.wait_for_timeout(80) if name != "gone" else None
            page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
            for text in page.evaluate(CONTRAST):
                print(f"{name}: too faint to read (contrast below 4.5): {text}", file=sys.stderr)
            page.close()
        browser.close()
    print(f"{len(wanted or PICTURES)} pictures in {SHOTS}")


if __name__ == "__main__":
    main(sys.argv[1:])
