"""All events, and how they are read and written."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from workbench.errors import JournalError
from workbench.events.attention import ControlRevealed
from workbench.events.authority import (
    AutonomyChanged,
    CallRefused,
    GrantGiven,
    GrantRevoked,
)
from workbench.events.base import Event
from workbench.events.call import (
    CallCancelled,
    CallConfirmed,
    CallDoubted,
    CallFailed,
    CallIntended,
    CallPolled,
    CallRefuted,
    CallRetrying,
    CallSubmitted,
    CallSucceeded,
    CallTimedOut,
    CallUnplanned,
)
from workbench.events.context import ContextCompacted, ContextCorrected
from workbench.events.fork import CallLeft, StepShared
from workbench.events.judge import DecisionMade, SpecDrifted, VerdictAsked, VerdictGiven
from workbench.events.loop import LoopExhausted, LoopTurned
from workbench.events.mark import (
    CheckpointAmended,
    CheckpointMade,
    FaultRecorded,
    HostAttached,
    NoticeDelivered,
)
from workbench.events.model import (
    ModelAnswered,
    ModelAsked,
    ModelFailed,
    ModelStreaming,
    ModelWaiting,
)
from workbench.events.plan import (
    PlanCommented,
    PlannerAnswered,
    PlannerCalled,
    PlanRevised,
    PlanUnchanged,
)
from workbench.events.request import (
    RequestAnswered,
    RequestArmed,
    RequestExpired,
    RequestOpened,
    RequestVoided,
)
from workbench.events.resource import ResourceSeen
from workbench.events.rollback import RollbackBegun, RollbackEnded
from workbench.events.run import (
    LimitRaised,
    RunAbandoned,
    RunCreated,
    RunFailed,
    RunPaused,
    RunPlanning,
    RunResumed,
    RunStarted,
    RunStopped,
    RunStopping,
    RunSucceeded,
    RunTimedOut,
    RunWaiting,
)
from workbench.events.step import StepDenied, StepGiven, StepSkipped, StepTimedOut
from workbench.events.talk import CallAsked, CallReported, CallSampled
from workbench.events.upcast import OLD, lift
from workbench.events.variables import VariablesCaptured, VariablesRestored
from workbench.events.watch import BreakerClosed, BreakerOpened, RunStalled, ToolsAccepted
from workbench.values import Stored

BareEvent = (
    RunCreated
    | RunPlanning
    | RunStarted
    | RunPaused
    | RunResumed
    | RunWaiting
    | RunTimedOut
    | RunStopping
    | RunSucceeded
    | RunFailed
    | RunStopped
    | RunAbandoned
    | PlanRevised
    | PlannerCalled
    | PlannerAnswered
    | PlanUnchanged
    | PlanCommented
    | CallIntended
    | CallSucceeded
    | CallFailed
    | CallRetrying
    | CallCancelled
    | CallDoubted
    | CallConfirmed
    | CallRefuted
    | CallUnplanned
    | LoopTurned
    | LoopExhausted
    | CallTimedOut
    | CallSubmitted
    | CallPolled
    | StepSkipped
    | StepGiven
    | StepDenied
    | StepTimedOut
    | RequestOpened
    | RequestAnswered
    | RequestArmed
    | RequestExpired
    | RequestVoided
    | CheckpointMade
    | HostAttached
    | ResourceSeen
    | FaultRecorded
    | LimitRaised
    | NoticeDelivered
    | BreakerOpened
    | BreakerClosed
    | RunStalled
    | ToolsAccepted
    | ControlRevealed
    | GrantGiven
    | GrantRevoked
    | AutonomyChanged
    | CallRefused
    | StepShared
    | CallLeft
    | CheckpointAmended
    | RollbackBegun
    | RollbackEnded
    | VariablesCaptured
    | VariablesRestored
    | CallReported
    | CallAsked
    | CallSampled
    | ModelAsked
    | ModelWaiting
    | ModelStreaming
    | ModelAnswered
    | ModelFailed
    | ContextCompacted
    | ContextCorrected
    | VerdictAsked
    | VerdictGiven
    | DecisionMade
    | SpecDrifted
)
"""The union as types, for introspection and exhaustive matching."""

AnyEvent: TypeAdapter[BareEvent] = TypeAdapter(Annotated[BareEvent, Field(discriminator="kind")])
"""The union as a validator, and the source of the JSON schema."""

KINDS: dict[str, type[Event]] = {
    str(cls.model_fields["kind"].default): cls for cls in get_args(BareEvent)
}
"""Event classes by kind."""

_BARE, _BARE_INTENT = {"kind"}, {"kind", "args_digest"}


def dump(event: Event) -> str:
    """Write the body of an event as JSON; its kind stands beside it in the journal."""
    leave_out = _BARE
    if isinstance(event, CallIntended) and event.args_digest == event.args.digest:
        leave_out = _BARE_INTENT
    written = event.__pydantic_serializer__.to_json(event, exclude_defaults=True, exclude=leave_out)
    return written.decode()


def load(kind: str, body: str) -> Event:
    """Read an event back.

    Raises:
        JournalError: the kind is unknown or the body is not of that kind.
    """
    if kind in OLD:
        kind, body = _lifted(kind, body)
    cls = KINDS.get(kind)
    if cls is None:
        raise JournalError(
            f"The journal holds an event of the unknown kind {kind!r}.",
            "It was written by a newer version of the workbench: upgrade to read it.",
            kind=kind,
        )
    try:
        if cls is CallIntended:
            return _intent(body)
        return cls.model_validate_json(body)
    except ValueError as error:
        fault = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise _unreadable(kind, fault) from error


def _lifted(kind: str, body: str) -> tuple[str, str]:
    try:
        return lift(kind, body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(kind, str(error)) from error


def _unreadable(kind: str, why: str) -> JournalError:
    return JournalError(
        f"An event of kind {kind!r} cannot be read: {why}.",
        "The journal was damaged or changed by hand: run `workbench verify`.",
        kind=kind,
    )


def _intent(body: str) -> CallIntended:
    """Read an intent; a digest that was left out is that of the arguments beside it."""
    fields = from_json(body)
    if isinstance(fields, dict) and "args_digest" not in fields and "args" in fields:
        fields["args_digest"] = Stored.model_validate(fields["args"]).digest
    return CallIntended.model_validate(fields)
