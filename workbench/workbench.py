"""The workbench: one journal, its tools, planner and policy; where runs are started and found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from workbench import given
from workbench.arguments import WORKBENCH, takes
from workbench.budget import Budget, Cap, of_each_run
from workbench.capture import Capturer
from workbench.capture.namespace import default
from workbench.clock import Clock, SystemClock
from workbench.commands import Pause
from workbench.engine import Parts
from workbench.engine.caps import checked
from workbench.engine.gates import LimitState
from workbench.engine.hooks import Hooks
from workbench.engine.parts import Options
from workbench.engine.specification import Specification, specify
from workbench.errands import carry_out
from workbench.errors import ToolError
from workbench.forks import Forks
from workbench.gate import Gates, rank
from workbench.given import SecretSource
from workbench.handover import Handover
from workbench.host import Ended, KernelHost
from workbench.host.detached import is_hosted
from workbench.host.notices import Notices
from workbench.inbox import Inbox
from workbench.journal import Journal
from workbench.models import Model
from workbench.notify import Asking
from workbench.oversight import BenchOversight, BenchSpending, Fatigue
from workbench.oversight.terms import as_json as terms_as_json
from workbench.oversight.terms import declared_row
from workbench.planner import Planner
from workbench.policy import Decider, Policy, Rights
from workbench.replaying import BenchReplay
from workbench.report import (
    Comparison,
    runs_frame,
    tool_row,
)
from workbench.report.viewer import Viewer
from workbench.rule_files import RuleFile
from workbench.rule_files import read as read_rule_files
from workbench.rulebook import Rulebook, in_force
from workbench.run import Run
from workbench.starting import BenchStarting
from workbench.states import RUN_FINAL
from workbench.tools import Limit, Tool
from workbench.upkeep import BenchUpkeep
from workbench.whereabouts import in_kernel, leave_note

if TYPE_CHECKING:
    import pandas as pd


def _with_variables(options: Options) -> Options:
    """Capture the variables of the kernel that this runs in, unless others are named."""
    kernel = default() if options.get("variables") is None else None
    return options if kernel is None else {**options, "variables": kernel}


class Workbench(BenchStarting, BenchOversight, BenchSpending, BenchReplay, BenchUpkeep):
    """Runs with one journal and one set of tools.

    Args:
        journal: a file name, or a SQLAlchemy URL of SQLite or PostgreSQL.
        tools: what the agent can do; a plain function counts as irreversible.
        tools_from: where another process can import the same tools from, as `module:attribute`, for
            runs that outlive this one; when no `tools` are given, they are taken from there.
        planner: `"builtin"` (rules, no language model), a `Planner`, a model,
            its name (`"openai:gpt-5"`, `"replay:said.json"`), or None.
        environment: where runs act, as "test" or "prod"; a grant may hold for one only.
        rights: what the person and the agent may do at most; default: everything. Both are needed
            for a call, and tools that they do not name are not shown to the planner.
        attended: whether there is a person to ask; without one what would be asked is refused.
        policy: decides which calls are allowed, asked about or denied; default: by effect.
        budget: limits of each run.
        caps: limits of one call, or of what all runs of the journal spend; see `Cap`.
        agent: name under which the agent acts.
        on_behalf_of: the person that it acts for; default: the user of this process.
        secrets: texts by name or by (person, tool, name), a function of the name, or `Secrets`;
            default: the environment's variables.
        clock: where time comes from.
        in_flight: calls of one run at the same time.
        limit: of all calls of all runs together; a tool's own limit holds beside it.
        active_runs: runs that act at the same time, the others stay queued; None: all. A run that
            is paused or waits for a person does not act.
        hooks: who is told what its runs do; see `Hooks`.
        on_end: called with an `Ended` when a run has ended, at least once: also for a run of a
            workbench that had it and died before it was called. It cannot harm the run; one that
            raises is called again later.
        notify: who is told, at least once, that a run waits for a person: `notify.webhook(url)`,
            `notify.mail(host, …)`, or any function of an `Asking`. None of them can harm a run.
        request_expires_s: seconds until an unanswered request counts as refused; None: never.
        gates: whose approvals must keep to the form of their class of risk (see `workbench.gate`:
            one press, a confirmation, a typed value, two steps with a delay). `by_surface`: those
            given by a click in a widget or a panel. A line of Python, a magic or a command is not
            held to it: it was written out for this one request, so no hand can slip, and a script
            would only copy the value back. `strict`: every approval, these included. `plain`: none,
            for demonstrations without a person.
        viewer: who looks at what this notebook shows: an `operator` is shown everything; for a
            `plain` one the widget, the side panel, the inbox, texts and frames say of tools that
            the principal may not know only that there are some.
        on_unplanned: what happens when the call of a step calls a tool that the plan does not have
            there: the call is flagged, the run pauses after it, or it is refused.
        lease_s: seconds after which another process may take a run over from one that was frozen
            or cut off; a dead process on the same machine is noticed at once.
        stall_s: seconds without progress after which a busy run counts as stalled; None: never.
        fatigue: from where on answers count as a habit; see `bench.fatigue()`.
        control_requests: share of requests beside which a harmless one is planted that should be
            refused; nothing stands behind it, and the journal says so after the answer.
        verifier: the model that looks at outputs whose check has a criterion in words (`judge`), or
            its name; never the model that plans.
        variables: the notebook's variables, such as `get_ipython().user_ns`, to be captured after
            each step; default: those of this kernel once `%load_ext workbench` was called, else
            none. An empty dict captures nothing.
        bounds: how much a capture may take; see `Bounds`.
        backend: `asyncio` or `trio`, for the engine's own loop.
        rule_files: files of rules that hold for this workbench, beside those of the journal; None:
            `.workbench/rules.toml` of the project and `workbench/rules.toml` of the user's
            settings, where they are. What they allow holds after `bench.rules.trust(path)`.
        read_only: look at runs and change nothing; a damaged journal can be opened so.

    Raises:
        WorkbenchError: an argument is not what it must be; argument, value and what it takes are
            named.
        JournalError: the journal cannot be opened; its subclasses say why.
        ToolError: two tools have one name, a policy rule matches none, or a file of rules has a
            fault; file and line are named.
    """

    @takes("Workbench", WORKBENCH)
    def __init__(
        self,
        journal: str | Path = "workbench.db",
        *,
        tools: Iterable[Tool | Callable[..., Any] | Iterable[Tool]] = (),
        tools_from: Iterable[str] = (),
        planner: Planner | Model | str | None = "builtin",
        environment: str = "",
        rights: Rights | None = None,
        attended: bool = True,
        policy: Decider | None = None,
        budget: Budget | None = None,
        caps: Iterable[Cap] = (),
        agent: str = "agent",
        on_behalf_of: str | None = None,
        secrets: SecretSource | None = None,
        clock: Clock | None = None,
        limit: Limit | None = None,
        hooks: Hooks | Iterable[Hooks] = (),
        on_end: Callable[[Ended], Any] | None = None,
        notify: Iterable[Callable[[Asking], Any]] = (),
        gates: Gates = "by_surface",
        viewer: Viewer = "operator",
        fatigue: Fatigue | None = None,
        control_requests: float = 0.0,
        verifier: Model | str | None = None,
        backend: str = "asyncio",
        rule_files: Iterable[str | Path] | None = None,
        read_only: bool = False,
        **options: Unpack[Options],
    ) -> None:
        """Open the journal; nothing runs yet."""
        named, options = tuple(tools_from), _with_variables(options)
        self.tools = given.registry(tools, named)
        self.agent, self.environment, self.viewer = agent, environment, viewer
        self.on_behalf_of, self.fatigue_limits = given.user(on_behalf_of), fatigue or Fatigue()
        planner_made = given.planner_of(planner)
        files = self._open(journal, () if read_only else rule_files, read_only=read_only)
        self._parts = parts = Parts(
            journal=self.journal,
            tools=self.tools,
            planner=planner_made,
            policy=given.checked_policy(policy or Policy(), self.tools),
            clock=clock or SystemClock(),
            secrets=given.secrets_of(secrets),
            hooks=given.hooks_of(hooks),
            gates=gates,
            limit=limit,
            caps=checked(caps),
            rule_files=tuple(file.path for file in files),
            control_requests=control_requests,
            verifier=given.verifier(verifier, planner_made),
            rights=rights or Rights(),
            attended=attended,
            **options,
        )
        self.budget = of_each_run(budget or Budget(), parts.caps)
        self._handover = Handover(
            parts, planner=planner, secrets=secrets is not None, tools_from=named, backend=backend
        )
        self._attend(parts, files, backend, on_end, notify)

    def _open(
        self, journal: str | Path, places: Iterable[str | Path] | None, *, read_only: bool
    ) -> list[RuleFile]:
        """Open the journal and read the files of rules that belong to it."""
        self.journal = Journal(journal, read_only=read_only)
        try:
            return read_rule_files(places, self.journal.url)
        except ToolError:
            self.journal.close()
            raise

    def _attend(
        self,
        parts: Parts,
        files: Iterable[RuleFile],
        backend: str,
        on_end: Callable[[Ended], Any] | None,
        notify: Iterable[Callable[[Asking], Any]],
    ) -> None:
        """Make what drives the runs and what rules them; tell the ends that nobody was told of."""
        self.clock, self.policy = parts.clock, parts.policy
        self.rights = parts.rights
        self.rules = Rulebook(parts, self.journal.notify, files)
        """The standing rules of the journal, for every run in it, and those of files."""
        self.host = KernelHost(parts, backend, on_end)
        self.forks = Forks(
            parts,
            self._handover,
            backend,
            (self.agent, self.on_behalf_of),
            lambda: self.host.tells_ends,
            self._begin,
        )
        parts.errand = lambda run, command: carry_out(self.look(run), command)
        self.notices = Notices(
            parts,
            notify,
            lambda run: self.host.attached(run) or is_hosted(run),
            self.plain_view,
        )
        if on_end is not None:
            self.host.tell_old_ends()
        if self.journal.path is not None and not self.journal.read_only and in_kernel():
            rows = [declared_row(tool) for tool in self.tools]
            terms = terms_as_json(
                parts, self.viewer, self.agent, self.on_behalf_of, in_force(self.rules.files)
            )
            leave_note(self.journal.path, rows, terms)

    def open(self, run_id: str, *, paused: bool = False) -> Run:
        """Take hold of a run again, after a restart too; an unfinished one goes on from here.

        A paused run stays paused, a waiting one waits.

        Args:
            run_id: the id of the run.
            paused: pause it before anything else begins, to look at it or to restore variables
                first; a run that has ended is left as it is.

        Raises:
            NotFound: the journal has no such run.
            JournalError: the workbench was opened only for reading; `look` serves then.
        """
        self.journal.refuse_writing()
        row = self.journal.run(run_id)
        if paused and row.state not in RUN_FINAL:
            self.host.order(run_id, Pause(reason="opened paused"))
        self.host.attach(run_id)
        return Run(self, run_id)

    def compare(self, first: Run | str, second: Run | str) -> Comparison:
        """Put two runs side by side, given by handle or id.

        Raises:
            NotFound: the journal has no such run.
        """
        one, other = (self.look(run) if isinstance(run, str) else run for run in (first, second))
        return one.compare(other)

    def look(self, run_id: str) -> Run:
        """Take hold of a run without driving it: for another process that only looks or answers."""
        self.journal.run(run_id)
        return Run(self, run_id)

    def runs(self) -> pd.DataFrame:
        """List all runs of the journal, newest first."""
        rows = ({**vars(row), "goal": self.plain(row.goal)} for row in self.journal.runs())
        return runs_frame([{"run": row["id"], **row} for row in rows])

    def tool_schema(self, name: str) -> dict[str, Any]:
        """Give all that is declared of a tool, and what was measured of it (None: nothing yet).

        Raises:
            ToolError: there is no such tool.
        """
        tool, found = self.tools[name], self.measured().get(name)
        return {
            **tool_row(tool),
            "output": tool.signature.output_schema,
            "timeout_s": tool.timeout_s,
            "measured": asdict(found) if found is not None else None,
        }

    @property
    def spec(self) -> Specification:
        """The harness as a run would be made with it now; `run.spec` is that of a run."""
        return specify(self._parts, self.budget.limits, given.replan(None, self.planner))

    @property
    def planner(self) -> Planner | None:
        """Who makes the plans; None: only the person does."""
        return self._parts.planner

    @property
    def inbox(self) -> Inbox:
        """Open requests of all runs: mine first, then the gravest class, then the oldest.

        Mine are those of runs that act for the person of this workbench.
        """
        runs = [Run(self, row.id) for row in self.journal.runs() if row.open_requests]
        found = [request for run in runs for request in run.inbox]
        others = {run.id for run in runs if run.view.on_behalf_of != self.on_behalf_of}
        found.sort(key=lambda r: (r.run in others, rank(r.risk), r.view.opened_at))
        return Inbox(found, notice=self.fatigue_text)

    def freeze(self, rule: str, why: str = "", *, by: str = "person") -> str:
        """Freeze `no writes`, `no deletes`, `not tool NAME` or `everything`; gives the rule's id.

        From its commit on no such call of any run of this journal is made, in whatever process; a
        run that comes to one is paused, and loses nothing. `no deletes` goes by what tools say of
        themselves: by `tool(deletes=…)`, units of `spend` such as `rows_deleted`, and names; what
        deletes and says so nowhere is held by `no writes`.

        Raises:
            ToolError: it names nothing that can be frozen.
        """
        return self.rules.freeze(rule, why, by=by)

    def unfreeze(self, rule: str = "", *, by: str = "person") -> list[str]:
        """Lift freezes, by id, by words, or all; runs that they have paused can be resumed.

        Raises:
            NotFound: nothing like that is frozen.
        """
        return self.rules.unfreeze(rule, by=by)

    @property
    def parts(self) -> Parts:
        """What its engine is made of."""
        return self._parts

    @property
    def capturer(self) -> Capturer | None:
        """Who captures the notebook's variables; None when there are none."""
        return self._parts.capturer

    @property
    def limits(self) -> list[LimitState]:
        """How the limits stand that the runs of this workbench share: `limit`, tools, runs."""
        return self.host.limits()

    def close(self) -> None:
        """Let go of all runs and close the journal; nothing is lost."""
        self.notices.close()
        self.host.close()
        for owner in self.tools.owners:
            owner.close()
        self.journal.close()

    def tool_map(self) -> dict[str, Tool]:
        """Give the tools by name; so a plan can be checked against a workbench."""
        return self.tools.tool_map()

    def __enter__(self) -> Self:
        """Use it as a context that closes it."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """Say which journal, how many tools and which planner."""
        planner = self.planner.name if self.planner else "none"
        return f"<Workbench {self.journal.name}: {len(self.tools)} tools, planner: {planner}>"
