"""Attention is measured, a habit is said to be one, and nothing is ever approved by itself."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, asking, eventually, kinds, plan, step
from workbench import events as e
from workbench.errors import WorkbenchError
from workbench.events import Record
from workbench.oversight.fatigue import notices
from workbench.report import ATTENTION_COLUMNS
from workbench.report.attention import (
    Asked,
    asked_of,
    attention_curve,
    attention_figure,
    attention_frame,
)
from workbench.testing import FakeClock, ScriptedPerson

START = datetime(2026, 6, 3, 8, 0, tzinfo=UTC)
RISKS = {"mail": "public", "order": "costly"}


def history(requests: int = 200, seed: int = 7) -> tuple[list[Record], list[dict]]:
    """A seeded journal of requests a minute apart, and beside it what was put into it."""
    chance, said, records = random.Random(seed), [], []

    def add(at: datetime, event: e.Event) -> None:
        records.append(Record("run-a", len(records) + 1, at, 1, event, ""))

    add(START, e.RunCreated(goal="g", on_behalf_of="ada"))
    for number in range(requests):
        at = START + timedelta(minutes=number)
        name, tool = f"req-{number}", chance.choice(["mail", "order"])
        opened = e.RequestOpened(
            request=name, token="t", about="permission", title="t", tool=tool, args={}
        )
        add(at, opened)
        outcome = chance.choices(["approve", "deny", "expired"], [8, 1, 1])[0]
        seconds = round(chance.expovariate(1 / 4), 3)
        person = chance.choice(["person", "bob"])
        edited = outcome == "approve" and chance.random() < 0.2
        end = at + timedelta(seconds=seconds)
        if outcome == "expired":
            add(end, e.RequestExpired(request=name))
        else:
            args = {"n": 1} if edited else None
            add(end, e.RequestAnswered(request=name, verdict=outcome, by=person, args=args))
        who = "bob" if person == "bob" and outcome != "expired" else "ada"
        said.append(
            {
                "person": who,
                "risk": RISKS[tool],
                "outcome": outcome,
                "seconds": seconds,
                "edited": edited,
                "at": at,
            }
        )
    return records, said


def test_a_seeded_history_gives_known_numbers() -> None:
    """Of 200 requests each person and class has exactly the measures that were put in [REL-5]."""
    records, said = history()
    frame = attention_frame(asked_of(records, RISKS))
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == ATTENTION_COLUMNS
    truth = pd.DataFrame(said)
    assert frame.requests.sum() == len(truth) == 200
    assert len(frame) == 4
    for row in frame.itertuples():
        own = truth[(truth.person == row.person) & (truth.risk == row.risk)]
        answered = own[own.outcome != "expired"]
        assert row.requests == len(own)
        assert row.answered == len(answered)
        assert row.refusals == (own.outcome == "deny").sum()
        assert row.expired == (own.outcome == "expired").sum()
        assert row.edits == own.edited.sum()
        assert row.approval_rate == pytest.approx((answered.outcome == "approve").mean())
        assert row.decision_s == pytest.approx(answered.seconds.median())
        assert row.under_2s == pytest.approx((answered.seconds < 2).mean())
        span = (own["at"].max() - own["at"].min()) / pd.Timedelta(hours=1)
        assert row.per_hour == pytest.approx(len(own) / span)
    assert frame[["refusals", "expired", "edits"]].sum().tolist() == [24, 21, 34]
    assert attention_frame([]).empty


def test_the_curve_is_drawn_over_time() -> None:
    """A plotly curve over the last 20 answers, from the journal, with a table beside it [REL-5]."""
    records, said = history()
    asked = asked_of(records, RISKS)
    curve = attention_curve(asked)
    answered = [one for one in said if one["outcome"] != "expired"]
    answered.sort(key=lambda one: one["at"] + timedelta(seconds=one["seconds"]))
    assert len(curve) == len(answered)
    last = answered[-20:]
    assert curve.iloc[-1].under_2s == pytest.approx(sum(o["seconds"] < 2 for o in last) / 20)
    figure = attention_figure(asked)
    assert [trace.name for trace in figure.data][:2] == ["approved", "answered under 2 s"]
    assert all(len(trace.x) == len(answered) for trace in figure.data)
    assert "Attention" in repr(figure)
    assert repr(attention_figure([]))


def answers(count: int, seconds: float, outcome: str = "approve") -> list[Asked]:
    return [
        Asked(
            "run-a",
            f"req-{n}",
            "mail",
            "public",
            "ada",
            START + timedelta(minutes=5 * n),
            outcome,
            START + timedelta(minutes=5 * n, seconds=seconds),
        )
        for n in range(count)
    ]


def test_each_threshold_is_its_own_notice() -> None:
    """Rate, approvals and speed are crossed one by one, and only from enough answers on [REL-6]."""
    calm = wb.Fatigue(rate_per_hour=None, approval_rate=None, under_2s=None)
    assert notices(answers(60, 1.0), calm) == []
    quick = wb.Fatigue(rate_per_hour=None, approval_rate=None)
    (notice,) = notices(answers(30, 1.0), quick)
    assert notice.crossed == {"under_2s": (1.0, 0.5)}
    assert notices(answers(30, 2.5), quick) == []
    assert notices(answers(19, 1.0), quick) == []
    often = wb.Fatigue(rate_per_hour=10, approval_rate=None, under_2s=None)
    (notice,) = notices(answers(30, 9.0), often)
    assert "batch" in str(notice)
    (notice,) = notices(answers(30, 9.0), wb.Fatigue())
    assert set(notice.crossed) == {"approval_rate"}
    assert "grant or rule for mail, approved 30 of 30 times" in str(notice)
    mixed = answers(25, 9.0) + answers(25, 9.0, "deny")
    assert notices(mixed, wb.Fatigue()) == []


def test_a_rubber_stamper_is_told_and_nothing_is_approved(lab: Lab, world: World) -> None:
    """Who approves everything at once is told so in the inbox with proposals; the next request
    waits like any other [REL-6]."""
    steps = [step(f"s{n}", "send", after=[f"s{n - 1}"] if n else []) for n in range(22)]
    run = asking(lab, *steps, on_behalf_of="ada")
    bench = run.bench
    assert "What could help" not in repr(bench.inbox)
    ScriptedPerson(["approve"] * 21).attend(run)
    (notice,) = bench.fatigue()
    assert notice.person == "ada"
    assert {"approval_rate", "under_2s"} <= set(notice.crossed)
    shown = repr(bench.inbox)
    assert "ada: " in shown
    assert "100% of them approved" in shown
    assert "narrow grant or rule for send" in shown
    assert (run.state, len(run.inbox), len(world.effects)) == ("waiting", 1, 21)
    assert (
        bench.attention().set_index(["person", "risk"]).loc[("ada", "irreversible"), "answered"]
        == 21
    )
    run.inbox[0].deny()


def planted(lab: Lab, **options) -> tuple[wb.Run, wb.Request, wb.Request]:
    """A run that waits with a real request and a control beside it."""
    run = asking(lab, step("a", "send"), control_requests=1.0, **options)
    eventually(run, lambda view: len(view.open_requests) == 2)
    control = next(one for one in run.inbox if one.step is None)
    return run, next(one for one in run.inbox if one.step), control


def test_a_control_does_nothing_whatever_the_answer(lab: Lab, world: World) -> None:
    """An approved control executes nothing, allows nothing, and is named as one afterwards;
    before the answer nothing in the journal names it [REL-7]."""
    run, real, control = planted(lab)
    assert "control" not in "".join(record.event.model_dump_json() for record in run.events())
    assert control.tool not in run.bench.tools.tool_map()
    control.approve(scope="run", args={"to": "elsewhere"})
    assert world.calls == []
    assert run.view.allowances == {}
    (revealed,) = (r.event for r in run.events() if r.kind == "control.revealed")
    assert (revealed.request, revealed.refused) == (control.id, False)
    real.approve()
    assert run.wait(20) == "a"
    assert world.effects == ["a"]
    frame = run.bench.attention().set_index("risk")
    assert frame.loc["control", ["controls", "controls_refused"]].tolist() == [1, 0.0]
    assert frame.loc["control", "requests"] == 0
    assert frame.loc["irreversible", "answered"] == 1
    assert run.audit().step.tolist() == ["a"]


@pytest.mark.parametrize("then", ["continue", "replan", "freeze", "stop"])
def test_a_refused_control_counts_as_attention(lab: Lab, world: World, then: str) -> None:
    """A refusal is counted, and what else the person wants of the run is done [REL-7]."""
    run, real, control = planted(lab)
    control.deny("never", then=then)
    frame = run.bench.attention().set_index("risk")
    assert frame.loc["control", "controls_refused"] == 1.0
    if then == "stop":
        with pytest.raises(wb.errors.RunStopped):
            run.wait(20)
        assert world.effects == []
        return
    if then == "freeze":
        assert run.state == "paused"
        run.resume()
    real.approve()
    assert run.wait(20) == "a"


def test_a_run_never_waits_for_a_control_alone(lab: Lab, world: World) -> None:
    """Left alone, a control is void when the run has no other question [REL-7]."""
    run, real, control = planted(lab)
    real.approve()
    assert run.wait(20) == "a"
    assert run.view.requests[control.id].state == "voided"
    assert run.bench.attention().controls.sum() == 0


def test_a_control_that_expires_pauses_nothing(lab: Lab, world: World) -> None:
    """Nobody answers: the control counts neither as attention nor as approval [REL-7]."""
    clock = FakeClock()
    run, real, _ = planted(lab, clock=clock, request_expires_s=60)
    real.deny(then="continue")
    run2 = run.bench.start(plan=plan(step("b", "send")))
    run2.wait_until("waiting")
    eventually(run2, lambda view: len(view.open_requests) == 2)
    clock.advance(61)
    eventually(run2, lambda view: not view.open_requests)
    assert run2.state == "paused"
    assert kinds(run2).count("control.revealed") == 1
    assert run2.bench.attention().controls.sum() == 0
    run2.stop()


def test_no_controls_unless_they_are_wanted(lab: Lab, world: World) -> None:
    """Without the option nothing is planted, and a share is a share [REL-7]."""
    run = asking(lab, step("a", "send"))
    assert len(run.inbox) == 1
    run.inbox[0].approve()
    run.wait(20)
    with pytest.raises(WorkbenchError, match="takes a number from 0 to 1"):
        lab.bench(control_requests=2)


def test_stepping_in_is_counted_and_never_is_not_fine(lab: Lab, world: World) -> None:
    """Pauses, edits and stops by people are counted with what followed; none at all is said to
    prove nothing [REL-25]."""
    bench = lab.bench()
    bench.start(plan=plan(step("x"))).wait(20)
    frame = bench.steering().set_index("order")
    assert frame.times.tolist() == [0, 0, 0]
    assert frame.note.str.contains("does not mean").all()
    gate = world.gate("a")
    run = bench.start(plan=plan(step("a"), step("b", after=["a"]), step("c", after=["b"])))
    gate.wait_reached()
    run.pause()
    gate.open()
    with run.editing() as draft:
        draft.remove("c")
    run.resume()
    run.wait(20)
    world.gate("s")
    stopped = bench.start(plan=plan(step("s")))
    world.gate("s").wait_reached()
    stopped.stop("enough")
    eventually(stopped, lambda view: view.final)
    frame = bench.steering().set_index("order")
    assert frame.times.to_dict() == {"pause": 1, "edit": 1, "stop": 1}
    assert frame.of_runs.tolist() == [3, 3, 3]
    followed = frame.followed_by.to_dict()
    assert followed == {"pause": "edit 1", "edit": "resume 1", "stop": "stopped 1"}
    assert frame.note.isna().all()
