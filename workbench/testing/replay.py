"""A recorded run as a test."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.workbench import Workbench

if TYPE_CHECKING:
    from workbench.replay import Replay
    from workbench.tools import Tool


def check_replay(
    recording: str | Path,
    *,
    tools: Iterable[Tool | Callable[..., Any]] = (),
    tools_from: Iterable[str] = (),
    policy_from: str = "",
    head: str | None = None,
    **options: Any,
) -> Replay:
    """Play a recorded run again and fail when it takes another course; nothing is called.

        def test_the_order_of_monday() -> None:
            check_replay("recordings/monday.wbrun", tools=TOOLS, policy=POLICY)

    Args:
        recording: a file made by `run.export(…)`.
        tools: the tools as they are now; of those that are not given, the recorded declarations
            count.
        tools_from: where they can be imported instead, as `module:attribute`.
        policy_from: where the policy can be imported, as `module:attribute`.
        head: the hash that the recording must end with: it was not exchanged.
        **options: what else a `Workbench` takes, such as `policy`.

    Raises:
        ReplayDiverged: an `AssertionError` that names the event and what differs.
        RecordingError: the file is none, or was damaged or changed.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "none.db"
        if policy_from:
            module, _, attribute = policy_from.partition(":")
            options["policy"] = getattr(importlib.import_module(module), attribute)
        options = {"planner": None, "rule_files": (), **options}
        with Workbench(place, tools=tools, tools_from=tools_from, **options) as bench:
            return bench.replay(Path(recording), head=head).check()
