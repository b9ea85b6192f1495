"""The parts of a view: steps, requests, revisions, checkpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from workbench.events import CallAsked, Level, RequestAnswered, RequestOpened, UndoOutcome
from workbench.gate import GATES, Gate, gate_for
from workbench.grants import Grant
from workbench.plan import Remark
from workbench.states import STEP_FINAL, StepState
from workbench.tools import Effect, Risk
from workbench.tools.talking import Said
from workbench.values import Stored

NOT_SETTLED: frozenset[StepState] = frozenset(
    {"pending", "ready", "asking", "failed", "denied", "stopped"}
)
"""States in which no later call of the step has settled what became of an earlier one."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StepView(_Part):
    """Where one step stands."""

    id: str
    state: StepState = "pending"
    attempt: int = 0
    """Attempts begun so far; of a step that repeats, in the present turn."""
    turn: int = 0
    """Turns done of a step that repeats."""
    turns_before: int = 0
    """Turns done before the step was changed and began anew; keys count on from there."""
    turned_seq: int = 0
    """Place of the end of the last turn; 0: none has ended."""
    last_output: Stored | None = None
    """What the last call returned and its check did not accept: it is no output of the step."""
    not_yet: str = ""
    """What the check said of it."""
    exhausted: bool = False
    """For a failed step: no call failed, its turns were used up."""
    intent_seq: int = 0
    """Place of the last intent in the journal; 0: none."""
    outcome_seq: int = 0
    """Place of the event that finished it; 0: not finished."""
    began_seq: int = 0
    """Place of the first intent; 0: none."""
    began_s: float | None = None
    """Of a step with a time limit: seconds that the run had been running at its first intent."""
    tries: int = 0
    """Requests that all attempts sent, those inside client libraries included."""
    epoch: int = 0
    """Lease under which the last intent was written."""
    started: datetime | None = None
    ended: datetime | None = None
    duration_s: float | None = None
    not_before: datetime | None = None
    """Earliest time of the next attempt."""
    key: str = ""
    args_digest: str = ""
    spend: dict[str, float] = {}
    """Reserved by the last intent."""
    output: Stored | None = None
    before: Stored | None = None
    error: str | None = None
    error_type: str = ""
    """Class of the error of a failed step."""
    faults: tuple[dict[str, str], ...] = ()
    """Of a failed step whose arguments did not fit its tool: `path` and `message` of each fault."""
    happened: bool | None = None
    """For a failed step: whether its effect took place all the same."""
    verified: bool | None = None
    level: Level = "accepted"
    """Of a step that succeeded: how sure it is that it did its work."""
    by: str = ""
    """Who finished it when it was not the call itself."""
    request: str | None = None
    """The open request about it."""
    approved_digest: str = ""
    """Digest of the arguments that the person approved."""
    approved_args: dict[str, Any] | None = None
    """Arguments as the person edited them."""
    approved_by: str = ""
    approved_request: str = ""
    """The request that was approved: what it showed is looked at again before the call."""
    approved_turns: bool = False
    """Whether the approval covers the turns to come as well."""
    author: str = ""
    """Who put it into the plan, or changed it last."""
    unsure: bool = False
    """Whether an attempt that another one follows may have had its effect, under the same key."""
    failures: int = 0
    """Attempts that failed and were followed by another."""
    handle: Stored | None = None
    """What names the work outside that the last attempt has started."""
    polls: int = 0
    """How often the work outside was asked about."""
    progress: float | None = None
    """Share of the work that is done, from 0 to 1, as the tool says."""
    told: str = ""
    """What the tool said last while it was being called."""
    asked: CallAsked | None = None
    """Questions with which the last call has ended."""
    said: dict[str, Said] = {}
    """The person's answers to them, by key; the next call takes them along."""
    shared_with: str = ""
    """The run that has done it, for a step that a fork shares; only there it can be undone."""
    shared_seq: int = 0
    """Place of its outcome in the journal of that run."""
    shared_effect: Effect | None = None
    """Of the call that was made there; None: none was made, or the step is this run's own."""
    stuck: bool = False
    """Of an undo in doubt: it was tried and failed."""
    parked: bool = False
    """Of an undo: a person was asked about it, and the other undos no longer wait for it."""

    @property
    def final(self) -> bool:
        """Whether the step is finished."""
        return self.state in STEP_FINAL

    @property
    def may_have_happened(self) -> bool:
        """Whether its last call is over, and may have changed the world though nothing says so."""
        if self.state == "failed" and self.happened is not False:
            return bool(self.args_digest)
        return self.state == "in_doubt" or (self.unsure and self.state in NOT_SETTLED)

    @property
    def shared(self) -> bool:
        """Whether another run has done it, and this one, a fork, made no call."""
        return bool(self.shared_with)

    def moved(self, changes: dict[str, Any], state: StepState) -> StepView:
        """Give the step in another state; a third of the time of `model_copy`, at each event."""
        other = object.__new__(StepView)
        _put(other, "__dict__", {**self.__dict__, **changes, "state": state})
        _put(other, "__pydantic_fields_set__", self.__pydantic_fields_set__)
        _put(other, "__pydantic_extra__", None)
        _put(other, "__pydantic_private__", None)
        return other


