"""What somebody wants of a run: the one door for every surface."""

from workbench.commands.kinds import (
    Abandon,
    Answer,
    AnyCommand,
    Arm,
    Command,
    EditPlan,
    GiveGrant,
    MakeCheckpoint,
    Pause,
    RaiseCap,
    RaiseLimit,
    Resume,
    RevokeGrant,
    SetAutonomy,
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
    "GiveGrant",
    "MakeCheckpoint",
    "Pause",
    "RaiseCap",
    "RaiseLimit",
    "Resume",
    "RevokeGrant",
    "SetAutonomy",
    "Stop",
    "Wake",
]
