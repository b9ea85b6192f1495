"""The audit of calls: whose act, for whom, by whose word, at what cost, and what came of it."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, chain, eventually, step
from workbench.report import CALL_COLUMNS
from workbench.report.call_audit import actor_of
from workbench.testing import FakeClock


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple]:
    return list(frame[list(columns)].astype(object).itertuples(index=False, name=None))


def test_every_call_says_who_for_whom_and_by_whose_word(lab: Lab, world: World) -> None:
    """One row a call: agent, person, tool, digest, rule or answer, decider, surface, cost,
    outcome, place and hash [AUTH-2, AUTH-14]."""

    @wb.tool(effect="irreversible", risk="costly", spend=lambda usd: {"orders_usd": usd})
    def order(usd: float) -> str:
        return "ordered"

    buy = wb.Step(id="buy", tool="order", args={"usd": 40.0}, after=["think"])
    run = asking(
        lab, step("think"), buy, tools=[order], on_behalf_of="ada", agent="buyer", gates="plain"
    )
    digest = run.inbox[0].view.opened.args_digest
    run.inbox[0].approve(by="ada", surface="widget")
    run.wait(20)
    frame = run.audit()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == CALL_COLUMNS
    assert frame[["run", "agent", "on_behalf_of", "decided_by", "hash"]].notna().all(axis=None)
    assert rows(frame, "step", "actor", "agent", "on_behalf_of", "tool", "effect") == [
        ("think", "agent", "buyer", "ada", "think", "pure"),
        ("buy", "agent", "buyer", "ada", "order", "irreversible"),
    ]
    bought = frame.iloc[1]
    assert (bought.risk, bought.allowed_by, bought.decided_by, bought.surface) == (
        "costly",
        "answer of ada",
        "ada",
        "widget",
    )
    assert (bought.args_digest, bought.outcome) == (digest, "succeeded")
    assert json.loads(bought.cost) == {"calls": 1, "orders_usd": 40.0}
    assert frame.iloc[0].decided_by == "policy"
    records = {record.seq: record for record in run.events()}
    assert [records[seq].kind for seq in frame.seq] == ["call.intended"] * 2
    assert [records[seq].hash for seq in frame.seq] == frame.hash.tolist()


def test_refusals_name_who_refused(lab: Lab, world: World) -> None:
    """A person's refusal, the policy's and an expiry are rows without a call [AUTH-1, AUTH-14]."""
    clock = FakeClock()
    denied = wb.Rule("deny", "put", where={"name": "never"})
    policy = wb.Policy(rules=[denied], ask=["send", "post"])
    run = asking(
        lab,
        step("no", "send"),
        step("late", "post"),
        step("never", "put"),
        policy=policy,
        clock=clock,
        request_expires_s=60,
        on_failure="continue",
    )
    eventually(run, lambda view: len(view.open_requests) == 2)
    next(one for one in run.inbox if one.step == "no").deny("too dear", by="ada", surface="cli")
    clock.advance(61)
    eventually(run, lambda view: view.steps["late"].state == "denied")
    run.stop()
    frame = run.audit().set_index("step")
    assert set(frame.outcome) == {"denied"}
    assert frame.decided_by.to_dict() == {"never": "policy", "no": "ada", "late": "expiry"}
    assert frame.actor.to_dict() == {"never": "engine", "no": "person", "late": "engine"}
    assert frame.loc["no", "surface"] == "cli"
    assert frame.loc["no", "args_digest"]
    assert frame.effect.isna().all()
    assert frame.allowed_by.isna().all()
    assert world.effects == []


def test_what_the_person_did_is_not_the_agents(lab: Lab, world: World) -> None:
    """`actor` tells the agent's acts from the person's and the engine's, in both frames, whatever
    names they have [REL-16]."""
    run = asking(lab, step("mail", "send"), step("rest", after=["mail"]))
    with run.editing() as draft:
        draft.set_output("rest", "by hand")
    run.resume()
    run.wait_until("waiting")
    run.inbox[0].approve(scope="run")
    run.wait(20)
    assert dict(rows(run.audit(), "step", "actor")) == {"mail": "agent", "rest": "person"}
    frame = run.audit(events=True)
    by_person = frame[frame.actor == "person"].event.tolist()
    assert {"run.created", "plan.revised", "run.paused", "request.answered"} <= set(by_person)
    assert set(frame[frame.actor == "agent"].event) == {"call.intended", "call.succeeded"}
    assert [actor_of(by, "bot") for by in ("bot", "planner x", "policy", "", "ada", "person")] == [
        "agent",
        "agent",
        "engine",
        "engine",
        "person",
        "person",
    ]


def test_an_answer_for_the_whole_run_is_named_at_each_call(lab: Lab, world: World) -> None:
    """Calls that an earlier answer covers name who gave it and through which door [AUTH-14]."""
    run = asking(lab, step("a", "send"), step("b", "send", after=["a"]), gates="plain")
    run.inbox[0].approve(scope="run", by="ada", surface="panel")
    run.wait(20)
    assert rows(run.audit(), "step", "decided_by", "surface") == [
        ("a", "ada", "panel"),
        ("b", "ada", "panel"),
    ]


def test_the_audit_of_a_workbench_holds_every_run(lab: Lab, world: World) -> None:
    """`bench.audit()` has the rows of all runs, the oldest first, and the same columns for none
    [AUTH-14]."""
    bench = lab.bench()
    assert {name: str(kind) for name, kind in bench.audit().dtypes.items()} == CALL_COLUMNS
    runs = [bench.start(plan=chain("a", "b")), bench.start(plan=chain("c"))]
    for run in runs:
        run.wait(20)
    frame = bench.audit()
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == CALL_COLUMNS
    assert rows(frame, "run", "step") == [
        (runs[0].id, "a"),
        (runs[0].id, "b"),
        (runs[1].id, "c"),
    ]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_an_export_can_be_read_by_others(lab: Lab, world: World, suffix: str, tmp_path) -> None:
    """The export is plain JSON Lines or Parquet with the frame's columns [AUTH-14]."""
    bench = lab.bench()
    run = bench.start(plan=chain("a", "b", tool="send"))
    run.wait(20)
    path = bench.export_audit(tmp_path / f"audit.{suffix}")
    if suffix == "parquet":
        assert pd.read_parquet(path).equals(bench.audit())
    else:
        header, *lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert header["anchors"] == [run.anchor()]
        assert [list(line) for line in lines] == [list(CALL_COLUMNS)] * 2
    assert bench.verify_anchors(path) == {run.id: run.view.seq}


def test_an_export_needs_a_known_form(lab: Lab, tmp_path) -> None:
    """Another suffix is refused, with those that there are [AUTH-14]."""
    with pytest.raises(wb.errors.WorkbenchError, match=r"\.jsonl or \*\.parquet"):
        lab.bench().export_audit(tmp_path / "audit.csv")
