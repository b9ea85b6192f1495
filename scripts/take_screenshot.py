"""Take the picture at the top of the README: the first notebook in a real JupyterLab, waiting.

    .venv/bin/python scripts/take_screenshot.py

Writes docs/first-run.png. Call it when the view has changed, and look at what it wrote.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.lab import Notebook, browser_page, expect, lab_server  # noqa: E402 - see above

NAME = "00-first-run.ipynb"
PICTURE = ROOT / "docs" / "first-run.png"
WIDE, HIGH = 1240, 760


def main() -> None:
    """Run the notebook up to its first question, and take the picture."""
    os.environ["WORKBENCH_SCRIPTED"] = ""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        path = folder / NAME
        shutil.copy(ROOT / "notebooks" / NAME, path)
        cells = nbformat.read(path, as_version=4).cells
        names = {cell.id: at for at, cell in enumerate(cells) if cell.cell_type == "code"}
        with lab_server(folder) as server, browser_page(WIDE, HIGH) as page:
            notebook = Notebook(page, server, path, folder)
            for name in ("world", "plan", "check", "start"):
                notebook.run(names[name])
            view = notebook.cell(names["start"]).get_by_test_id("workbench-run")
            expect(view).to_have_attribute("data-state", "waiting", timeout=30_000)
            expect(view.get_by_test_id("approve")).not_to_have_attribute("aria-disabled", "true")
            page.evaluate(
                "() => window.jupyterapp.commands.execute('application:toggle-left-area')"
            )
            view.evaluate("view => view.closest('.jp-Cell').scrollIntoView()")
            page.mouse.move(0, 0)
            page.screenshot(path=str(PICTURE))
            notebook.close()
    print(f"wrote {PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
