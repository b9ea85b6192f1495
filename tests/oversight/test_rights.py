"""Rights that were given beside rights that were used, and how many were live at a time."""

from __future__ import annotations

import workbench as wb
from tests.engine.harness import Lab, World, asking, eventually, plan, step
from workbench.report import RIGHTS_COLUMNS
from workbench.report.rights import scope_frame


def test_unused_rights_stand_first_with_a_proposal(lab: Lab, world: World) -> None:
    """A run given six rights that uses two lists the other four as unused, and proposes for the
    used ones exactly the tools and the largest amounts seen [AUTH-15]."""

    @wb.tool(effect="irreversible", risk="costly")
    def order(usd: float, shop: str) -> str:
        return "ordered"

    rights = [
        wb.Grant("order", where={"usd": wb.at_most(5000)}),
        wb.Grant("p*", environment=""),
        wb.Grant("send"),
        wb.Grant("put", uses=3),
        wb.Grant("undeclared"),
        wb.Grant("look"),
    ]
    steps = [
        wb.Step(id="one", tool="order", args={"usd": 40.0, "shop": "a"}),
        wb.Step(id="two", tool="order", args={"usd": 120.0, "shop": "b"}),
        step("three", "post"),
    ]
    bench = lab.bench(order, policy=wb.Policy())
    run = bench.start(plan=plan(*steps), grants=rights)
    run.wait(20)
    frame = run.rights_report()
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == RIGHTS_COLUMNS
    assert frame.kind.tolist() == ["grant"] * 6
    assert frame.unused.tolist() == [True] * 4 + [False] * 2
    assert frame.proposal[:4].str.startswith("leave it out").all()
    used = frame[~frame.unused].set_index("calls")
    assert used.loc[2, "proposal"] == (
        "Grant('order', where={'shop': one_of('a', 'b'), 'usd': at_most(120.0)}, uses=2)"
    )
    assert used.loc[1, "proposal"].startswith("Grant('post', where={'name': 'three'")
    audit = run.audit().set_index("step")
    assert audit.allowed_by.str.startswith("grant ").all()
    assert set(audit.decided_by) == {"start"}


def test_rules_and_answers_are_rights_as_well(lab: Lab, world: World) -> None:
    """Rules of the policy and answers are listed with the calls that used them [AUTH-15]."""
    run = asking(
        lab,
        step("a", "send"),
        step("b", "send", after=["a"]),
        step("c", "post", after=["b"]),
        policy=wb.Policy(allow=["post", "undeclared"]),
    )
    run.inbox[0].approve(scope="run", by="ada")
    run.wait(20)
    frame = run.rights_report()
    found = frame[["kind", "given_by", "calls"]].values.tolist()
    assert found == [["rule", "policy", 0], ["answer", "ada", 2], ["rule", "policy", 1]]
    assert "undeclared" in frame.right[0]
    assert frame.right[1] == "send, for the whole run"


def test_the_scope_falls_when_steps_end(lab: Lab, world: World) -> None:
    """The number of live rights rises with the calls and is zero at the end; a step plot shows it
    [REL-15]."""
    gate = world.gate("a")
    rights = [wb.Grant("send", step="a"), wb.Grant("post", step="b")]
    bench = lab.bench(policy=wb.Policy())
    run = bench.start(
        plan=plan(step("a", "send"), step("b", "post"), step("c", after=["a"])), grants=rights
    )
    gate.wait_reached()
    eventually(run, lambda view: view.steps["b"].state == "succeeded")
    now = scope_frame(run.events(), run.view)
    assert now.live.max() == 2
    assert now.live.iloc[-1] == 1
    assert "send" in now.rights.iloc[-1]
    gate.open()
    run.wait(20)
    after = scope_frame(run.events(), run.view)
    assert after.live.iloc[-1] == 0
    figure = run.scope_meter()
    assert figure.data[0].line.shape == "hv"
    assert list(figure.data[0].y)[-1] == 0
    assert "Live rights" in repr(figure)


def test_a_call_refused_for_now_is_audited(lab: Lab, world: World) -> None:
    """A call that a freeze stopped is a row of the audit, as the engine's act [AUTH-14]."""
    bench = lab.bench()
    frozen = bench.freeze("no writes")
    run = bench.start(plan=plan(step("a", "send")))
    run.wait_until("paused")
    (row,) = run.audit().to_dict("records")
    assert (row["outcome"], row["actor"], row["decided_by"]) == ("refused", "engine", "policy")
    assert row["tool"] == "send"
    assert world.effects == []
    bench.unfreeze(frozen)
    run.resume()
    run.wait(20)
    assert run.audit().outcome.tolist() == ["refused", "succeeded"]
