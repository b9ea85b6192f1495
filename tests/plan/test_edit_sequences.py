"""Whatever is edited in whatever order: never an unsound plan, never half an edit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workbench as wb
from tests.engine.harness import Lab, eventually
from tests.engine.harness import drives as drives  # noqa: PLC0414 - pytest finds the fixtures here
from tests.engine.harness import lab as lab  # noqa: PLC0414
from tests.view.story import START
from workbench import commands as c
from workbench import events as e
from workbench.engine.editing import edit
from workbench.errors import CommandRefused, PlanError, StaleRevision
from workbench.events import Record
from workbench.plan import Add, Change, Edit, Move, Plan, Remove, SetOutput, Skip, apply_edits
from workbench.tools import Registry
from workbench.values import Stored
from workbench.view import RunView, fold

NOW = START + timedelta(hours=1)
LIMITS = {"usd": 6.0}


@wb.tool(effect="pure")
def work(n: int = 0, of: Any = None) -> int:
    """Work."""
    return n


@wb.tool(effect="irreversible", spend=lambda usd, **_: {"usd": usd})
def pay(usd: float = 1, of: Any = None) -> float:
    """Pay."""
    return usd


@wb.tool(effect="irreversible", writes=lambda to, **_: [to])
def keep(to: str, of: Any = None) -> str:
    """Keep."""
    return to


TOOLS = Registry([work, pay, keep])
names = st.sampled_from("cdefgcdeb")
"""Steps that most edits are about: those to come, some that are not there, one that is finished."""
new = st.sampled_from("fghijkfghijkc")
afters = st.lists(st.sampled_from("abcdabf"), max_size=2).map(tuple)
places = st.none() | names
references = st.builds(wb.ref, st.sampled_from("abcf")) | st.just(None)
made: st.SearchStrategy[wb.Step] = st.one_of(
    st.builds(
        lambda name, after, n, of: wb.Step(
            id=name, tool="work", after=after, args={"n": n, **({"of": of} if of else {})}
        ),
        new, afters, st.integers(0, 3), references,
    ),
    st.builds(
        lambda name, after, usd: wb.Step(id=name, tool="pay", after=after, args={"usd": usd}),
        new, afters, st.integers(0, 5),
    ),
    st.builds(
        lambda name, after, to: wb.Step(id=name, tool="keep", after=after, args={"to": to}),
        new, afters, st.sampled_from(["x", "y"]),
    ),
    st.builds(wb.Step, id=new, tool=st.sampled_from(["work", "nothing"])),
)  # fmt: skip
changed = st.fixed_dictionaries(
    {},
    optional={
        "args": st.dictionaries(
            st.sampled_from(["n", "of", "n", "of", "odd"]),
            st.integers(0, 9) | st.builds(wb.ref, st.sampled_from("abcf")),
            max_size=1,
        ),
        "after": afters,
        "tool": st.sampled_from(["work", "nothing"]),
        "title": st.text(max_size=5),
        "timeout_s": st.floats(-1, 20),
    },
)
edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(Add, step=made, before=places),
    st.builds(Add, step=made),
    st.builds(Remove, step=names),
    st.builds(Change, step=names, changes=changed),
    st.builds(Move, step=names, after=st.none() | afters, before=places),
    st.builds(Skip, step=names),
    st.builds(SetOutput, step=names, output=st.builds(Stored, value=st.integers(0, 9))),
)
batches = st.lists(edits, min_size=1, max_size=1) | st.lists(edits, min_size=1, max_size=3)
orders = st.tuples(batches, st.integers(0, 9))
"""Edits of one order, and a draw: 0 means that it is made on an old revision."""


FIRST = Plan(
    goal="edited",
    steps=[
        wb.Step(id="a", tool="work"),
        wb.Step(id="b", tool="pay", args={"usd": 2}, after=["a"]),
        wb.Step(id="c", tool="work", args={"of": wb.ref("b")}),
        wb.Step(id="d", tool="keep", args={"to": "x"}, after=["a"]),
        wb.Step(id="e", tool="work", after=["c"], ask=True),
    ],
)


class Paused:
    """A run that was paused with `a` and `b` finished, as the engine's own decisions leave it."""

    def __init__(self) -> None:
        self.view = RunView(run="run-1")
        self.add(
            e.RunCreated(goal="edited", limits=LIMITS),
            e.PlanRevised(number=1, digest=FIRST.digest, author="person", plan=FIRST),
            e.RunStarted(),
        )
        for name, usd in (("a", 0), ("b", 2)):
            intent = e.CallIntended(
                step=name, attempt=1, tool=FIRST[name].tool, effect="irreversible",
                args=Stored(value={}), args_digest="d", key=name, spend={"usd": usd},
            )  # fmt: skip
            end = e.CallSucceeded(step=name, attempt=1, output=Stored(value=usd), duration_s=1)
            self.add(intent, end)
        self.add(e.RunPaused(by="person"))
        self.bases = [FIRST.digest]

    def add(self, *events: e.Event) -> None:
        for event in events:
            fold(self.view, Record("run-1", self.view.seq + 1, NOW, 1, event, ""))

    def order(self, made: Sequence[Edit], draw: int) -> bool:
        """Give an edit to the engine; True when it was accepted."""
        stale = draw == 0 and len(self.bases) > 1 and self.bases[-2] != self.bases[-1]
        base = self.bases[-2] if stale else self.bases[-1]
        before = self.view.model_dump_json()
        command = c.EditPlan(base=base, edits=tuple(made), by="person")
        refusal: Exception | None = None
        events: list[e.Event] = []
        try:
            events = edit(self.view, command, TOOLS, NOW)
        except (PlanError, CommandRefused) as error:
            refusal = error
        assert self.view.model_dump_json() == before, "a decision changes nothing by itself"
        assert isinstance(refusal, StaleRevision) == stale
        if refusal is not None:
            return False
        expected = apply_edits(self.view.plan or FIRST, made)
        self.add(*events)
        assert self.view.plan == expected
        self.bases.append(expected.digest)
        return True


