"""Answer requests on older kernels: which cells of the table in docs/panel.md hold.

    make kernels ARGS="[VERSION ...] [-- pytest arguments]"

Makes an environment for each version of ipykernel below `build/kernels/` (everything else is this
one's), lets JupyterLab start that kernel in place of its own, and runs the browser tests of the
controls, of the panel (in Notebook 7, too) and of saved runs. Takes some minutes for each version,
so it is not part of `make test`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "kernels"
VERSIONS = ("6.31.0", "7.3.0", "7.4.0")
TESTS = ("orders", "requests", "waiting", "answering", "restart", "panel", "reopened", "saved")
ALONE = "nest-asyncio"
"""What ipykernel 6 needs and the newest does not."""


def environment(version: str) -> dict[str, str]:
    """Make the environment of one version; gives what JupyterLab must be told to use it."""
    place = PLACE / version
    python = place / "bin" / "python"
    uv = str(Path(sys.executable).parent / "uv")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place], check=True)
    wanted = ["--quiet", "--no-deps", f"ipykernel=={version}", ALONE]
    subprocess.run([uv, "pip", "install", "--python", python, *wanted], check=True)
    (site,) = place.glob("lib/python*/site-packages")
    (site / "rest.pth").write_text(sysconfig.get_path("purelib") + "\n")
    spec = place / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    said = {"argv": argv, "display_name": f"ipykernel {version}", "language": "python"}
    spec.write_text(json.dumps(said))
    return {
        **os.environ,
        "JUPYTER_PATH": str(place / "jupyter"),
        "WORKBENCH_IPYKERNEL": version,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def outcomes(version: str, more: list[str]) -> dict[str, str]:
    """Run the tests on one version; gives what became of each."""
    report = PLACE / f"{version}.xml"
    files = [str(ROOT / "tests" / "browser" / f"test_{name}.py") for name in TESTS]
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *files, *more]
    subprocess.run(command, cwd=ROOT, env=environment(version), check=False)
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest has just written it
        kinds = {part.tag for part in case}
        failed, skipped = kinds & {"failure", "error"}, "skipped" in kinds
        name = f"{case.get('classname', '').rpartition('.')[2]}: {case.get('name')}"
        found[name] = "no" if failed else "not asked" if skipped else "yes"
    return found


def main(arguments: list[str]) -> int:
    """Print one line for each test, one column for each version."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    versions = arguments[:at] or list(VERSIONS)
    columns = {version: outcomes(version, arguments[at + 1 :]) for version in versions}
    print(f"| test | {' | '.join(versions)} |\n|{' --- |' * (1 + len(versions))}")
    for name in dict.fromkeys(name for column in columns.values() for name in column):
        cells = [column.get(name, "") for column in columns.values()]
        print(f"| {name} | {' | '.join(cells)} |")
    return int(any("no" in column.values() for column in columns.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