_put = object.__setattr__


UNAPPROVED: dict[str, Any] = {
    "approved_digest": "",
    "approved_args": None,
    "approved_by": "",
    "approved_request": "",
    "approved_turns": False,
}
"""What takes an approval back."""


class RequestView(_Part):
    """A question to the person and, once it is decided, the decision."""

    opened: RequestOpened
    opened_at: datetime
    seq: int
    state: Literal["open", "answered", "expired", "voided"] = "open"
    answer: RequestAnswered | None = None
    decided_at: datetime | None = None
    armed_at: datetime | None = None
    """When the first of two steps was taken."""

    @property
    def id(self) -> str:
        """The request's id."""
        return self.opened.request

    @property
    def risk(self) -> Risk:
        """Its class; a call that nobody knows the class of counts as final."""
        if self.opened.risk is not None:
            return self.opened.risk
        return "irreversible" if self.opened.tool else "shared"

    @property
    def gate(self) -> Gate:
        """What an approval takes; only a call is gated, a question is answered as it is."""
        if self.opened.gate is not None:
            return self.opened.gate
        if self.opened.about not in ("permission", "budget"):
            return GATES["shared"]
        return gate_for(self.risk, self.opened.spend, self.opened.tool)


class Allowance(_Part):
    """What the person allowed for the rest of the run, within limits."""

    grant: Grant
    by: str
    used: int = 0
    """Calls that it has allowed."""


class Resource(_Part):
    """What is known of something that the run writes."""

    version: str | None
    """As it was when the run saw it last; None: it was not there."""
    seq: int
    """Place of that sighting in the journal."""


class BreakerView(_Part):
    """How the calls of one tool went wrong lately, and whether its breaker holds further ones."""

    state: Literal["closed", "open", "half_open"] = "closed"
    """closed: calls start; open: none does; half_open: one may try."""
    failures: int = 0
    """Failed attempts since the last success."""
    opened: int = 0
    """Times that it opened since it was last closed."""
    until: datetime | None = None
    """When an open one lets a call try; None: when the person resumes, or settles the doubt."""
    error: str = ""
    """The last error."""


class Rollback(_Part):
    """Going back to a place of the journal."""

    undo: str
    """The run that undoes."""
    to: int
    only: int = 0
    """Place of the one intent that is taken back; 0: all since `to`."""
    by: str
    reason: str
    seq: int
    at: datetime
    ended: datetime | None = None
    """None: it is under way."""
    effects: dict[int, UndoOutcome] = {}
    """What became of each effect, by the place of its intent."""


class Left(_Part):
    """A call that may have happened, of a step that was then removed, changed or skipped."""

    step: str
    tool: str
    args_digest: str
    at: datetime | None
    error: str
    """Of a call of another run: what became of it, in words."""
    run: str = ""
    """The run that made it, when this is a fork; empty: this one."""
    output: Stored | None = None
    """What it returned, if that is known."""
    intent: int = 0
    """Place of its intent in the journal of this run; 0: another run made it."""


class Revision(_Part):
    """One accepted revision of the plan."""

    number: int
    digest: str
    base: str | None
    author: str
    reason: str
    seq: int
    at: datetime
    remarks: tuple[Remark, ...] = ()
    """What a person should know before it goes on."""


class Note(_Part):
    """What a person said about the plan, for the planner to see."""

    seq: int
    at: datetime | None = None
    by: str
    step: str | None = None
    """The step that it is about; None: the whole."""
    text: str


class Decided(_Part):
    """A line of the decision log."""

    seq: int
    at: datetime | None = None
    by: str
    subject: str
    choice: str
    why: str = ""
    contradicts: int = 0
    """Place of the earlier decision on the same subject that it goes against; 0: none."""


class Judged(_Part):
    """What a check said of an output, or of the result of the run."""

    seq: int
    step: str | None = None
    """None: the result of the run."""
    ok: bool
    why: str = ""
    by: str
    """What was looked with: `schema`, the name of a tool, of a query, or of a model."""


class Mark(_Part):
    """A place in the journal that a person can go back to."""

    name: str
    seq: int
    at: datetime
    step: str | None = None
    """The step whose end made it; None for the start and for named ones."""
