"""Replay: a run is played again from its recording, with no effect and the same events."""

from workbench.replay.course import Course, course_of
from workbench.replay.file import SUFFIX, read_file, write_file
from workbench.replay.progress import Divergence
from workbench.replay.replayed import Replay, replay_of

__all__ = [
    "SUFFIX",
    "Course",
    "Divergence",
    "Replay",
    "course_of",
    "read_file",
    "replay_of",
    "write_file",
]
