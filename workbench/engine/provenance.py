"""Where the values in a planner's plan come from; what nothing and nobody gave is flagged. No I/O.

A planner may refer to outputs, and use what the goal, the person and the outputs say. A number, a
row, an address that none of them has was made up. That is no fault, and it is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench import events as e
from workbench.engine.parts import Parts
from workbench.plan import Plan, Ref, Remark, Step, apply_edits
from workbench.plan.argument import from_argument
from workbench.view import RunView

CODE = "invented"
SHOWN = 3
"""Values that a remark names."""
LONGEST = 40
"""Characters of one of them."""
MOST = 200_000
"""Characters of what was said and put out that are searched."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z+]*://[^\s,;'\"]+|[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")


def flagged(events: list[e.Event], parts: Parts, view: RunView) -> list[e.Event]:
    """Add to each revision of a planner what is made up in it.

    Args:
        events: what is about to be written.
        parts: of the engine.
        view: the run as it is before them.
    """
    return [
        _with_remarks(one, parts, view) if isinstance(one, e.PlanRevised) else one for one in events
    ]


def _with_remarks(event: e.PlanRevised, parts: Parts, view: RunView) -> e.Event:
    before = view.plan or Plan()
    plan = event.plan or apply_edits(before, event.edits)
    known = _Known(view)
    remarks = [
        Remark(code=CODE, step=step.id, text=_words(found))
        for step in plan.steps
        if before.by_id.get(step.id) != step and step.output is None
        if (found := list(invented(step, known, _choices(step, parts))))
    ]
    return event.model_copy(update={"remarks": (*event.remarks, *remarks)}) if remarks else event


class _Known:
    """What the planner could know: texts, and numbers however they are written."""

    def __init__(self, view: RunView) -> None:
        said = [view.goal, *(note.text for note in view.notes)]
        said += [f"{one.subject} {one.choice} {one.why}" for one in view.decisions]
        for request in view.requests.values():
            if request.answer is not None:
                said += [request.answer.choice or "", request.answer.reason]
        for step in view.steps.values():
            said.append(step.error or "")
            if step.output is not None:
                said += [step.output.summary, *_texts(step.output.value)]
        self.text = "\n".join(said)[:MOST].casefold()
        self.numbers = {_number(found) for found in _NUMBER.findall(self.text)}

    def has_text(self, text: str) -> bool:
        return text.strip().casefold() in self.text

    def has_number(self, text: str) -> bool:
        return _number(text) in self.numbers


def invented(step: Step, known: _Known, choices: set[str]) -> Iterator[tuple[str, Any]]:
    """Give the values in a step's arguments that nothing says, each with its place."""
    for name, argument in step.args.items():
        yield from _walk(argument, name, known, choices, in_rows=False)


def _walk(
    value: Any, place: str, known: _Known, choices: set[str], *, in_rows: bool
) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Ref) or value is None or isinstance(value, bool):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk(item, f"{place}.{key}", known, choices, in_rows=in_rows)
    elif isinstance(value, (list, tuple)):
        rows = in_rows or any(isinstance(item, (Mapping, list, tuple)) for item in value)
        for at, item in enumerate(value):
            yield from _walk(item, f"{place}[{at}]", known, choices, in_rows=rows)
    elif str(value) not in choices:
        yield from ((place, found) for found in _made_up(value, known, in_rows=in_rows))


def _made_up(value: Any, known: _Known, *, in_rows: bool) -> list[Any]:
    """Give what of one value nothing says: at most one thing."""
    if isinstance(value, (int, float)):
        return [] if known.has_number(str(abs(value))) else [value]
    if not isinstance(value, str) or known.has_text(value):
        return []
    found = [text for text in _ADDRESS.findall(value) if not known.has_text(text)]
    found += [n for n in _NUMBER.findall(value) if len(n) > 1 and not known.has_number(n)]
    return found[:1] or ([value] if in_rows else [])


def _choices(step: Step, parts: Parts) -> set[str]:
    """Give what the tool itself offers: choices and defaults."""
    tool = parts.tools.get(step.tool)
    if tool is None:
        return set()
    found: set[str] = set()
    for schema in tool.signature.args_schema.get("properties", {}).values():
        found |= {str(item) for item in schema.get("enum", ())}
        found |= {str(schema[key]) for key in ("default", "const") if key in schema}
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)


def _number(text: str) -> str:
    """Write a number in one way: 1,000.50 and 1000.5 are the same."""
    plain = text.replace(",", "")
    try:
        return f"{float(plain):.15g}"
    except ValueError:
        return plain


def _words(found: list[tuple[str, Any]]) -> str:
    shown = [f"{place} = {str(from_argument(value))[:LONGEST]}" for place, value in found[:SHOWN]]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"nobody gave {', '.join(shown)}{more}: no output, and nothing that was said, has it"
