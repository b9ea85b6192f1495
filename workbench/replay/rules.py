"""The standing rules of a recording: each stands as long as it stood."""

from __future__ import annotations

from datetime import datetime

from workbench import events as e
from workbench.journal import Journal
from workbench.replay.course import Course, RuleSet


class Rules:
    """Puts rules into the journal of a replay, and lifts them; the run's own answers set theirs."""

    def __init__(self, course: Course) -> None:
        """Take the rules of a course."""
        self._all = course.rules
        answers = (r.event for r in course.records if isinstance(r.event, e.RequestAnswered))
        self._of_run = {answer.rule_id for answer in answers}
        self._to_come: list[RuleSet] = []
        self._standing: list[RuleSet] = []

    def begin(self) -> None:
        """Begin anew, in a journal that has none."""
        self._to_come, self._standing = list(self._all), []

    def put(self, journal: Journal, now: datetime) -> bool:
        """Let the rules stand that stood at this moment; says whether that changed any."""
        changed = False
        for rule in [r for r in self._to_come if r.at <= now]:
            self._to_come.remove(rule)
            if rule.id not in self._of_run:
                journal.put_rule(rule.id, rule.rule, rule.by, rule.at)
                self._standing += [rule] if rule.lifted is not None else []
                changed = True
        for rule in [r for r in self._standing if r.lifted is not None and r.lifted <= now]:
            self._standing.remove(rule)
            journal.lift_rule(rule.id, rule.by, rule.at)
            changed = True
        return changed
