"""What a run could do at worst, before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import workbench as wb


def tools() -> list[wb.Tool]:
    def undo(name: str) -> None:
        """Take it back."""

    def act(name: str = "") -> str:
        return name

    kinds: dict[str, dict[str, Any]] = {
        "look": {"effect": "read"},
        "put": {"effect": "reversible", "undo": undo},
        "send": {"effect": "irreversible", "risk": "public"},
        "wipe": {"effect": "irreversible"},
        "hidden": {"effect": "irreversible"},
    }
    return [wb.Tool(act, name=name, **declared) for name, declared in kinds.items()]


def test_the_worst_that_a_run_could_do_stands_first(tmp_path: Path) -> None:
    """Tools held, what is decided about each, score and zone, before the first step [AUTH-17]."""
    rights = wb.Rights(agent=tuple(wb.Grant(name) for name in ("look", "put", "send", "wipe")))
    policy = wb.Policy(allow=["send"])
    with wb.Workbench(
        tmp_path / "runs.db", tools=tools(), planner=None, policy=policy, rights=rights
    ) as bench:
        worst = bench.worst_case()
        assert list(worst["tool"]) == ["send", "wipe", "put", "look"]
        assert list(worst["decision"]) == ["allowed", "asked", "allowed", "allowed"]
        assert list(worst["score"]) == [12, 5, 3, 0]
        assert list(worst["zone"]) == ["red", "amber", "amber", "green"]
        bench.freeze("no writes")
        frozen = bench.worst_case()
        assert set(frozen["zone"]) == {"green"}
        assert list(frozen["decision"]) == ["allowed", "refused", "refused", "refused"]
