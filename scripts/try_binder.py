"""Do what Binder does, in a clean folder: `python scripts/try_binder.py [--keep]`.

Takes the last commit as Binder clones it, makes an empty environment, runs `binder/postBuild` in
it with an empty home, starts the server as Binder does, and asks it for the page that it opens and
for our extension. Then the first notebook is executed there. Says how large all this has become:
Binder gives 1 GB of memory for sure. conda is not needed; the Python is the one that runs this.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = "notebooks/00-first-run.ipynb"
MEMORY_MB = 1024
START_S = 120
TOKEN = "binder"  # noqa: S105 - of a server on loopback that lives a minute


def say(words: str) -> None:
    """Say what is being done."""
    print(f"== {words}", flush=True)


def prepare(folder: Path) -> dict[str, str]:
    """Clone, make the environment, run postBuild; gives the variables to work in it."""
    clone, home, made = folder / "clone", folder / "home", folder / "environment"
    command = ["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", str(clone)]
    subprocess.run(command, check=True)
    home.mkdir()
    pinned = re.search(r"python=(\d+\.\d+)", (clone / "binder" / "environment.yml").read_text())
    if pinned is None:
        sys.exit("binder/environment.yml does not pin Python.")
    if pinned[1] != f"{sys.version_info.major}.{sys.version_info.minor}":
        say(f"Binder has Python {pinned[1]}, this is {sys.version.split()[0]}")
    subprocess.run([sys.executable, "-m", "venv", made], check=True)
    kept = ("LANG", "TMPDIR", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "NPM_CONFIG_USERCONFIG")
    variables = {name: os.environ[name] for name in kept if name in os.environ}
    variables |= {"HOME": str(home), "PATH": f"{made / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    say("binder/postBuild")
    subprocess.run([clone / "binder" / "postBuild"], cwd=clone, env=variables, check=True)
    return variables


class Server:
    """The server as Binder starts it, on loopback."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        """Start it and wait for its address."""
        command = ["jupyter", "lab", "--no-browser", "--allow-root", "--port=0"]
        command.append(f"--IdentityProvider.token={TOKEN}")
        self.process = subprocess.Popen(
            command, cwd=folder / "clone", env=variables, stderr=subprocess.PIPE, text=True
        )
        self.address, self._found = "", threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        if not self._found.wait(START_S) or not self.address:
            sys.exit("The server did not start.")

    def _read(self) -> None:
        for line in self.process.stderr or ():
            match = re.search(r"(http://(?:localhost|127\.0\.0\.1):\d+)/", line)
            if match and not self.address:
                self.address = match[1]
                self._found.set()
        self._found.set()

    def get(self, path: str) -> tuple[str, str]:
        """Ask for a page; gives where it led to, and its text."""
        asked = urllib.request.Request(  # noqa: S310 - on loopback
            f"{self.address}{path}", headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - the same
            return answer.geturl(), answer.read().decode()

    def memory_mb(self) -> float:
        """Give what it and its kernels hold."""
        top = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in [top, *top.children(recursive=True)]) / 2**20

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(timeout=30)


def look(server: Server) -> None:
    """See that a visitor lands in the first notebook, and that the panel and the door are there."""
    where, page = server.get("/")
    if not where.partition("?")[0].endswith(f"/lab/tree/{NOTEBOOK}"):
        sys.exit(f"A visitor lands at {where}, not in the first notebook.")
    if "jupyter-agent-workbench" not in page:
        sys.exit("JupyterLab does not know the panel.")
    api = json.loads(server.get("/workbench/api")[1])
    if api != {"workbench": 1, "may_order": True}:
        sys.exit(f"The server extension says {api}.")
    say(f"opens {NOTEBOOK}, with panel and server extension")


def execute(folder: Path, variables: dict[str, str]) -> float:
    """Execute the first notebook, as it is in the clone; gives the most memory that it took."""
    command = ["jupyter", "execute", str(folder / "clone" / NOTEBOOK)]
    most = 0.0
    with subprocess.Popen(command, env={**variables, "WORKBENCH_SCRIPTED": "1"}) as running:
        top = psutil.Process(running.pid)
        while running.poll() is None:
            try:
                all_of_it = [top, *top.children(recursive=True)]
                most = max(most, sum(one.memory_info().rss for one in all_of_it) / 2**20)
                running.wait(0.2)
            except (psutil.NoSuchProcess, subprocess.TimeoutExpired):
                continue
    if running.returncode != 0:
        sys.exit("The first notebook does not run.")
    return most


def main(*, keep: bool) -> None:
    """Do all of it."""
    folder = Path(tempfile.mkdtemp(prefix="binder-"))
    try:
        variables = prepare(folder)
        server = Server(folder, variables)
        try:
            look(server)
            most = execute(folder, variables)
            both = most + server.memory_mb()
        finally:
            server.stop()
        size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) / 2**20
        say(f"on disk {size:.0f} MB; in memory at most {both:.0f} MB of {MEMORY_MB}")
        if both > MEMORY_MB:
            sys.exit("That is more than Binder gives for sure.")
    finally:
        if keep:
            say(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(keep="--keep" in sys.argv[1:])
