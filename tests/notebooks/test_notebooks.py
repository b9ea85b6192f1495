"""Every notebook, executed in a real kernel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
SANITIZE = Path(__file__).with_name("sanitize.cfg")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SAVED_BYTES = 300_000
LIMIT_S = 240
"""A notebook takes less than a minute; a busy machine may take longer."""

pytestmark = pytest.mark.notebook


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_headless_and_gives_what_is_saved_in_it(notebook, tmp_path):
    """Under nbval, scripted and without network, the outputs are the saved ones; so the comparison
    of one agent with a chain gives the same table each time [HARN-15, MULT-11]."""
    shutil.copy(notebook, tmp_path)
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q"]
    command += ["--nbval-sanitize-with", str(SANITIZE), "--nbval-cell-timeout", "40"]
    command += ["-p", "no:cacheprovider", notebook.name]
    environment = {
        **os.environ,
        "WORKBENCH_SCRIPTED": "1",
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "*",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_saved_with_outputs_that_need_no_kernel(notebook):
    """No saved output is an error, a dead widget or a copy of plotly.js [ASYN-15]."""
    assert notebook.stat().st_size < SAVED_BYTES
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        assert cell.execution_count, cell.id
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


def test_the_readme_names_every_notebook():
    """The first one, which `make lab` opens, and all others are there and in the README."""
    readme = (ROOT / "README.md").read_text()
    assert "00-first-run" in [notebook.stem for notebook in NOTEBOOKS]
    for notebook in NOTEBOOKS:
        assert f"(notebooks/{notebook.name})" in readme, notebook.name
