"""Ten thousand kills, on a file and on a server at once: `make soak`.

    make soak ARGS="--kills 1000 --seed 7 --database sqlite"
    make soak ARGS=machine

Ends with a table of what was found, and with exit code 1 when anything was lost or done twice.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.crash.scene import Nursery  # noqa: E402 - found by the line above
from tests.crash.storm import Storm, Toll, total  # noqa: E402 - found by the line above
from tests.postgres import databases, postgres  # noqa: E402 - found by the line above

COLUMNS = ("kills", "runs", "effects", "twice", "lost", "unreadable")
MACHINE_EXAMPLES = "2000"


def main() -> int:
    """Run what was asked for; gives the exit code."""
    options = _options()
    if options.what == "machine":
        return _machine()
    console = Console()
    seed = options.seed if options.seed is not None else secrets.randbelow(10**9)
    console.print(f"seed {seed}: repeat with --seed {seed}")
    names = ["sqlite", "postgres"] if options.database == "both" else [options.database]
    with ExitStack() as stack:
        places = {name: _places(name, stack) for name in names}
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workbench-soak-")))
        progress = stack.enter_context(_progress(console))
        storms = {}
        for number, name in enumerate(names):
            own = folder / name
            own.mkdir()
            nursery = Nursery()
            stack.callback(nursery.close)
            storms[name] = Storm(seed + number, nursery, own, places[name])
        _rage(storms, options.kills // len(storms), progress)
    tolls = [storm.toll for storm in storms.values()]
    console.print(_table(storms))
    for toll in tolls:
        for other in toll.others:
            console.print(f"seed {toll.seed}: {other}", style="red")
    return 0 if all(toll.harmless for toll in tolls) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["kills", "machine"], default="kills")
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--database", choices=["both", "sqlite", "postgres"], default="both")
    return parser.parse_args()


def _machine() -> int:
    """Let Hypothesis drive a run for long."""
    environment = {"WORKBENCH_MACHINE_EXAMPLES": MACHINE_EXAMPLES} | os.environ
    command = [sys.executable, "-m", "pytest", "tests/engine/test_run_machine.py", "--timeout=0"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _places(name: str, stack: ExitStack) -> Callable[[], str]:
    """Give a new file for each run, or one database for all of them."""
    if name == "sqlite":
        return lambda: ""
    place = stack.enter_context(databases(stack.enter_context(postgres())))()
    return lambda: place


def _rage(storms: dict[str, Storm], kills: int, progress: Progress) -> None:
    def work(name: str, storm: Storm) -> None:
        task = progress.add_task(name, total=kills, toll="")
        try:
            for toll in storm.rage(kills):
                progress.update(task, completed=min(kills, toll.kills), toll=_short(toll))
        except BaseException as error:  # noqa: BLE001 - the table says it, and the exit code
            storm.toll.others.append(f"the storm broke off: {error!r}")

    threads = [threading.Thread(target=work, args=item) for item in storms.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} kills"))
    toll = TextColumn("{task.fields[toll]}")
    return Progress(*columns, toll, TimeElapsedColumn(), TimeRemainingColumn(), console=console)


def _short(toll: Toll) -> str:
    return f"twice {toll.twice}, lost {toll.lost}, unreadable {toll.unreadable}"


def _table(storms: dict[str, Storm]) -> Table:
    table = Table("database", *COLUMNS, title="What the kills have cost")
    for name, storm in storms.items():
        table.add_row(name, *(str(getattr(storm.toll, column)) for column in COLUMNS))
    figures = total([storm.toll for storm in storms.values()])
    table.add_row("all", *(str(figures[column]) for column in COLUMNS), style="bold")
    return table


if __name__ == "__main__":
    sys.exit(main())
