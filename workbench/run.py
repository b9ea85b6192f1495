"""The handle of a run: what a person holds, looks at and gives orders through."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

from workbench import waiting
from workbench.arguments import WAIT, takes
from workbench.branching import RunBranching
from workbench.commands import ERRANDS, OF_ALL, Command, NoteRestored, RollBack
from workbench.contexts import RunContexts
from workbench.engine.commands import finished
from workbench.engine.drift import Drift, drifts
from workbench.engine.ending import last_outputs
from workbench.engine.evidence import as_known_now
from workbench.engine.from_calls import refuse_from_call
from workbench.engine.refusals import unpack
from workbench.engine.remaining import remaining
from workbench.engine.specification import Specification
from workbench.errors import (
    NotFound,
    WaitTimeout,
)
from workbench.events import Record, RunCreated
from workbench.executor import Leftover, calling_step
from workbench.going_back import GoingBack
from workbench.handle import Place
from workbench.host import Ended
from workbench.inbox import Inbox
from workbench.journal.snapshot import catch_up, load_view
from workbench.measures import RunMeasures
from workbench.ordering import RunOrders
from workbench.oversight import RunOversight, curtain_before
from workbench.plan import Plan, PlanDiff
from workbench.replaying import RunReplay
from workbench.report import run_line
from workbench.request import Request
from workbench.result import Result, results_of
from workbench.states import RUN_FINAL
from workbench.values import Stored, decode, encode
from workbench.variables import RunVariables
from workbench.view import Held, Mark, RunView, by_class_and_age, live, used

if TYPE_CHECKING:
    from workbench.workbench import Workbench

DECISION_S = 10.0
"""How long an order waits for the holder of the run's lease."""


