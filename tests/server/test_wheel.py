"""What an installation brings, besides the package."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAB = "share/jupyter/labextensions/jupyter-agent-workbench"
CONFIG = "etc/jupyter/jupyter_server_config.d/workbench.json"


@pytest.mark.browser
def test_the_wheel_carries_panel_and_server_extension(tmp_path: Path) -> None:
    """The wheel puts the server extension's switch and the built panel, with its settings, where
    Jupyter looks, so that installing it is all; the panel is in it once, and so are the licences of
    what the view is made of [REL-9]."""
    subprocess.run(
        [sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        data = next(name.partition("/")[0] for name in names if ".data/" in name) + "/data"
        told = json.loads(archive.read(f"{data}/{LAB}/package.json"))
        entry = told["jupyterlab"]["_build"]["load"]
        for name in ("install.json", entry, "static/view.js"):
            assert f"{data}/{LAB}/{name}" in names
        # Browsers keep these files for a year, so the address says which content it is.
        assert re.fullmatch(r"static/remoteEntry\.[0-9a-f]{16}\.js", entry)
        program = archive.read(f"{data}/{LAB}/{entry}").decode()
        assert len(re.findall(r"view\.(?:js|css)\?[0-9a-f]{16}\b", program)) == 2
        schema = f"{data}/{LAB}/schemas/jupyter-agent-workbench/plugin.json"
        assert json.loads(archive.read(schema))["properties"]["notify"]["default"] is True
        enabled = json.loads(archive.read(f"{data}/{CONFIG}"))["ServerApp"]["jpserver_extensions"]
        assert enabled == {"workbench.server": True}
        told = archive.read("workbench/static/LICENSES.txt").decode()
        assert {"react", "@xyflow/react"} <= set(told.splitlines())
        assert not [name for name in names if name.startswith("workbench/static/labextension")]
