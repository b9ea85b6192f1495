"""The doubles that the workbench is tested with, for your own tests and notebooks."""

from workbench.testing.capture import capture_events
from workbench.testing.clock import FakeClock
from workbench.testing.crash import CrashPoint
from workbench.testing.model import ScriptedModel
from workbench.testing.person import ScriptedPerson
from workbench.testing.policy import allow_all
from workbench.testing.replay import check_replay

__all__ = [
    "CrashPoint",
    "FakeClock",
    "ScriptedModel",
    "ScriptedPerson",
    "allow_all",
    "capture_events",
    "check_replay",
]
