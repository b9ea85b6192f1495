"""What a workbench and a start are given is held against what it may be, before all else."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain
from workbench.errors import WorkbenchError
from workbench.testing import FakeClock, allow_all
from workbench.testing.model import ScriptedModel

TEXT = "such as this"


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("journal", 5, "a path"),
        ("tools", 5, "a list of tools"),
        ("tools", [5], "a list of tools"),
        ("tools", "load", "a list of tools"),
        ("tools_from", "tools:all", "a list of texts"),
        ("planner", 5, "a planner or a model or its name"),
        ("environment", None, "a text"),
        ("rights", 5, "wb.Rights"),
        ("attended", "no", "True or False"),
        ("policy", TEXT, "a policy"),
        ("budget", {"usd": 5}, "wb.Budget"),
        ("caps", 5, "a list of caps"),
        ("agent", 5, "a text"),
        ("on_behalf_of", 7, "a text or None"),
        ("clock", 3, "a clock"),
        ("limit", 5, "wb.Limit"),
        ("hooks", print, "wb.Hooks"),
        ("hooks", [print], "wb.Hooks"),
        ("on_end", TEXT, "a function"),
        ("notify", print, "a list of functions"),
        ("notify", [TEXT], "a list of functions"),
        ("gates", "lax", "one of 'by_surface', 'strict', 'plain'"),
        ("viewer", None, "one of 'operator', 'plain'"),
        ("fatigue", 5, "wb.Fatigue"),
        ("control_requests", 1.5, "a number from 0 to 1"),
        ("control_requests", TEXT, "a number from 0 to 1"),
        ("verifier", 5, "a model or its name"),
        ("backend", "curio", "one of 'asyncio', 'trio'"),
        ("rule_files", "rules.toml", "a list of paths"),
        ("read_only", "yes", "True or False"),
        ("in_flight", 0, "a whole number of at least 1"),
        ("in_flight", "10", "a whole number of at least 1"),
        ("in_flight", True, "a whole number of at least 1"),
        ("active_runs", 0, "a whole number of at least 1 or None"),
        ("request_expires_s", -5, "a number of seconds above 0"),
        ("on_unplanned", "forbid", "one of 'flag', 'pause', 'refuse'"),
        ("lease_s", math.inf, "a number of seconds above 0"),
        ("stall_s", 0, "a number of seconds above 0"),
        ("variables", [TEXT], "variables by name"),
        ("bounds", None, "wb.Bounds"),
    ],
)
def test_a_workbench_refuses_what_it_cannot_use(
    tmp_path: Path, name: str, value: Any, takes: str
) -> None:
    """An argument that cannot be meant is refused with its name, its value and what there is to
    give; no journal is made.
    """
    given: dict[str, Any] = {"journal": tmp_path / "runs.db", name: value}
    with pytest.raises(WorkbenchError) as refusal:
        wb.Workbench(**given)
    assert f"Workbench({name}=…) takes {takes}" in str(refusal.value)
    assert not (tmp_path / "runs.db").exists()


def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    """Who gives the secret where its source belongs does not read it in the error [AUTH-13]."""
    with pytest.raises(WorkbenchError, match="takes texts by name") as refusal:
        wb.Workbench(tmp_path / "runs.db", secrets=5)  # type: ignore[arg-type]
    assert "not an int" in str(refusal.value)
    with pytest.raises(WorkbenchError) as refusal:
        wb.Workbench(tmp_path / "runs.db", secrets="hunter-2-of-hunters")  # type: ignore[arg-type]
    assert "hunter" not in str(refusal.value)
    assert "not a str" in str(refusal.value)


def test_a_workbench_takes_every_form_that_it_names(tmp_path: Path) -> None:
    """All forms that the documentation names are taken, lists that can be read once, too."""

    @wb.tool(effect="pure")
    def count(number: int) -> int:
        return number

    with wb.Workbench(
        str(tmp_path / "runs.db"),
        tools=(tool for tool in [count, [count]] if tool is count),
        planner=ScriptedModel([]),
        environment="test",
        rights=wb.Rights(),
        attended=False,
        policy=allow_all(),
        budget=wb.Budget(usd=5),
        caps=(wb.Cap("usd", 5, per="day"),),
        agent="agent",
        on_behalf_of="ada",
        secrets={"key": "text"},
        clock=FakeClock(),
        limit=wb.Limit(in_flight=2),
        hooks=[wb.Hooks(ended=lambda _: None)],
        on_end=lambda _: None,
        notify=[lambda _: None],
        fatigue=None,
        control_requests=0,
        verifier=None,
        rule_files=[],
        in_flight=1,
        active_runs=None,
        request_expires_s=None,
        on_unplanned="pause",
        lease_s=15,
        stall_s=None,
        variables={},
        bounds=wb.Bounds(),
    ) as bench:
        assert [tool.name for tool in bench.tools] == ["count"]


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("goal", 5, "a text"),
        ("plan", {"steps": []}, "wb.Plan"),
        ("key", 7, "a text or None"),
        ("on_failure", "give up", "one of 'stop'"),
        ("priority", "high", "a whole number"),
        ("limit", 5, "wb.Limit"),
        ("within_s", math.nan, "a number of seconds above 0"),
        ("within_s", "1h", "a number of seconds above 0"),
        ("seed", -1, "a whole number of at least 0"),
        ("autonomy", "full", "one of 'ask', 'risk'"),
        ("grants", 5, "a list of grants"),
        ("rules", 5, "a list of rules"),
        ("limits", 5, "amounts by unit"),
        ("limits", {"usd": -1}, "amounts by unit"),
        ("limits", {"usd": math.nan}, "amounts by unit"),
        ("limits", {"usd": "5"}, "amounts by unit"),
        ("done", 5, "wb.Check"),
    ],
)
def test_a_start_refuses_what_it_cannot_use(
    lab: Lab, world: World, name: str, value: Any, takes: str
) -> None:
    """An argument that cannot be meant is refused, and no run begins: above all a limit that no
    amount would ever cross.
    """
    bench = lab.bench()
    given: dict[str, Any] = {"plan": chain("a"), name: value}
    with pytest.raises(WorkbenchError) as refusal:
        bench.start(**given)
    assert f"start({name}=…) takes {takes}" in str(refusal.value)
    assert len(bench.runs()) == 0
    assert world.calls == []


def test_a_wait_for_a_state_that_there_is_not_is_refused(lab: Lab) -> None:
    """A state that is misspelt would only be waited for until the time is over."""
    run = lab.bench().start(plan=chain("a"))
    with pytest.raises(WorkbenchError, match="takes a list of states, each one of queued, plan"):
        run.wait_until("succeded")
    with pytest.raises(WorkbenchError, match="takes a number of seconds of at least 0"):
        run.wait(math.nan)
    with pytest.raises(WorkbenchError, match="takes a function"):
        run.on_end("told")  # type: ignore[arg-type]
    assert run.wait_until("succeeded") == "succeeded"
    assert run.wait(timeout_s=None) == "a"


def test_numbers_of_numpy_are_numbers(lab: Lab) -> None:
    """What comes out of a frame can be a limit, a seed or a time as it is."""
    bench = lab.bench(in_flight=np.int64(2))
    limits = {"usd": np.float32(5), "calls": np.int64(3)}
    run = bench.start(
        plan=chain("a"),
        seed=np.int64(7),
        priority=np.int64(1),
        within_s=np.int64(60),
        limits=limits,  # type: ignore[arg-type]
    )
    assert run.wait(20) == "a"
    assert run.view.limits == {"usd": 5.0, "calls": 3.0}


def test_an_error_repeats_no_long_value(lab: Lab) -> None:
    """What was given is shortened, and an object is only named by its kind."""
    bench = lab.bench()
    with pytest.raises(WorkbenchError) as refusal:
        bench.start(plan=chain("a"), autonomy="x" * 500)  # type: ignore[arg-type]
    assert len(str(refusal.value)) < 250
    with pytest.raises(WorkbenchError, match="not a lock"):
        bench.start(plan=threading.Lock())  # type: ignore[arg-type]
