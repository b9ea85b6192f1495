"""What a step needs beyond the words of its clause: made by another step, taken over, or asked."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from workbench.planner.builtin.columns import ask_column
from workbench.planner.builtin.fill import NOT_TO, fill, take_path
from workbench.planner.builtin.lexicon import reduction
from workbench.planner.builtin.link import link
from workbench.planner.builtin.ports import Port, ToolPorts
from workbench.planner.builtin.reading import Anchor, Clause
from workbench.planner.builtin.sheet import Made, Sheet, is_silent, reference
from workbench.planner.builtin.words import phrase


def make(sheet: Sheet, tool: ToolPorts, clause: Clause, anchor: Anchor | None) -> Made:
    """Make a step, with those that it needs before it, and put it on the sheet."""
    made = sheet.begin(tool, clause, anchor)
    if anchor is not None:
        fill(sheet, made)
    for port in made.missing("live", "text"):
        if port.kind == "text" and not port.required:
            continue
        if not link(sheet, made, port) and port.required and not made.doubtful:
            _make_source(sheet, made, port)
    made.id = sheet.begin(tool, clause, anchor).id
    _inherit_columns(sheet, made)
    for port in [p for p in made.ports.inputs if p.name not in made.args]:
        if made.doubtful:
            made.args[port.name] = None
        elif port.kind == "label" and port.required:
            made.args[port.name] = _topic(sheet, made)
            sheet.remarks.append(f"the {port.name} of {made.id}")
        elif port.kind == "columns" and not port.group:
            continue  # settled at the end, when the columns of all steps are known
        elif port.kind != "live" and (port.required or _decides(port)):
            _ask(sheet, made, port)
    sheet.made.append(made)
    return made


def _make_source(sheet: Sheet, made: Made, port: Port) -> None:
    """Add the step that makes what a port needs; asks when several tools could, or none."""
    kind = port.live if port.kind == "live" else "text"
    if any(m.ports.makes == kind and not m.ports.acts for m in sheet.made) and port.kind == "live":
        return
    options = [t for t in sheet.tools if t.makes == kind and not t.acts and t is not made.ports]
    if port.kind == "text":
        _ask_for_text(sheet, made, port, options)
        return
    options = [t for t in options if not any(p.required and p.kind == "live" for p in t.inputs)]
    if len(options) > 1:
        choices = {t.name: f"{t.name}: {t.tool.summary}" for t in options}
        words = sheet.words_in(made.clause)
        text = f"{made.ports.name} needs a {kind.rpartition('.')[2]}. Which tool should make it?"
        answer = sheet.dialogue.ask("make", f"{kind}: {words}", text, why=words, choices=choices)
        options = [sheet.tool(answer)] if answer else []
        made.doubtful = answer is None
    elif not options:
        _ask_nobody(sheet, made, kind)
    if options:
        source = make(sheet, options[0], made.clause, None)
        made.args[port.name] = [reference(source)] if port.many else reference(source)


def _ask_nobody(sheet: Sheet, made: Made, kind: str) -> None:
    """Say that a step cannot be done: no tool makes what it needs."""
    words = sheet.words_in(made.clause)
    text = (
        f"No tool makes the {kind.rpartition('.')[2]} that {made.ports.name} needs for “{words}”. "
        "The plan cannot be made with these tools."
    )
    sheet.dialogue.ask("impossible", f"{made.ports.name} {kind}", text, why=words, choices=_END)


_END = {"tools": "I shall add a tool and start again"}


def _ask_for_text(sheet: Sheet, made: Made, port: Port, options: list[ToolPorts]) -> None:
    words = sheet.words_in(made.clause)
    choices = {t.name: f"Make it with {t.name}: {t.tool.summary}" for t in options}
    text = f"What should the {port.name} of {made.ports.name} be?"
    if choices:
        text += " Choose, or write the text itself."
    answer = sheet.dialogue.ask(
        "text", f"{made.id}.{port.name}", text, why=words, choices=choices, accept=bool
    )
    made.doubtful = answer is None
    if answer in choices:
        made.args[port.name] = reference(make(sheet, sheet.tool(answer), made.clause, None))
    else:
        made.args[port.name] = answer or ""


def _inherit_columns(sheet: Sheet, made: Made) -> None:
    """Take group and measure over from the frame, and note what columns the output has."""
    sources = [sheet.by_id(step) for step in made.needs]
    source = next((s for s in sources if s.ports.makes.endswith("DataFrame")), None)
    if source and not made.group and not made.measure and len(made.missing("column")) > 1:
        for port in made.missing("column"):
            name = source.group if port.group else source.measure
            if name:
                made.args[port.name] = name
    if not source:
        return
    groups = [made.args[p.name] for p in made.ports.inputs if p.group and p.name in made.args]
    if groups and made.measure and any(_decides(p) for p in made.ports.inputs):
        by = groups[0] if isinstance(groups[0], list) else [str(groups[0])]
        made.columns = (*by, made.measure)
    else:
        made.columns = source.columns
        made.group, made.measure = made.group or source.group, made.measure or source.measure


def _topic(sheet: Sheet, made: Made) -> str:
    """Word a title: with the words of the goal behind the nearest step that names columns."""
    todo = [made]
    while todo:
        step = todo.pop(0)
        own = any(
            p.kind in ("column", "columns") and p.name in step.args for p in step.ports.inputs
        )
        if step.anchor is not None and own and (step is not made or step.words):
            places = sorted(step.words)
            words = [sheet.tokens[at] for at in places]
            columns = any(sheet.names.column_at(at) for at in places)
            if columns:
                text = phrase(sheet.goal, words)
                return text[:1].upper() + text[1:]
        files = [step.args.get(p.name) for p in step.ports.inputs if p.kind == "path"]
        for file in files:
            if isinstance(file, str) and not step.ports.acts:
                return PurePath(file).name
        todo += [sheet.by_id(need) for need in step.needs]
    return sheet.goal if len(sheet.goal) <= _TITLE else f"{sheet.goal[:_TITLE].rstrip()}…"


_TITLE = 70


def _decides(port: Port) -> bool:
    """Say whether a default would decide what is computed: mean or sum is for the person to say."""
    return any(reduction(choice) for choice in port.choices)


def _ask(sheet: Sheet, made: Made, port: Port) -> None:
    """Find or ask for a required argument."""
    if port.kind in ("column", "columns"):
        ask_column(sheet, made, port)
        return
    if port.kind == "path" and _find_path(sheet, made, port):
        return
    words = sheet.words_in(made.clause)
    if port.kind == "email":
        _absorb_name(sheet, made)
    choices: dict[str, str] = {c: c for c in port.choices}
    if port.kind == "path" and not made.ports.acts:
        choices = {file: file for file in sheet.listing.files[:_OFFERED]}
    text = f"{made.ports.name} needs {port.name!r} for “{words}”. What should it be?"
    answer = sheet.dialogue.ask(
        "value",
        f"{made.id}.{port.name}: {words}",
        text,
        why=words,
        choices=choices,
        accept=None if port.choices else lambda said: _usable(made, port, said),
    )
    made.args[port.name] = _read(made, port, answer) if answer is not None else None


_OFFERED = 20


def _absorb_name(sheet: Sheet, made: Made) -> None:
    """Let the question for an address stand for the name in its place: `mail it to my boss`."""
    tokens = made.clause.tokens
    start = next((n for n, t in enumerate(tokens) if t.lower == "to"), len(tokens))
    for token in tokens[start + 1 :]:
        if token.at in sheet.used or token.kind != "word" or token.lower in NOT_TO:
            break
        if not is_silent(token):
            sheet.take(made, [token])


def _usable(made: Made, port: Port, text: str) -> bool:
    if port.kind == "email" and "@" not in text:
        return False
    return made.fits(port, _read(made, port, text))


def _read(made: Made, port: Port, text: str) -> Any:
    """Read an answer as the port wants it: as text where that fits, else as JSON."""
    value: Any = [part.strip() for part in text.split(",")] if port.many else text
    if port.kind not in ("number", "flag", "other") and made.fits(port, value):
        return value
    try:
        return json.loads(text)
    except ValueError:
        return value


def _find_path(sheet: Sheet, made: Made, port: Port) -> bool:
    """Find the file to read: a path that no clause used, or the only table with all the columns."""
    if made.ports.acts:
        return False
    free = [t for t in sheet.free(sheet.tokens) if t.at in sheet.names.files]
    read = [t for t in free if _is_read(sheet, t.at)]
    if len(read) == 1:
        take_path(sheet, made, port, read[0])
        return True
    wanted = {mention.name for mention in sheet.names.columns.values()}
    able = [f for f, columns in sheet.listing.columns.items() if wanted <= set(columns)]
    if free or not wanted or len(able) != 1 or not sheet.listing.complete:
        return False
    made.args[port.name] = able[0]
    made.columns = sheet.listing.columns[able[0]]
    sheet.remarks.append(f"{PurePath(able[0]).name}, the only table with these columns")
    return True


def _is_read(sheet: Sheet, at: int) -> bool:
    before = sheet.before(sheet.tokens[at])
    return before is None or before.lower not in ("to", "into", "as")
