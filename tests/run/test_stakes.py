"""What a run could do at worst is a row of its widget and of the panel before the first step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, chain
from workbench.feed import Feed
from workbench.oversight.terms import as_json, declared_row
from workbench.policy import Allow, Ask, CallFacts, Decision, Rights
from workbench.server.journals import Journals
from workbench.server.looking import Looking
from workbench.whereabouts import journal_id, leave_note


def feed(run: wb.Run) -> Feed:
    """Follow a run as its widget does."""
    bench = run.bench
    return Feed(bench.journal, run.id, bench.tool_map(), bench.clock, bench.stakes_of)


def test_the_worst_case_is_shown_before_the_first_step(lab: Lab) -> None:
    """Tools held, worst action, score, zone and caps: by the run's own rules, until a step has
    begun [AUTH-17]."""
    bench = lab.bench(caps=[wb.Cap("orders_usd", 3000, per="day")], policy=wb.Policy())
    rules = [wb.Rule("deny", "post")]
    run = bench.start(plan=chain("a", tool="send"), rules=rules)
    run.wait_until("waiting", timeout_s=20)
    full = feed(run).full()
    by_name = {row["tool"]: row for row in full["worst"]}
    scores = [row["score"] for row in full["worst"]]
    assert set(by_name) == {tool.name for tool in bench.tool_map().values()}
    assert scores == sorted(scores, reverse=True)
    assert by_name["post"]["decision"] == "refused"
    assert (by_name["send"]["decision"], by_name["send"]["zone"]) == ("asked", "amber")
    assert full["caps"] == [{"name": "3000 orders_usd per day", "left": 3000.0, "limit": 3000.0}]
    run.inbox[0].approve()
    run.wait(20)
    after = feed(run).full()
    assert (after["worst"], after["caps"]) == ([], [])


class Careful:
    """A policy that is no list of rules, so it cannot be told to another process."""

    def decide(self, call: CallFacts) -> Decision:
        """Ask about one tool, by code."""
        return Ask("it is careful") if call.tool.name == "send" else Allow("why not")


TERMS = ("worst", "caps")


def in_panel(run: wb.Run, *names: str) -> dict[str, Any]:
    """Leave the note that a kernel leaves, and give what the server sends of the run."""
    bench, place = run.bench, run.bench.journal.path
    assert place is not None
    rows = [declared_row(tool) for tool in bench.tools]
    terms = as_json(bench._parts, bench.viewer, bench.agent, bench.on_behalf_of, ())
    leave_note(place, rows, terms)
    looking = Looking(Journals(None))
    try:
        full = looking.feed(journal_id(place), run.id).full()
    finally:
        looking.journals.close()
    return {name: full[name] for name in names or TERMS}


@pytest.mark.parametrize("kind", ["rules", "object"])
def test_the_panel_shows_what_the_cell_shows(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The panel has worst case and caps as the widget has them: by rights, by rules of run and
    journal as they stand now, and by the ledger; of a policy that is an object, what it said in its
    kernel; nothing once a step has begun [AUTH-17]."""
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    rights = Rights(person=tuple(wb.Grant(name) for name in ("think", "send", "post")))
    policy = wb.Policy(ask=["send"]) if kind == "rules" else Careful()
    caps = [wb.Cap("orders_usd", 3000, per="day"), wb.Cap("calls", 9, per="hour", of="person")]
    bench = lab.bench(caps=caps, policy=policy, rights=rights)
    first = chain("a", tool="send").steps[0].model_copy(update={"ask": True})
    rules = [wb.Rule("deny", "post")] if kind == "rules" else []
    run = bench.start(plan=wb.Plan(steps=[first]), rules=rules)
    run.wait_until("waiting", timeout_s=20)
    shown = in_panel(run)
    assert shown == {name: feed(run).full()[name] for name in ("worst", "caps")}
    assert {row["tool"]: row["decision"] for row in shown["worst"]}["send"] == "asked"
    assert len(shown["worst"]) == 3
    assert [cap["left"] for cap in shown["caps"]] == [3000.0, 9.0]
    if kind == "rules":
        bench.rules.add(wb.Rule("deny", "send"))
        bench.raise_cap(caps[0], 4000)
        changed = in_panel(run)
        assert {row["decision"] for row in changed["worst"] if row["tool"] == "send"} == {"refused"}
        assert changed["caps"][0]["left"] == 4000.0
        assert changed == {name: feed(run).full()[name] for name in ("worst", "caps")}
        bench.rules.lift(next(iter(bench.rules)).id)
    run.inbox[0].approve()
    run.wait(20)
    assert in_panel(run) == {"worst": [], "caps": []}


@wb.tool(effect="irreversible", estimate=wb.Estimate(seconds=90))
def slow(of: int) -> int:
    """Take long."""
    return of


@wb.tool(effect="pure")
def plain(of: int) -> int:
    """Take nothing."""
    return of


def test_the_panel_shows_each_row_that_the_cell_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server knows of the tools, from the kernel's note, makes the same steps, requests,
    trace and forms as the tools themselves, estimates included [RUNT-10] [PLAN-11]."""
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    steps = [wb.Step(id=name, tool=name, args={"of": 1}) for name in ("slow", "plain")]
    with wb.Workbench(tmp_path / "own.db", tools=[slow, plain], planner=None) as bench:
        run = bench.start(plan=wb.Plan(steps=steps))
        run.wait_until("waiting", timeout_s=20)
        parts = ("steps", "requests", "trace", "tools")
        shown, full = in_panel(run, *parts), feed(run).full()
        assert shown == {name: full[name] for name in parts}
        assert {row["id"]: row["estimate_s"] for row in shown["steps"]} == {
            "slow": 90,
            "plain": None,
        }
