"""A host of its own: a child process in its own session, which outlives the one that started it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from workbench.errors import HostFailed, WorkbenchError

OPTIONS = "WORKBENCH_HOST"
"""The environment variable that hands the options of the workbench to the child, as JSON."""
INTERRUPTED = 130
"""Exit code of a host that was interrupted: its run is paused, not lost."""

_children: dict[str, subprocess.Popen[bytes]] = {}


def log_path(journal: URL, run: str) -> Path:
    """Say where the log of a run's host is: beside the journal, or here for one on a server."""
    if journal.get_backend_name() == "sqlite" and journal.database:
        place = Path(journal.database)
        return place.with_name(f"{place.name}.{run}.log")
    return Path.cwd() / f"{run}.log"


def is_hosted(run: str) -> bool:
    """Say whether a host that this process has started for the run is alive."""
    child = _children.get(run)
    return child is not None and child.poll() is None


def spawn(
    journal: URL,
    run: str,
    tools: Sequence[str],
    options: Mapping[str, Any],
    ended: Callable[[WorkbenchError], None],
) -> int:
    """Start a host for a run; gives its process id.

    Args:
        journal: where the run is.
        run: its id.
        tools: where its tools are imported from.
        options: of its workbench, as JSON.
        ended: called, from another thread, when the host has ended with an error.
    """
    log = log_path(journal, run)
    command = [sys.executable, "-m", "workbench", "host", run]
    command += [word for name in tools for word in ("--tools", name)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(place for place in sys.path if place),
        "PYTHONUNBUFFERED": "1",
        # Not in the command, which anybody on this machine can read: a URL may have a password.
        "WORKBENCH_JOURNAL": journal.render_as_string(hide_password=False)
        if journal.get_backend_name() != "sqlite"
        else str(journal.database),
        OPTIONS: json.dumps(dict(options)),
    }
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - this very Python, with names of our own
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[run] = child
    threading.Thread(target=_reap, args=(run, child, log, ended), daemon=True).start()
    return child.pid


def _reap(
    run: str,
    child: subprocess.Popen[bytes],
    log: Path,
    ended: Callable[[WorkbenchError], None],
) -> None:
    code = child.wait()
    _children.pop(run, None)
    if code not in (0, INTERRUPTED):
        ended(
            HostFailed(
                f"The process that drives run {run} ended with code {code}.",
                f"Its log says why: {log}. Open the run here, or start a host again.",
                run=run,
            )
        )
