"""Take a picture of the view in each state, in Lab's own themes, by the real loader and bundle.

Run from anywhere, after `make front`:

    .venv/bin/python extensions/dev/shots.py [name ...]
"""

# ruff: noqa: INP001, S108, T201  (a script of the front end, not of the package: it prints and writes to /tmp)

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.lab import browser_page  # noqa: E402 - found by the line above
from tests.browser.recorded import PICTURES, only_loopback, served, show  # noqa: E402 - the same

CONTRAST = (Path(__file__).parent / "contrast.js").read_text().partition("\n")[2].rstrip(";\n")
SHOTS = Path("/tmp/shots")


def main(wanted: list[str]) -> None:
    """Take the wanted pictures, or all."""
    SHOTS.mkdir(exist_ok=True)
    with served() as home, browser_page() as first:
        for name, state in PICTURES.items():
            if wanted and name not in wanted:
                continue
            page = first.context.browser.new_page()
            page.on(
                "pageerror", lambda error, name=name: print(f"{name}: {error}", file=sys.stderr)
            )
            page.route("**/*", only_loopback)
            show(page, home, state)
            if not state.clock:
                page.wait_for_timeout(80)
            page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
            for text in page.evaluate(CONTRAST):
                print(f"{name}: too faint to read (contrast below 4.5): {text}", file=sys.stderr)
            page.close()
    print(f"{len(wanted or PICTURES)} pictures in {SHOTS}")


if __name__ == "__main__":
    main(sys.argv[1:])
