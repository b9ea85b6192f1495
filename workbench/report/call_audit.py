"""The audit of calls: one row for each call that was decided or made, and by whose word."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench import events as e
from workbench.events import Record
from workbench.report.attempts import Attempt, attempts_of
from workbench.report.columns import TEXT, TIME, make_frame, step_names
from workbench.view import RunView
from workbench.view.authority import BY_GRANT

if TYPE_CHECKING:
    import pandas as pd

CALL_COLUMNS: dict[str, str] = {
    "at": TIME,
    "run": TEXT,
    "step": TEXT,
    "attempt": "int64",  # from 1; 0: decided without a call
    "actor": TEXT,  # whose act it is: agent, person or engine
    "agent": TEXT,
    "on_behalf_of": TEXT,
    "environment": TEXT,
    "tool": TEXT,
    "effect": TEXT,  # as declared when it was called; missing when it was not called
    "risk": TEXT,  # as the tool declares it; missing where the tool is not known
    "args_digest": TEXT,  # of the exact arguments
    "allowed_by": TEXT,  # grant, rule or answer; missing: it was not allowed
    "decided_by": TEXT,  # person, policy, expiry, engine …
    "surface": TEXT,  # through which door a person decided; missing: none did
    "reason": TEXT,  # why it was refused, or what went wrong
    "cost": TEXT,  # JSON, amounts by unit that were not given back
    "outcome": TEXT,  # succeeded failed denied skipped in_doubt …: one of `words.ATTEMPT_SIGNS`
    "seq": "int64",  # place in the journal of the intent, or of the decision
    "hash": TEXT,  # of the journal's chain at that place
}
"""Columns of `calls_frame` and their dtypes: one row for each call decided or made."""

_ENGINE = frozenset({"", "engine", "policy", "probe", "budget", "expiry"})


def actor_of(by: str, agent: str) -> str:
    """Say whose act it was: `agent`, `person` or `engine`."""
    if by == agent or by.startswith("planner "):
        return "agent"
    return "engine" if by in _ENGINE else "person"


class _Decisions:
    """What the journal says of decisions about calls, besides their attempts."""

    def __init__(self, records: Iterable[Record]) -> None:
        """Read a run's journal."""
        self.hashes: dict[int, str] = {}
        self.answers: dict[int, e.RequestAnswered] = {}
        """By the place of the intent, refusal or end that the answer has led to."""
        self.expired: set[int] = set()
        """Places of refusals because nobody answered."""
        self.asked: dict[str, e.RequestOpened] = {}
        """The last request about each step."""
        self._opened: dict[str, e.RequestOpened] = {}
        self._last: dict[str, e.RequestAnswered] = {}
        self._for_run: dict[str, e.RequestAnswered] = {}
        for record in records:
            self.hashes[record.seq] = record.hash
            self._take(record.seq, record.event)

    def _take(self, seq: int, event: e.Event) -> None:
        match event:
            case e.RequestOpened():
                self._opened[event.request] = event
                if event.step is not None:
                    self.asked[event.step] = event
            case e.RequestAnswered():
                self._answered(event)
            case e.CallIntended() if event.allowed_by.startswith("answer of "):
                self._allowed(seq, event)
            case e.StepDenied() | e.StepSkipped() | e.StepGiven():
                answer = self._last.get(event.step)
                if event.by == "expiry":
                    self.expired.add(seq)
                elif answer is not None and event.by == answer.by:
                    self.answers[seq] = answer
            case _:
                pass

    def _answered(self, event: e.RequestAnswered) -> None:
        if event.step is not None:
            self._last[event.step] = event
        if event.verdict == "approve" and event.scope in ("run", "always"):
            opened = self._opened.get(event.request)
            self._for_run[opened.tool if opened is not None else ""] = event

    def _allowed(self, seq: int, event: e.CallIntended) -> None:
        answer = self._last.get(event.step)
        if answer is None or answer.verdict != "approve":
            answer = self._for_run.get(event.tool)
        if answer is not None:
            self.answers[seq] = answer


def calls_frame(
    records: Iterable[Record],
    view: RunView,
    risks: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Give one row for each call decided or made, in the order of the journal.

    Calls that a fork shares are not among them: they stand in the audit of the run that made them.

    Args:
        records: the run's journal from its beginning.
        view: the run after the last of them.
        risks: risk classes by tool, as the catalogue has them.
    """
    read = list(records)
    _, tools = step_names(read, view)
    decided = _Decisions(read)
    mine = [attempt for attempt in attempts_of(read) if attempt.state != "shared"]
    attempts = sorted([*mine, *_held_off(read)], key=lambda attempt: attempt.seq)
    rows = (_row(attempt, view, tools, decided, risks) for attempt in attempts)
    return make_frame(rows, CALL_COLUMNS)


def _held_off(records: Iterable[Record]) -> list[Attempt]:
    """Give the calls that were refused for now: by a freeze, or because a right is gone."""
    return [
        Attempt(
            seq=record.seq,
            step=event.step,
            attempt=0,
            state="refused",
            started=record.at,
            ended=record.at,
            tool=event.tool,
            args_digest=event.args_digest,
            error=event.reason,
            by=event.by,
        )
        for record in records
        if isinstance(event := record.event, e.CallRefused)
    ]


def _row(
    attempt: Attempt,
    view: RunView,
    tools: Mapping[str, str],
    decided: _Decisions,
    risks: Mapping[str, str],
) -> dict[str, Any]:
    tool = attempt.tool or tools.get(attempt.step)
    answer = decided.answers.get(attempt.seq)
    called = attempt.tool is not None and not (attempt.state == "refused" and attempt.by)
    digest = attempt.args_digest
    if not called and (asked := decided.asked.get(attempt.step)) is not None:
        digest = asked.args_digest
    return {
        "at": attempt.started,
        "run": view.run,
        "step": attempt.step,
        "attempt": attempt.attempt,
        "actor": "agent" if called else actor_of(attempt.by, view.agent),
        "agent": view.agent,
        "on_behalf_of": view.on_behalf_of,
        "environment": getattr(view, "environment", ""),
        "tool": tool,
        "effect": attempt.effect,
        "risk": risks.get(tool or ""),
        "args_digest": digest or None,
        "allowed_by": attempt.allowed_by or None,
        "decided_by": _decided_by(attempt, view, decided, answer),
        "surface": answer.surface or None if answer is not None else None,
        "reason": attempt.error,
        "cost": json.dumps(attempt.spend, sort_keys=True) if attempt.spend else None,
        "outcome": attempt.state,
        "seq": attempt.seq,
        "hash": decided.hashes.get(attempt.seq),
    }


def _decided_by(
    attempt: Attempt, view: RunView, decided: _Decisions, answer: e.RequestAnswered | None
) -> str:
    if attempt.seq in decided.expired:
        return "expiry"
    if answer is not None:
        return answer.by
    name = attempt.allowed_by.removeprefix(BY_GRANT)
    if name != attempt.allowed_by and (held := (view.grants or {}).get(name)) is not None:
        return held.by
    if attempt.tool is not None and (attempt.allowed_by or not attempt.by):
        return "policy" if attempt.planned or attempt.state == "refused" else "nobody"
    return attempt.by or "engine"
