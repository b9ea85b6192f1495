"""The standing rules of a recording: each stands as long as it stood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from workbench import events as e
from workbench.events import Record
from workbench.journal import Journal
from workbench.replay.course import Course, RuleSet


class Rules:
    """Puts rules into the journal of a replay, and lifts them; the run's own answers set theirs."""

    def __init__(self, course: Course) -> None:
        """Take the rules of a course."""
        self._all = course.rules
        self._own = _set_by(course.records)
        self._to_come: list[RuleSet] = []
        self._to_lift: list[RuleSet] = []

    def begin(self, replayed: Sequence[Record]) -> None:
        """Begin anew, in a journal that has none, behind what was replayed already."""
        self._to_come, self._to_lift = list(self._all), []
        self._own -= _set_by(replayed)

    def put(self, journal: Journal, now: datetime) -> bool:
        """Let the rules stand that stood at this moment; says whether that changed any."""
        changed = False
        for rule in [r for r in self._to_come if r.at <= now]:
            self._to_come.remove(rule)
            self._to_lift += [rule] if rule.lifted is not None else []
            if rule.id not in self._own:
                journal.put_rule(rule.id, rule.rule, rule.by, rule.at)
                changed = True
        due = [r for r in self._to_lift if r.lifted is not None and r.lifted <= now]
        # An answer sets its rule a moment after it is replayed.
        standing = {one.id for one in journal.rules()[1] if not one.lifted_by} if due else set()
        for rule in [r for r in due if r.id in standing]:
            self._to_lift.remove(rule)
            journal.lift_rule(rule.id, rule.by, rule.at)
            changed = True
        return changed


def _set_by(records: Sequence[Record]) -> set[str]:
    """Name the rules that answers have set."""
    answers = (r.event for r in records if isinstance(r.event, e.RequestAnswered))
    return {answer.rule_id for answer in answers if answer.rule_id}
