"""A run under random fire: every rule is something that a person, a tool or a crash may do.

After each rule the real run, driven by the real engine on a real journal, must stand where a
second, simple opinion says (`machine_model`). When a run is forked, at any place where it was at
rest before, the story goes on with the fork, and the original must stay as it was.
`WORKBENCH_MACHINE_EXAMPLES` says how many stories are told.
"""

from __future__ import annotations

import copy
import os
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import workbench as wb
from tests.engine.machine_model import FINAL, Model, ModelStep, Refused
from workbench.engine.bridge import call_soon
from workbench.errors import JournalError, WorkbenchError
from workbench.host.thread import portal
from workbench.journal.snapshot import load_frontier, load_view
from workbench.testing import FakeClock
from workbench.view import RunView, complete, fold

EXAMPLES = int(os.environ.get("WORKBENCH_MACHINE_EXAMPLES", "40"))
PATIENCE_S = 30.0
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where a sync of the disk costs nothing: no machine loses its power here."""
LEASE_S = 30.0
TOOLS = ("think", "send", "probe", "post")
numbers = st.integers(0, 999)
plans = st.lists(st.tuples(st.sampled_from(TOOLS), st.booleans(), numbers), min_size=1, max_size=5)


class World:
    """Calls that come back when and how the machine says."""

    def __init__(self) -> None:
        self.effects: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.visits: Counter[str] = Counter()
        self.inside: dict[str, Any] = {}

    async def visit(self, name: str, key: str | None = None) -> str:
        back, told = anyio.Event(), []
        soon = call_soon()
        self.visits[name] += 1
        self.inside[name] = lambda how: (told.append(how), soon(back.set))
        try:
            await back.wait()
        finally:
            self.inside.pop(name, None)
        if told[0] in ("succeed", "lost") and (key is None or key not in self.keys):
            self.effects[name] += 1
            self.keys.add(str(key))
        if told[0] == "fail":
            raise ValueError("broken")
        if told[0] != "succeed":
            raise TimeoutError("no answer")
        return name

    def tools(self) -> list[wb.Tool]:
        @wb.tool(effect="pure", on_pause="cancel", retry=wb.Retry(attempts=2, wait_s=0))
        async def think(name: str) -> str:
            return await self.visit(name, "no effect")

        @wb.tool(effect="irreversible")
        async def send(name: str) -> str:
            return await self.visit(name)

        async def sent(name: str) -> bool:
            return self.effects[name] > 0

        @wb.tool(effect="irreversible", probe=sent)
        async def probe(name: str) -> str:
            return await self.visit(name)

        @wb.tool(effect="irreversible", idempotent=True)
        async def post(name: str, key: wb.Key) -> str:
            return await self.visit(name, str(key))

        self.keys.add("no effect")
        return [think, send, probe, post]


class RunMachine(RuleBasedStateMachine):
    """One run, from its start to whatever end."""

    backend = "asyncio"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="workbench-machine-", dir=MEMORY))
        self.world, self.clock = World(), FakeClock()
        self.bench = self._open()
        self.made = 0
        self.redone: Counter[str] = Counter()
        self.ended: str | None = None
        self.before: Counter[str] = Counter()
        """Visits that the runs before this one have made, which it is a fork of."""
        self.places: list[tuple[int, Model]] = []
        """Where the run was at rest, and what the model said of it there."""

    def _open(self) -> wb.Workbench:
        bench = wb.Workbench(
            self.folder / "runs.db",
            tools=self.world.tools(),
            planner=None,
            policy=wb.Policy(allow=["*"]),
            clock=self.clock,
            lease_s=LEASE_S,
            backend=self.backend,
        )
        bench.host._parts.stop_grace_s = 600
        return bench

    # -- rules -------------------------------------------------------------------------------

    @initialize(drawn=plans, on_failure=st.sampled_from(["stop", "continue"]))
    def start(self, drawn: list[tuple[str, bool, int]], on_failure: Any) -> None:
        steps: dict[str, ModelStep] = {}
        for tool, ask, waits in drawn:
            self.made += 1
            after = tuple(name for at, name in enumerate(steps) if waits >> at & 1)
            name = f"s{self.made}"
            steps[name] = ModelStep(name, tool, after, ask)
        self.model = Model(on_failure, steps)
        self.model.settle()
        plan = wb.Plan(goal="fire", steps=[_step(step) for step in steps.values()])
        self.run = self.bench.start(plan=plan, on_failure=on_failure)
        self.agree()

    @precondition(lambda self: self.model.running)
    @rule(which=numbers, how=st.sampled_from(["succeed", "succeed", "fail", "lost", "late"]))
    def a_call_comes_back(self, which: int, how: str) -> None:
        name = self.pick(self.model.running, which)
        self.world.inside[name](how)
        self.model.returns(name, how)
        self.agree()

    @rule(order=st.sampled_from(["pause", "resume", "resume"]))
    def the_person_pauses_or_resumes(self, order: str) -> None:
        self.both(getattr(self.model, order), getattr(self.run, order))

    @rule(rare=st.integers(0, 5))
    def the_person_stops(self, rare: int) -> None:
        if rare == 0:
            self.both(self.model.stop, self.run.stop)

    @precondition(lambda self: self.model.requests)
    @rule(which=numbers)
    def the_person_allows(self, which: int) -> None:
        name = self.pick(self.model.requests, which)
        self.both(lambda: self.model.approve(name), lambda: self.request(name).approve())

    @precondition(lambda self: self.model.requests)
    @rule(which=numbers, then=st.sampled_from(["continue", "replan", "freeze", "stop"]))
    def the_person_refuses(self, which: int, then: Any) -> None:
        name = self.pick(self.model.requests, which)

        def refuse() -> None:
            self.request(name).deny(then=then)
            if then == "freeze":  # what it freezes is another test's; here it holds the run
                self.bench.unfreeze()

        self.both(lambda: self.model.deny(name, then), refuse)

    @precondition(lambda self: self.model.requests)
    @rule(which=numbers, choice=st.sampled_from(["done", "redo", "skip"]))
    def the_person_chooses(self, which: int, choice: str) -> None:
        name = self.pick(self.model.requests, which)
        step = self.model.steps[name]
        if step.twice:
            choice = {"done": "use", "redo": "again"}.get(choice, choice)
        doubted = step.state == "in_doubt" or step.twice
        self.redone[name] += doubted and choice in ("redo", "again")
        self.both(
            lambda: self.model.choose(name, choice), lambda: self.request(name).choose(choice)
        )

    @precondition(lambda self: self.model.steps)
    @rule(which=numbers, op=st.sampled_from(["skip", "remove", "retitle", "add"]), stale=numbers)
    def the_person_edits(self, which: int, op: str, stale: int) -> None:
        name, plan = self.pick(list(self.model.steps), which), self.run.plan
        assert plan is not None
        self.made += 1
        new = ModelStep(f"s{self.made}", TOOLS[which % 4], (name,), ask=which % 3 == 0)
        edit: dict[str, Any] = {"op": op, "step": name}
        if op == "add":
            edit["step"] = _step(new)
        elif op == "retitle":
            edit |= {"op": "change", "changes": {"title": f"title {self.made}"}}
        base = plan.digest if stale else "of another plan"

        def edit_model() -> None:
            if not stale or (op == "remove" and len(self.model.steps) == 1):
                raise Refused  # a plan without a step is none
            self.model.edit(op, name, new)

        self.both(edit_model, lambda: self.run.edit([edit], base=base))

    @precondition(lambda self: not self.model.running)
    @rule(which=numbers, paused=st.booleans(), rare=st.integers(0, 2))
    def the_person_forks(self, which: int, paused: bool, rare: int) -> None:
        """Go on with a fork, at whatever place; what is done anew there may be done once more."""
        if rare:
            return
        seq, then = self.places[which % len(self.places)]
        original, self.before = self.run, Counter(self.world.visits)
        hashes = [record.hash for record in original.events()]
        self.run = original.fork(at=seq, paused=paused)
        self.model = then.fork(self.model.happened, paused=paused)
        for step in self.model.steps.values():
            if step.state not in ("succeeded", "skipped") and not step.left:
                self.redone[step.id] += 1
        self.places, self.ended = [], None
        self.agree()
        after = list(original.events())
        assert [record.hash for record in after][: len(hashes)] == hashes
        assert {record.kind for record in after[len(hashes) :]} <= {"host.attached"}
        assert self.run.view.fork_of == original.id

    @rule(happened=numbers, rare=st.integers(0, 2))
    def the_process_dies(self, happened: int, rare: int) -> None:
        """Nothing is written from now on; whether a call in flight had its effect, is drawn.

        The next process takes the run over when the dead one's lease has run out.
        """
        if rare:
            return
        inside = [n for n in self.model.running if not self.model.steps[n].repeatable]
        hit = {name for at, name in enumerate(inside) if happened >> at & 1}
        for name in inside:
            first = self.model.steps[name].tool != "post" or not self.world.effects[name]
            self.world.effects[name] += name in hit and first
        self.die()
        self._remember_keys(hit)
        self.clock.advance(LEASE_S + 1)
        self.bench = self._open()
        self.run = self.bench.open(self.run.id)
        self.model.crashes(hit)
        self.agree()

    # -- the two opinions --------------------------------------------------------------------

    def both(self, model: Any, real: Any) -> None:
        """Do the same to both: both do it, or both refuse and nothing changes."""
        before = self.run.view
        try:
            model()
        except Refused:
            with pytest.raises(WorkbenchError):
                real()
            after = self.run.view
            assert (after.state, after.steps, after.plan) == (
                before.state,
                before.steps,
                before.plan,
            )
        else:
            if before.final:
                with pytest.raises(wb.errors.RunFinished):
                    real()
            else:
                real()
        self.agree()

    def agree(self) -> None:
        """Wait until the run is at rest, and compare it with the model."""
        end = time.monotonic() + PATIENCE_S
        while (real := self.stands()) != (model := self.expected()):
            assert time.monotonic() < end, f"the run: {real}\nthe model: {model}"
            self.run._journal.committed.wait(0.002)
        self.places.append((self.seen, copy.deepcopy(self.model)))

    def stands(self) -> Any:
        view = self.run.view
        self.seen = view.seq
        steps = {name: (step.state, step.attempt) for name, step in view.steps.items()}
        requests = sorted(str(request.opened.step) for request in view.open_requests)
        visits, before = self.world.visits, self.before
        inside = {name: visits[name] - before[name] for name in sorted(self.world.inside)}
        return view.state, steps, requests, inside

    def expected(self) -> Any:
        model = self.model
        steps = {name: (step.state, step.attempts) for name, step in model.steps.items()}
        inside = {name: model.steps[name].attempts for name in model.running}
        return model.state, steps, model.requests, inside

    def request(self, name: str) -> wb.Request:
        return next(request for request in self.run.inbox if request.step == name)

    @staticmethod
    def pick(names: list[str], which: int) -> str:
        return names[which % len(names)]

    def die(self) -> None:
        """Break the engine off as a kill would: what is not on disk now never will be."""
        host, drive = self.bench.host, self.bench.host._drives.get(self.run.id)
        host._closed = True  # a dead process does not come back for its run
        if drive is not None:

            def strike() -> None:
                drive._log.error = JournalError("killed by the test")
                drive._wake.set()

            portal(self.backend).call(strike)
        end = time.monotonic() + PATIENCE_S
        while host.driving(self.run.id):
            assert time.monotonic() < end, "the drive does not die"
            self.bench.journal.committed.wait(0.002)
        self.bench.close()

    def _remember_keys(self, hit: set[str]) -> None:
        """A service that deduplicates knows the keys of what it did for the dead process."""
        with wb.Workbench(self.folder / "runs.db", planner=None, clock=self.clock) as bench:
            steps = load_view(bench.journal, self.run.id).steps
        self.world.keys |= {steps[name].key for name in hit if name in steps}

    # -- what always holds -------------------------------------------------------------------

    @invariant()
    def the_journal_is_sound(self) -> None:
        """The chain holds, and the fold from scratch, from a snapshot and in pieces are one."""
        journal, run = self.bench.journal, self.run.id
        assert journal.verify(run) > 0
        live = self.run.view
        records = journal.records(run)[: live.seq]
        view, kept = RunView(run=run), None
        for record in records:
            fold(view, record)
            if record.seq == len(records) // 2:
                kept = view.model_dump_json()
        assert view == load_view(journal, run, at=live.seq) == live
        if (frontier := load_frontier(journal, run)) is not None:
            complete(frontier, load_view(journal, run))
            assert frontier == load_view(journal, run, at=frontier.seq)
        if kept is not None:
            half = RunView.model_validate_json(kept)
            for record in records[half.seq :]:
                fold(half, record)
            assert half == view

    @invariant()
    def no_effect_is_there_twice(self) -> None:
        """Unless the person said redo, and every effect has its intent."""
        journal = self.bench.journal
        records = [record for row in journal.runs() for record in journal.records(row.id)]
        intents = {record.step for record in records if record.kind == "call.intended"}
        for name, times in self.world.effects.items():
            assert times <= 1 + self.redone[name], (name, times)
            assert not times or name in intents

    @invariant()
    def an_end_is_an_end(self) -> None:
        state = self.run.state
        if self.ended is not None:
            assert state == self.ended
            with pytest.raises(wb.errors.RunFinished):
                self.run.checkpoint("too late")
        if state in FINAL:
            self.ended = state

    def teardown(self) -> None:
        for back in list(self.world.inside.values()):
            back("succeed")
        if hasattr(self, "run"):
            self.die()
        else:
            self.bench.close()
        shutil.rmtree(self.folder)


def _step(step: ModelStep) -> wb.Step:
    return wb.Step(
        id=step.id, tool=step.tool, args={"name": step.id}, after=step.after, ask=step.ask
    )


class TrioMachine(RunMachine):
    """The same on trio."""

    backend = "trio"


PHASES = [phase for phase in Phase if phase is not Phase.shrink or "CI" not in os.environ]
"""Each try of a shorter story waits for its patience: CI says what failed, and not in an hour."""
PROFILE = settings(
    phases=PHASES,
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
RunMachine.TestCase.settings = TrioMachine.TestCase.settings = PROFILE


class TestRunOnAsyncio(RunMachine.TestCase):  # type: ignore[misc]
    """Whatever happens in whatever order, a run stands where it should [ASYN-3, RUNT-2, RUNT-9]."""


class TestRunOnTrio(TrioMachine.TestCase):  # type: ignore[misc]
    """The same on trio [ASYN-3, CONC-16]."""
