"""Replay: a run is played again from its recording, with no effect and the same events."""

from workbench.replay.course import Course, course_of
from workbench.replay.progress import Divergence
from workbench.replay.replayed import Replay, replay_of

__all__ = ["Course", "Divergence", "Replay", "course_of", "replay_of"]
