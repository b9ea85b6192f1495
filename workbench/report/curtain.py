"""The one place that keeps tools from a plain viewer: views, rows and texts go through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from workbench import events as e
from workbench.engine.ending import last_outputs
from workbench.events import Record
from workbench.plan import Add, Change, Edit, Plan, Step
from workbench.report.viewer import names_in, plain_view
from workbench.tools import Tool
from workbench.undo import UndoReport
from workbench.values import Stored
from workbench.view import RequestView, RunView
from workbench.view.parts import Revision
from workbench.view.unnamed import UNNAMED, hidden_of, unnamed, without_names

WITH_VALUES = frozenset({"run.succeeded", "run.failed"})
"""Events about a whole run whose text holds outputs or errors of its steps."""
WORDS = ("title", "error", "reason", "why")
"""Fields of an event in which free text stands."""


class Curtain:
    """Keeps what is said of hidden tools from who looks at one run.

    It learns the names from the journal, so it must see each record before anything of it is shown.
    """

    def __init__(self, tools: Iterable[str], visible: Callable[[str], bool]) -> None:
        """Hide what is not visible; a `visible` that raises hides, too.

        Args:
            tools: names of tools that there are, whether the run speaks of them or not.
            visible: whether the viewer may know a tool.
        """
        self._visible = visible
        self._known: set[str] = set()
        self._steps: set[str] = set()
        self.hidden: list[str] = []
        """Names that are not shown, the longest first."""
        self._take(set(tools))

    def learn(self, records: Iterable[Record]) -> None:
        """Take note of the tools that records speak of, and of the steps that call hidden ones."""
        for record in records:
            self._take(names_in([record]))
            event, hidden = record.event, set(self.hidden)
            if record.step is not None and getattr(event, "tool", "") in hidden:
                self._steps.add(record.step)
            if isinstance(event, e.PlanRevised):
                steps = list(event.plan.steps) if event.plan else []
                steps += [edit.step for edit in event.edits if isinstance(edit, Add)]
                self._steps |= {step.id for step in steps if step.tool in hidden}
                tools = ((_step_of(edit), getattr(edit, "changes", {})) for edit in event.edits)
                self._steps |= {step for step, new in tools if new.get("tool") in hidden}

    def learn_names(self, names: set[str]) -> None:
        """Take note of tools that are spoken of elsewhere, such as in a rule of the journal."""
        self._take(names)

    def _take(self, names: set[str]) -> None:
        if new := names - self._known:
            self._known |= new
            found = [*self.hidden, *hidden_of(new, self._visible)]
            self.hidden = sorted(found, key=len, reverse=True)

    # -- what is shown -----------------------------------------------------------------------

    def text(self, text: str) -> str:
        """Take hidden names out of a text."""
        return without_names(text, self.hidden)

    def tools(self, tools: Mapping[str, Tool]) -> dict[str, Tool]:
        """Give the tools that may be shown."""
        return {name: tool for name, tool in tools.items() if name not in self.hidden}

    def view(self, view: RunView) -> RunView:
        """Give a copy of the run that says of calls of hidden tools only that there are some."""
        if not self.hidden:
            return view.snapshot()
        copy = plain_view(view, self.hidden)
        copy.goal, copy.reason = self.text(view.goal), self._silent(view.reason)
        copy.errors = {step: self._silent(why) for step, why in copy.errors.items()}
        copy.revisions = [self._revision(one) for one in view.revisions]
        if view.result is not None and not self._steps.isdisjoint(last_outputs(view)):
            copy.result = Stored(summary=UNNAMED)
        if copy.plan is not None:
            copy.plan = self._plan(copy.plan)
        copy.requests = {name: self._request(one) for name, one in copy.requests.items()}
        return copy

    def records(self, records: Iterable[Record]) -> list[Record]:
        """Give records whose words say of calls of hidden tools only that there are some."""
        return [one._replace(event=self._event(one)) for one in records]

    def undo(self, report: UndoReport) -> UndoReport:
        """Give the report of a rollback; of an effect of a hidden tool only what became of it."""
        rows = [
            replace(row, tool=UNNAMED, what="", why="", told=())
            if row.tool in self.hidden
            else replace(row, why=self.text(row.why))
            for row in report.rows
        ]
        asked = tuple(self.text(title) for title in report.open)
        return replace(report, rows=tuple(rows), open=asked)

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Take hidden names out of all texts of a row."""
        return {name: self._value(value) for name, value in row.items()}

    def trace_row(self, record: Record, row: Mapping[str, Any]) -> dict[str, Any]:
        """Give the row of a record; of a hidden call it says only what happened to it."""
        if not self.hidden:
            return dict(row)
        shown, whole = dict(row), record.step is None and bool(self._steps)
        words = record.kind.replace(".", " ")
        if record.step in self._steps or row["tool"] in self.hidden:
            tool = UNNAMED if row["tool"] is not None else None
            shown |= {"tool": tool, "effect": None, "text": words, "detail": UNNAMED}
        elif whole or self._speaks(record) or self._names(row["detail"]):
            silent = record.kind in WITH_VALUES and whole
            text = words if silent else self._silent(row["text"], words)
            shown |= {"text": text, "detail": UNNAMED}
        return self.row(shown)

    # -- parts -------------------------------------------------------------------------------

    def _speaks(self, record: Record) -> bool:
        """Whether a record holds the declaration or the arguments of a hidden step."""
        edits = getattr(record.event, "edits", ())
        touched = {_step_of(edit) for edit in edits}
        return bool(names_in([record]) & set(self.hidden) or touched & self._steps)

    def _names(self, text: str) -> bool:
        return self.text(text) != text

    def _silent(self, text: str, instead: str = UNNAMED) -> str:
        """Give a text, or other words when it speaks of a hidden tool."""
        return instead if self._names(text) else text

    def _revision(self, revision: Revision) -> Revision:
        remarks = [one for one in revision.remarks if one.step not in self._steps]
        told = tuple(one.model_copy(update={"text": self._silent(one.text)}) for one in remarks)
        return revision.model_copy(update={"remarks": told, "reason": self.text(revision.reason)})

    def _event(self, record: Record) -> e.Event:
        """Give the event; of a hidden call without its words."""
        event, hides = record.event, record.step in self._steps
        if isinstance(event, e.PlanRevised):
            plan = self._plan(event.plan) if event.plan is not None else None
            edits = tuple(self._edit(edit) for edit in event.edits)
            return event.model_copy(update={"plan": plan, "edits": edits})
        if isinstance(event, e.RunFailed):
            errors = {
                step: UNNAMED if step in self._steps else self._silent(why)
                for step, why in event.errors.items()
            }
            return event.model_copy(update={"errors": errors})
        said = {name: getattr(event, name, None) for name in WORDS}
        hides = hides or getattr(event, "tool", "") in self.hidden
        words = {
            name: UNNAMED if hides else self._silent(text)
            for name, text in said.items()
            if text and isinstance(text, str)
        }
        return event.model_copy(update=words)

    def _edit(self, edit: Edit) -> Edit:
        if isinstance(edit, Add):
            return edit.model_copy(update={"step": self._step(edit.step)})
        if isinstance(edit, Change) and edit.changes.get("title"):
            title = "" if edit.step in self._steps else self.text(str(edit.changes["title"]))
            return edit.model_copy(update={"changes": {**edit.changes, "title": title}})
        return edit

    def _plan(self, plan: Plan) -> Plan:
        steps = tuple(self._step(step) for step in plan.steps)
        return plan.model_copy(update={"goal": self.text(plan.goal), "steps": steps})

    def _step(self, step: Step) -> Step:
        if step.tool in self.hidden:
            return unnamed(step)
        if not self._names(f"{step.title} {step.why}"):
            return step
        return step.model_copy(update={"title": self.text(step.title), "why": self.text(step.why)})

    def _request(self, request: RequestView) -> RequestView:
        opened = request.opened
        texts = {name: getattr(opened, name) for name in ("title", "why", "preview", "if_refused")}
        said = {name: self.text(text) for name, text in texts.items() if text}
        if all(texts[name] == text for name, text in said.items()):
            return request
        return request.model_copy(update={"opened": opened.model_copy(update=said)})

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._value(name): self._value(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        return value


def curtain_of(
    records: Iterable[Record], tools: Iterable[str], visible: Callable[[str], bool]
) -> Curtain:
    """Give the curtain of a run whose records are all here."""
    made = Curtain(tools, visible)
    made.learn(records)
    return made


def _step_of(edit: Any) -> str:
    step = getattr(edit, "step", "")
    return step if isinstance(step, str) else getattr(step, "id", "")
