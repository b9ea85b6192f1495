"""Each choice that a request offers leads to its stated state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan, states, step
from workbench.plan import Move, Remove
from workbench.planner import Proposal

Answer = Callable[[Any], None]


class Listening:
    """A planner that takes the refused step out, and keeps what it was told."""

    name = "listening"

    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def propose(self, context: Any) -> Proposal:
        self.seen.append(context)
        edits = [Move(step="b", after=()), Remove(step="a")]
        return Proposal(edits=edits, reason="without it")


CHOICES: dict[str, tuple[Answer, str, list[str], dict[str, str]]] = {
    "once": (
        lambda r: r.approve(scope="once"),
        "waiting", ["a"], {"a": "succeeded", "b": "asking"},
    ),
    "this step": (
        lambda r: r.approve(scope="step"),
        "waiting", ["a"], {"a": "succeeded", "b": "asking"},
    ),
    "this run": (
        lambda r: r.approve(scope="run"),
        "succeeded", ["a", "b"], {"a": "succeeded", "b": "succeeded"},
    ),
    "this run within limits": (
        lambda r: r.approve(scope="run", limits={"name": wb.one_of("a", "c"), "calls": 5}),
        "waiting", ["a"], {"a": "succeeded", "b": "asking"},
    ),
    "always": (
        lambda r: r.approve(scope="always", limits={"name": wb.one_of("a", "b")}),
        "succeeded", ["a", "b"], {"a": "succeeded", "b": "succeeded"},
    ),
    "edited arguments": (
        lambda r: r.approve(args={"name": "other"}),
        "waiting", ["other"], {"a": "succeeded", "b": "asking"},
    ),
    "refuse": (
        lambda r: r.deny("not this one"),
        "succeeded", [], {"a": "denied", "b": "skipped"},
    ),
    "refuse and plan again": (
        lambda r: r.deny("not this one", then="replan"),
        "waiting", [], {"b": "asking"},
    ),
    "refuse and freeze": (
        lambda r: r.deny("not this one", then="freeze"),
        "paused", [], {"a": "denied", "b": "skipped"},
    ),
    "stop": (
        lambda r: r.deny("not this one", then="stop"),
        "stopped", [], {"a": "denied", "b": "skipped"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("choice", CHOICES)
def test_each_choice_leads_to_its_state(lab: Lab, world: World, choice: str) -> None:
    """Once, this step, this run with and without limits, always, with edited arguments, refuse,
    plan again, freeze and stop: each has its own effects and its own state, the answer is in the
    audit with its author and surface, and a reason reaches the planner [REL-4, AUTH-14]."""
    answer, state, effects, after = CHOICES[choice]
    planner = Listening()
    bench = lab.bench(policy=wb.Policy(), planner=planner)
    run = bench.start(plan=plan(step("a", "send"), step("b", "send", after=["a"])))
    run.wait_until("waiting", timeout_s=20)
    first = run.inbox[0]
    answer(first)
    eventually(
        run,
        lambda view: view.state == state and first.id not in {r.id for r in view.open_requests},
    )
    assert world.effects == effects
    assert states(run) == after
    answered = next(r.event for r in run.events() if r.kind == "request.answered")
    assert (answered.by, answered.surface) == ("person", "python")
    audit = run.audit()
    assert audit.loc[audit.step == "a", "decided_by"].iloc[0] == "person"
    assert audit.loc[audit.step == "a", "surface"].iloc[0] == "python"
    rules = {"always": ["allow"], "refuse and freeze": ["deny"]}
    assert [one.rule.verdict for one in bench.rules] == rules.get(choice, [])
    told = [note for context in planner.seen for note in context.notes]
    assert any("not this one" in note for note in told) == (choice == "refuse and plan again")
