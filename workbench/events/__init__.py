"""What happened: one class for each kind of event, and the union of them all."""

from workbench.events.base import Author, Event, Scope, StepEvent
from workbench.events.call import (
    CallCancelled,
    CallConfirmed,
    CallDoubted,
    CallFailed,
    CallIntended,
    CallRefuted,
    CallRetrying,
    CallSucceeded,
    CallUnplanned,
)
from workbench.events.loop import LoopExhausted, LoopTurned, Turned
from workbench.events.mark import CheckpointMade, FaultRecorded, HostAttached
from workbench.events.plan import PlannerAnswered, PlannerCalled, PlanRevised
from workbench.events.record import Record
from workbench.events.request import (
    RequestAnswered,
    RequestExpired,
    RequestKind,
    RequestOpened,
    RequestVoided,
)
from workbench.events.run import (
    Mode,
    OnFailure,
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
    RunWaiting,
)
from workbench.events.step import StepDenied, StepGiven, StepSkipped
from workbench.events.union import KINDS, AnyEvent, BareEvent, dump, load

__all__ = [
    "KINDS",
    "AnyEvent",
    "Author",
    "BareEvent",
    "CallCancelled",
    "CallConfirmed",
    "CallDoubted",
    "CallFailed",
    "CallIntended",
    "CallRefuted",
    "CallRetrying",
    "CallSucceeded",
    "CallUnplanned",
    "CheckpointMade",
    "Event",
    "FaultRecorded",
    "HostAttached",
    "LoopExhausted",
    "LoopTurned",
    "Mode",
    "OnFailure",
    "PlanRevised",
    "PlannerAnswered",
    "PlannerCalled",
    "Record",
    "RequestAnswered",
    "RequestExpired",
    "RequestKind",
    "RequestOpened",
    "RequestVoided",
    "RunAbandoned",
    "RunCreated",
    "RunFailed",
    "RunPaused",
    "RunPlanning",
    "RunResumed",
    "RunStarted",
    "RunStopped",
    "RunStopping",
    "RunSucceeded",
    "RunWaiting",
    "Scope",
    "StepDenied",
    "StepEvent",
    "StepGiven",
    "StepSkipped",
    "Turned",
    "dump",
    "load",
]
