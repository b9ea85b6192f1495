"""A checkpoint is all that was true at its place, whatever came after."""

from __future__ import annotations

import workbench as wb
from tests.engine.harness import Lab, World, plan, step


def test_a_checkpoint_has_what_is_open_held_and_spent(lab: Lab, world: World) -> None:
    """Taken by name while a question is open, it has the revision of the plan, the states, the
    outputs, what was spent, the rights with their uses, and the question; read again after the run
    has gone on, it is the same document [RUNT-6]."""
    spending = wb.tool(
        effect="irreversible", name="pay", spend=lambda usd, **_: {"usd": usd}
    )(lambda name, usd: name)  # fmt: skip
    policy = wb.Policy(ask=["send"], allow=["*"])
    bench = lab.bench(spending, budget=wb.Budget(usd=9), policy=policy)
    steps = [
        step("first", "pay", args={"usd": 2.5}),
        step("asked", "send", after=["first"]),
        step("last", "think", after=["asked"]),
    ]
    rights = [wb.Grant("*", uses=7)]
    run = bench.start(plan=plan(*steps), grants=rights)
    run.wait_until("waiting", timeout_s=20)
    with run.editing("a better title") as draft:
        draft.change("last", title="the end")
    run.checkpoint("before the mail")
    then = run.checkpoint_at("before the mail")
    text = then.model_dump_json()

    view = then.view
    assert [revision.number for revision in view.revisions] == [1, 2]
    assert view.plan["last"].title == "the end"
    assert {name: one.state for name, one in view.steps.items()} == {
        "first": "succeeded", "asked": "asking", "last": "pending"
    }  # fmt: skip
    assert view.steps["first"].output.value == "first"
    assert view.usage["usd"] == 2.5
    assert [request.opened.step for request in view.open_requests] == ["asked"]
    assert [held.used for held in (view.grants or {}).values()] == [1]

    run.resume()
    run.wait_until("waiting", timeout_s=20)
    run.inbox[0].approve()
    run.wait(20)
    assert run.view.open_requests == []
    assert run.checkpoint_at("before the mail").model_dump_json() == text
    assert wb.Checkpoint.model_validate_json(text).view.open_requests == view.open_requests