class Run(
    RunOversight,
    RunOrders,
    GoingBack,
    RunBranching,
    RunVariables,
    RunContexts,
    RunReplay,
    RunMeasures,
):
    """One run, by its id; any number of handles may exist, here and in other processes."""

    def __init__(self, bench: Workbench, run_id: str) -> None:
        """Make a handle; `Workbench.start` and `Workbench.open` do this."""
        self.id = run_id
        self.bench = bench
        self._journal = bench.journal
        self._folded = RunView(run=run_id)
        self._lock = threading.Lock()

    # -- looking -----------------------------------------------------------------------------

    @property
    def view(self) -> RunView:
        """All that is true of the run now, folded from the journal; a copy that stays as it is."""
        with self._lock:
            if self._folded.seq == 0:
                final = self.bench.host.final_view(self.id)
                # A process that was fenced holds an end that never came to be.
                if final is not None and (final.seq, final.state) != self._ends():
                    final = None
                self._folded = final or load_view(self._journal, self.id)
            catch_up(self._journal, self._folded)
            return self._folded.snapshot()

    def _ends(self) -> tuple[int, str]:
        row = self._journal.run(self.id)
        return row.seq, row.state

    def view_at(self, place: Place) -> RunView:
        """Fold the run up to a checkpoint, a checkpoint's name, or a position in the journal."""
        return load_view(self._journal, self.id, at=self._seq_of(place))

    @property
    def state(self) -> str:
        """The run's state, such as `running` or `waiting`; see `workbench.states`."""
        return self._journal.run(self.id).state

    @property
    def spec(self) -> Specification:
        """The harness that the run was made with, frozen; `view.drifted` says what differs now.

        Empty for runs of older journals.
        """
        first = next(iter(self.events())).event
        assert isinstance(first, RunCreated)  # noqa: S101 - every run begins with it
        tools = {"tools": dict(first.schemas)} if first.spec else {}
        return Specification({**first.spec_text, **tools})

    @property
    def mode(self) -> str:
        """Where it is carried out: `background`, `inline`, `detached`; why: `view.mode_why`."""
        return self.view.mode

    @property
    def plan(self) -> Plan | None:
        """The current revision of the plan; None while there is none."""
        return self.view.plan

    def changes(self, number: int | None = None) -> PlanDiff:
        """Say what a revision changed against the one before, step by step.

        Args:
            number: of the revision; None: the current one.

        Raises:
            NotFound: there is no such revision, or none before it.
        """
        view = self.view
        last = len(view.revisions) if number is None else number
        if not 1 < last <= len(view.revisions):
            raise NotFound(
                f"Run {self.id} has no revision {last} with one before it.",
                f"It has {len(view.revisions)}.",
            )
        before, after = (self.view_at(view.revisions[n].seq).plan for n in (last - 2, last - 1))
        assert before is not None and after is not None  # noqa: S101, PT018 - revisions make plans
        return before.diff(after)

    @property
    def inbox(self) -> Inbox:
        """Open requests of this run: the gravest class first, then the oldest.

        A doubt shows what is known by now, also what was reported after it was asked.
        """
        view, tools = as_known_now(self.view, self._journal), self.bench.tool_map()
        if (curtain := curtain_before(self)) is not None:
            view, tools = curtain.view(view), curtain.tools(tools)
        return Inbox(
            Request(self.id, item, self._send, view, tools)
            for item in by_class_and_age(view.open_requests)
        )

    @property
    def checkpoints(self) -> list[Mark]:
        """Places to go back to: the start, every finished step, and those with a name."""
        return self.view.marks

    @property
    def widget(self) -> Any:
        """The live view of this run, with what the person has selected in it."""
        return _widgets().widget_of(self)

    @property
    def usage(self) -> dict[str, float]:
        """What was spent or is set aside, by unit; also attempts and seconds that are limited."""
        return dict(used(self.view, self.bench.clock.now()))

    @property
    def result(self) -> Any:
        """The run's result; None until it has succeeded.

        The output of the last step, or of each of the last steps by id.
        """
        view = self.view
        if view.result is None:
            return None
        last = last_outputs(view)
        if len(last) > 1:
            return {step: decode(out, self._journal.artifact) for step, out in last.items()}
        return decode(view.result, self._journal.artifact)

    def output(self, step: str, *, last: bool = False) -> Any:
        """Give the output of a finished step.

        Args:
            step: its id.
            last: also what the last call of a step returned and its check did not accept; so a
                person can look at it, and take it all the same: `draft.set_output(step, …)`.

        Raises:
            NotFound: there is no such step, or it has no output.
        """
        found = self.view.steps.get(step)
        output = found.output if found is not None else None
        if found is not None and output is None and last:
            output = found.last_output
        if output is None:
            raise NotFound(f"Step {step!r} of run {self.id} has no output.", step=step)
        return decode(output, self._journal.artifact)

    def events(self, *, after: int = 0, follow: bool = False) -> Iterator[Record]:
        """Iterate over the run's events behind position `after`; `follow` goes on until it ends."""
        while True:
            seen = self._journal.committed.count
            for record in self._journal.records(self.id, after=after):
                after = record.seq
                yield record
            row = self._journal.run(self.id)
            if not follow or (row.state in RUN_FINAL and row.seq == after):
                return
            self._journal.committed.wait(waiting.HEARTBEAT_S, seen)

    def remaining_plan(self) -> Plan:
        """Give what an ended run left undone, as a plan: `bench.start(plan=run.remaining_plan())`.

        Finished steps have their outputs and are not done again; a call that may have taken place
        is asked about before it is made.

        Raises:
            CommandRefused: the run has not ended.
            NotFound: it never had a plan.
        """
        return remaining(self.view, self.bench.tool_map())

    def drift(self) -> list[Drift]:
        """Give the steps still to be done whose tool has changed since the run knew it."""
        return drifts(self.view, self.bench.tools)

    def live_tasks(self) -> list[str]:
        """Give the steps that are being worked on in this process now; empty while it waits."""
        return self.bench.host.live(self.id)

    @property
    def waiting_for(self) -> dict[str, str]:
        """Why steps that are ready do not start: which limit is used up, by step id.

        The empty id stands for the run itself, when it is queued behind others. Only in the process
        that drives the run; it is no part of the journal.
        """
        return self.bench.host.waiting_for(self.id)

    @property
    def results(self) -> list[Result]:
        """Exactly one record for each step of the plan, in its order, however the step ended."""
        return results_of(self.view, self._journal.artifact)

    @property
    def leftovers(self) -> list[Leftover]:
        """Threads of this run that go on although their call was ended; their values are dropped.

        Python cannot end a thread that is inside a C function; `runs_in="process"` can be ended.
        """
        return self.bench.host.leftovers(self.id)

    # -- rights ------------------------------------------------------------------------------

    @property
    def grants(self) -> dict[str, Held]:
        """Its rights by id, with how often each was used; empty: it was given none."""
        return dict(self.view.grants or {})

    @property
    def live_grants(self) -> dict[str, Held]:
        """The rights that calls hold at this moment; a step lets go of its own when it ends."""
        return live(self.view)

    # -- waiting -----------------------------------------------------------------------------

    @takes("wait", WAIT)
    def wait(self, timeout_s: float | None = None) -> Any:
        """Block until the run has ended and give its result.

        Interrupting the kernel ends the wait and pauses the run.

        Raises:
            RunFailed: a step failed.
            RunStopped: it was stopped or abandoned.
            WaitTimeout: it goes on longer than `timeout_s` seconds; the run is unharmed.
        """
        return waiting.block_until_over(self, timeout_s)

    def __await__(self) -> Generator[Any, Any, Any]:
        """Wait for the end without blocking the loop; see `wait`."""
        return waiting.finished(self).__await__()

    @takes("wait_until", WAIT)
    def wait_until(self, *states: str, timeout_s: float | None = 30.0) -> str:
        """Block until the run is in one of these states, or has ended; gives the state.

        With `timeout_s=None` for as long as it takes.

        Raises:
            WorkbenchError: there is no such state.
            WaitTimeout: it does not get there in time.
        """
        return waiting.block_until_state(self, states, timeout_s)

    @takes("on_end", WAIT)
    def on_end(self, callback: Callable[[Ended], Any]) -> None:
        """Call `callback` once the run has ended, at once when it has.

        It is called by this process, for a run that it drives, or that has ended. What must also
        survive the process is `Workbench(on_end=…)`. A callback that raises cannot harm the run:
        the fault is recorded, and it is called again a few times.
        """
        self.bench.host.on_end(self.id, callback)

    # -- the one door ------------------------------------------------------------------------

    def send(self, command: Command) -> None:
        """Give any order as data; the widget and the command line come in here.

        Raises:
            CommandRefused: the holder of the run's lease refused it; nothing changed.
        """
        self._send(command)

    def _send(self, command: Command) -> None:
        clock, step = self.bench.clock, calling_step()
        refuse_from_call(command, step)
        if isinstance(command, OF_ALL):
            self.bench.rules.order(self.id, command)
            return
        late = self.state in RUN_FINAL and not self._journal.was_ordered(self.id, command)
        if late and not isinstance(command, (RollBack, NoteRestored, *ERRANDS)):
            raise finished(self.id, self.state)
        number = self.bench.host.order(self.id, command)
        if step is not None:
            return
        if not self._somebody_drives():
            self.bench.rules.ahead(self.id, command)
            return
        end = clock.monotonic() + DECISION_S
        while True:
            seen = self._journal.turned.count
            row = self._journal.command_row(number)
            if not row.undecided:
                break
            error = self.bench.host.error(self.id)
            if error is not None:
                raise error
            if clock.monotonic() > end:
                self.bench.rules.ahead(self.id, command)
                raise WaitTimeout(
                    f"Nobody has decided the order {command.kind!r} within {DECISION_S:g} s.",
                    "It stays in the journal; the process that drives the run may be frozen.",
                )
            self._journal.turned.wait(0.05, seen)
        if row.state == "refused":
            raise unpack(row.error)

    def _somebody_drives(self) -> bool:
        if self.bench.host.attached(self.id):
            return True
        row = self._journal.run(self.id)
        return bool(row.owner) and row.lease_until > self.bench.clock.now()

    def _store(self, value: Any) -> Stored:
        stored, content = encode(value)
        if content is not None and stored.artifact is not None:
            self._journal.put_artifact(stored.artifact.digest, content)
        return stored

    # -- showing -----------------------------------------------------------------------------

    def __repr__(self) -> str:
        """Say how it stands, on one line."""
        curtain = curtain_before(self)
        return run_line(self.view if curtain is None else curtain.view(self.view))

    def __str__(self) -> str:
        """Show the plan with the state of each step."""
        return self.text()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Show the live widget, with static HTML and text beside it for other viewers."""
        return _widgets().mimebundle(self, **options)


def _widgets() -> Any:
    # The one step upward, late and by name: a run works where there are no widgets.
    return importlib.import_module("workbench.widgets")
