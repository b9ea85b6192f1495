"""The specification of a run: frozen, hashed, saved with it; a drift on resume is shown."""

from __future__ import annotations

from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, chain, kinds
from workbench.planner import ModelPlanner
from workbench.report import run_text
from workbench.testing import ScriptedModel, allow_all, capture_events


def other_think() -> wb.Tool:
    @wb.tool(effect="pure")
    async def think(name: str, value: Any = None, more: int = 0) -> Any:
        return name

    return think


def test_it_is_saved_with_the_run(lab: Lab) -> None:
    """Prompt, tools, policy, rights and budget are in the run's first event, in full and by digest;
    after a restart they are the same [HARN-1]."""
    model = ScriptedModel([], label="tiny")
    options: dict[str, Any] = {
        "planner": ModelPlanner(model),
        "policy": wb.Policy(ask=["send"]),
        "budget": wb.Budget(calls=9),
    }
    bench = lab.bench(**options)
    run = bench.start(plan=chain("a"), replan="failure", done=wb.Check(not_empty=True))
    run.wait(20)
    spec = run.spec
    assert set(spec.digests) == {
        "planner", "prompt", "tools", "policy", "rights", "budget", "caps", "replan", "checks"
    }  # fmt: skip
    assert spec.parts["planner"] == "model tiny"
    assert spec.parts["prompt"].startswith("You plan the work of a workbench")
    assert spec.parts["policy"]["ask"] == ["send"]
    assert spec.parts["budget"] == {"calls": 9.0}
    assert spec.digests == run.view.spec
    again = lab.reopen(run, **options)
    assert again.spec.digest == spec.digest
    assert again.checkpoint_at(again.checkpoints[0]).view.spec == spec.digests


def test_what_is_the_same_has_the_same_digest(lab: Lab) -> None:
    """Two runs of one workbench have one specification; its digest changes with each part
    [HARN-1]."""
    bench = lab.bench()
    one, two = (bench.start(plan=chain("a")) for _ in range(2))
    for run in (one, two):
        run.wait(20)
    assert one.spec.digest == two.spec.digest == bench.spec.digest
    tools = [other_think(), *(t for t in lab.world.tools() if t.name != "think")]
    changed = {
        "tools": lab.bench(tools=tools),
        "policy": lab.bench(policy=wb.Policy()),
        "budget": lab.bench(budget=wb.Budget(usd=1)),
        "verifier": lab.bench(verifier=ScriptedModel([], label="judge")),
        "planner": lab.bench(planner=ScriptedModel([], label="other")),
        "caps": lab.bench(caps=[wb.Cap("usd", 3)]),
    }
    for part, other in changed.items():
        assert other.spec.digest != bench.spec.digest
        assert other.spec.digests.get(part) != bench.spec.digests.get(part)


@pytest.mark.parametrize("part", ["policy", "verifier", "tools", "nothing"])
def test_a_drift_on_resume_is_shown(lab: Lab, world: World, part: str) -> None:
    """Resumed under another harness, the run says once which parts differ, and goes on [HARN-1]."""
    gate = world.gate("a")
    run = lab.bench().start(plan=chain("a", "b"))
    gate.wait_reached()
    run.pause()
    gate.open()
    tools = [other_think(), *(t for t in lab.world.tools() if t.name != "think")]
    options: dict[str, Any] = {
        "policy": {"policy": wb.Policy()},
        "verifier": {"verifier": ScriptedModel([], label="judge")},
        "tools": {"tools": tools},
        "nothing": {"policy": allow_all()},
    }[part]
    run = lab.reopen(run, **options)
    run.resume()
    if part == "tools":  # a changed tool is asked about, too
        run.wait_until("waiting", timeout_s=20)
        run.inbox[0].choose("use")
    run.wait(20)
    noted = capture_events(run, "spec.drifted")
    assert [set(event.parts) for event in noted] == ([] if part == "nothing" else [{part}])
    assert set(run.view.drifted) == (set() if part == "nothing" else {part})
    assert (f"Specification changed since the start: {part}" in run_text(run.view)) == (
        part != "nothing"
    )


def test_coming_back_to_the_old_harness_is_no_drift(lab: Lab, world: World) -> None:
    """Each change is noted, and one that is taken back is gone [HARN-1]."""
    gates = [world.gate(name) for name in "ab"]
    run = lab.bench().start(plan=chain("a", "b", "c"))
    for gate, policy in zip(gates, [wb.Policy(), allow_all()], strict=True):
        gate.wait_reached()
        run.pause()
        gate.open()
        run = lab.reopen(run, policy=policy)
        run.resume()
    run.wait(20)
    assert kinds(run).count("spec.drifted") == 2
    assert run.view.drifted == {}


def test_a_fork_has_the_harness_of_now(lab: Lab) -> None:
    """A fork goes on under the policy of re-planning and the completion check of its origin; the
    rest of its specification is that of the workbench that made it [HARN-1]."""
    done = wb.Check(not_empty=True)
    run = lab.bench().start(plan=chain("a"), replan="failure", done=done)
    run.wait(20)
    bench = lab.bench(policy=wb.Policy())
    fork = bench.look(run.id).fork(at="start")
    fork.wait(20)
    assert (fork.view.replanning, fork.view.done) == (wb.Replan(), done)
    assert fork.view.verified is True
    assert fork.spec.digests["policy"] != run.spec.digests["policy"]
    assert fork.spec.digests == fork.view.spec
    assert fork.view.drifted == {}
