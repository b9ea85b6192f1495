"""Random legal histories: whatever happens in whatever order, the view stays true to itself."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.view.story import Story, step
from workbench import events as e
from workbench.errors import PlanError
from workbench.events import Event, Record
from workbench.plan import Add, Change, Edit, Move, Remove, apply_edits
from workbench.states import BACK, RENEWED, RUN, RUN_FINAL, STEP, STEP_FINAL
from workbench.values import Stored
from workbench.view import RunView, fold
from workbench.view.index import Index

numbers = st.integers(0, 999)
spends = st.dictionaries(st.sampled_from(["usd", "calls"]), st.integers(1, 4), max_size=2)


class History(RuleBasedStateMachine):
    """Writes legal events and compares the view with what can be derived from scratch."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"))
        self.kept: tuple[RunView, str, int] = (self.view.snapshot(), self.view.model_dump_json(), 3)
        self.made = 0

    @property
    def view(self) -> RunView:
        return self.story.view

    @rule(which=numbers, what=numbers, spend=spends)
    def something_happens_to_a_step(self, which: int, what: int, spend: dict[str, float]) -> None:
        names = list(self.view.steps)
        if not names:
            return
        name = names[which % len(names)]
        state = self.view.steps[name].state
        legal = [kind for at, kind in STEP if at == state and kind in e.KINDS]
        if legal:
            self.happen(name, legal[what % len(legal)], spend)

    def happen(self, name: str, kind: str, spend: dict[str, float]) -> None:
        known = self.view.steps[name]
        about: dict[str, Any] = {"step": name}
        match kind:
            case "call.intended":
                self.story.intend(name, spend=spend)
                return
            case "request.opened":
                if known.request is None:
                    self.made += 1
                    about_what = "doubt" if known.state == "in_doubt" else "permission"
                    self.story.ask(name, f"r{self.made}", about=about_what)
                return
            case "request.answered" | "request.expired" | "request.voided":
                if known.request is None:
                    return
                about |= {"request": known.request, "why": "moot"}
                about |= {"verdict": "choose" if known.state == "in_doubt" else "approve"}
        about |= {
            "attempt": known.attempt, "by": "person", "reason": "so", "why": "so", "error": "broke",
            "wait_s": 1, "duration_s": 0.5, "output": Stored(value=[1, {"x": None}]),
            "limit_s": 2, "attempts": 1,
            "happened": False, "handle": Stored(value="job"), "polls": known.polls + 1,
            "turn": known.turn + 1, "run": "run-9", "seq": 3, "effect": "reversible",
            "model": "m", "outcome": "answered", "questions": {},
        }  # fmt: skip
        cls = e.KINDS[kind]
        if kind == "step.denied" and known.request is not None:
            self.story.answer(name, "deny", known.request)
        self.story.add(cls(**{key: about[key] for key in cls.model_fields if key in about}))

    @rule(what=numbers)
    def something_happens_to_the_run(self, what: int) -> None:
        legal = [
            kind
            for at, kind in RUN
            if at == self.view.state
            and RUN[at, kind] not in RUN_FINAL
            and not kind.startswith("rollback.")
        ]
        if legal:
            cls = e.KINDS[legal[what % len(legal)]]
            fields = {"by": "person", "reason": "so", "planner": "p", "limit_s": 2, "took_s": 3}
            self.story.add(cls(**{key: fields[key] for key in cls.model_fields if key in fields}))

    @rule(which=numbers, other=numbers, kind=st.sampled_from(["add", "remove", "change", "move"]))
    def the_plan_is_edited(self, which: int, other: int, kind: str) -> None:
        fixed, plan = self.view.fixed(), self.view.plan
        assert plan is not None
        names = [step.id for step in plan.steps if step.id not in fixed]
        if not names:
            return
        name, waits = names[which % len(names)], plan.steps[other % len(plan.steps)].id
        self.made += 1
        edits: dict[str, Edit] = {
            "add": Add(step=step(f"n{self.made}", waits), before=name),
            "remove": Remove(step=name),
            "change": Change(step=name, changes={"title": f"title {self.made}", "after": [waits]}),
            "move": Move(step=name, after=(), before=waits),
        }
        try:
            edited = apply_edits(plan, [edits[kind]])
        except PlanError:
            return
        if not any(finding.code == "cycle" for finding in edited.check([])):
            self.story.edit(edits[kind])

    @rule(to=st.integers(1, 40), taken=st.sets(numbers, max_size=4))
    def it_is_taken_back(self, to: int, taken: set[int]) -> None:
        rollback, steps = self.view.rollback, list(self.view.steps.values())
        if rollback is None:
            if (self.view.state, "rollback.begun") in RUN:
                self.story.add(e.RollbackBegun(undo=f"u{self.made}", to=to, by="person"))
            return
        if (self.view.state, "rollback.ended") not in RUN or not steps:
            return
        became: dict[str, Any] = {}
        for number in sorted(taken):
            stands = steps[number % len(steps)]
            ways = [kind for at, kind in BACK if at == stands.state and kind != RENEWED]
            if ways and stands.request is None:
                became[stands.id] = ways[number % len(ways)].removeprefix("step.")
        self.story.add(e.RollbackEnded(undo=rollback.undo, steps=became, effects={3: "undone"}))

    @rule()
    def a_place_is_named(self) -> None:
        self.story.add(e.CheckpointMade(name="here"))

    @rule()
    def a_snapshot_is_kept(self) -> None:
        self.kept = (self.view.snapshot(), self.view.model_dump_json(), len(self.story.records))

    @precondition(lambda self: self.view.state in ("running", "stopping"))
    @rule(rare=st.integers(0, 9))
    def the_run_ends(self, rare: int) -> None:
        if rare:
            return
        ends: dict[str, Event] = {
            "running": e.RunSucceeded(result=Stored(value=1)),
            "stopping": e.RunStopped(in_flight={"a": "in doubt"}),
        }
        self.story.add(ends[self.view.state])
        assert not self.view.ready

    @invariant()
    def the_index_is_what_can_be_derived(self) -> None:
        view = self.view
        derived = Index(view.plan, view.steps, view.requests, {})
        assert view.index == derived
        assert set(view.ready) == {s.id for s in view.steps.values() if s.state == "ready"}
        assert view.in_flight == sorted(s.id for s in view.steps.values() if s.state == "running")
        assert sum(view.counts.values()) == len(view.steps)
        assert [r.id for r in view.open_requests] == [
            r.id for r in view.requests.values() if r.state == "open"
        ]

    @invariant()
    def nothing_is_ready_too_early_or_held_too_long(self) -> None:
        view = self.view
        assert view.plan is not None
        for one in view.plan.steps:
            done = all(
                view.steps[name].state in ("succeeded", "skipped", "undo_failed")
                for name in one.needs
                if name in view.steps
            )
            state = view.steps[one.id].state
            if state in ("ready", "asking"):
                assert done
            assert not (state == "pending" and done and not view.final)

    @invariant()
    def what_is_written_can_be_read(self) -> None:
        for written in (
            self.view.model_dump_json(),
            self.view.model_dump_json(exclude_defaults=True),
        ):
            assert RunView.model_validate_json(written) == self.view

    def teardown(self) -> None:
        copy, written, at = self.kept
        assert copy.model_dump_json() == written
        for record in self.story.records[at:]:
            fold(copy, record)
        again = RunView(run="run-1")
        for record in self.story.records:
            event = e.load(record.kind, e.dump(record.event))
            fold(again, Record(record.run, record.seq, record.at, 1, event, ""))
        assert copy == self.view == again
        for one in self.view.steps.values():
            assert one.final == (one.state in STEP_FINAL)


History.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


class TestHistory(History.TestCase):  # type: ignore[misc]
    """Indexes, snapshots and JSON stay true to the fold in any legal history [RUNT-6, RUNT-9]."""
