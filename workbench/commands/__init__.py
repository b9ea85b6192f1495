"""What somebody wants of a run: the one door for every surface."""

from workbench.commands.kinds import (
    Abandon,
    Answer,
    AnyCommand,
    Command,
    EditPlan,
    MakeCheckpoint,
    Pause,
    RaiseCap,
    RaiseLimit,
    Resume,
    Stop,
    Wake,
)

__all__ = [
    "Abandon",
    "Answer",
    "AnyCommand",
    "Command",
    "EditPlan",
    "MakeCheckpoint",
    "Pause",
    "RaiseCap",
    "RaiseLimit",
    "Resume",
    "Stop",
    "Wake",
]