def is_sound(view: RunView) -> None:
    """The plan has no faults, is what its digest says, and every step of it stands somewhere."""
    plan = view.plan
    assert plan is not None
    assert plan.check(TOOLS) == []
    again = Plan.model_validate_json(plan.model_dump_json())
    assert view.revision is not None
    assert view.revision.digest == plan.digest == again.digest
    assert [step.id for step in view.steps.values()] == [step.id for step in plan.steps]
    for step in plan.steps:
        known = view.steps[step.id]
        if step.output is not None:
            assert (known.state, known.output) == ("succeeded", step.output)
        elif step.skip:
            assert known.state == "skipped"


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(orders, min_size=1, max_size=8))
def test_no_sequence_of_edits_leaves_an_unsound_plan(
    sequence: list[tuple[list[Edit], int]],
) -> None:
    """Refused edits leave no trace, accepted ones are made whole [PLAN-3, PLAN-9..11]."""
    run = Paused()
    finished = {name: run.view.steps[name] for name in "ab"}
    was = {name: FIRST[name] for name in "ab"}
    for made, draw in sequence:
        number = len(run.view.revisions)
        accepted = run.order(made, draw)
        assert len(run.view.revisions) == number + accepted
        is_sound(run.view)
        assert run.view.state == "paused"
        assert {name: run.view.steps[name] for name in "ab"} == finished
        assert {name: (run.view.plan or FIRST)[name] for name in "ab"} == was
    numbers = [revision.number for revision in run.view.revisions]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_drawn_edits_are_accepted_and_refused() -> None:
    """The property above is about both: edits that pass, and each kind of refusal."""
    run = Paused()
    assert run.order([Skip(step="e")], 1)
    assert not run.order([Skip(step="d")], 0), "it is stale"
    assert not run.order([Skip(step="d"), Remove(step="a")], 1), "the second is fixed"
    assert not run.order([Remove(step="c"), Move(step="d", after=("c",))], 1), "it dangles"
    assert not run.order([Add(step=wb.Step(id="p", tool="pay", args={"usd": 5}))], 1), "too dear"
    twin = wb.Step(id="k", tool="keep", args={"to": "x"})
    assert not run.order([Add(step=twin)], 1), "two write x"
    assert run.order([Add(step=twin.model_copy(update={"after": ("d",)}))], 1)
    assert len(run.view.revisions) == 3


@pytest.mark.parametrize("backend", ["asyncio"])
def test_a_real_run_obeys_the_same(lab: Lab) -> None:
    """Through orders, journal and engine: what the run then does is the plan that it shows."""

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(orders, min_size=1, max_size=4))
    def edited(sequence: list[tuple[list[Edit], int]]) -> None:
        run = bench.start(plan=FIRST)
        run.wait_until("waiting", timeout_s=20)
        run.pause()
        for made, draw in sequence:
            before, plan = run.view, run.plan
            assert plan is not None
            stale = draw == 0
            try:
                run.edit(made, base="0" * 64 if stale else plan.digest)
            except (PlanError, CommandRefused):
                assert run.plan == plan
                assert run.view.revisions == before.revisions
            else:
                assert not stale
                assert run.plan == apply_edits(plan, made)
            is_sound(run.view)
        run.resume()
        eventually(run, lambda view: view.final or view.state == "waiting")
        while run.state == "waiting":
            for request in run.inbox:
                request.approve()
            eventually(run, lambda view: view.final or bool(view.open_requests))
        assert set(run.view.steps) == set((run.plan or FIRST).by_id)
        run.verify()

    bench = lab.bench(tools=[work, pay, keep], budget=wb.Budget(usd=6))
    edited()
