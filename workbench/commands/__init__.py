"""What somebody wants of a run: the one door for every surface."""

from workbench.commands.kinds import (
    Abandon,
    Answer,
    AnyCommand,
    Arm,
    Command,
    EditPlan,
    MakeCheckpoint,
    Pause,
    RaiseLimit,
    Resume,
    Stop,
    Wake,
)

__all__ = [
    "Abandon",
    "Answer",
    "AnyCommand",
    "Arm",
    "Command",
    "EditPlan",
    "MakeCheckpoint",
    "Pause",
    "RaiseLimit",
    "Resume",
    "Stop",
    "Wake",
]
