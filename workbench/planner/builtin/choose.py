"""Which of several tools a word means, and in which order the tools of one clause work."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from pathlib import PurePosixPath

from workbench.planner.builtin.lexicon import PRONOUNS
from workbench.planner.builtin.ports import ToolPorts
from workbench.planner.builtin.reading import Anchor, Clause
from workbench.planner.builtin.sheet import Sheet


def choose_tools(sheet: Sheet) -> None:
    """Give every anchor its tool: by words, by types, by the tools' first lines, or by asking."""
    previous: Clause | None = None
    for clause in sheet.clauses:
        # The sure ones first: their types decide about the others.
        for anchor in sorted(clause.anchors, key=lambda a: len(a.candidates)):
            if anchor.target is not None:
                anchor.chosen = anchor.target.chosen
            else:
                anchor.chosen = _choose(sheet, clause, anchor, previous)
        previous = clause


def ordered(sheet: Sheet, clause: Clause) -> list[Anchor]:
    """Sort the anchors of a clause: who makes what another one takes goes first."""
    acting = [anchor for anchor in clause.acting if anchor.chosen]

    def compare(first: Anchor, second: Anchor) -> int:
        a, b = first.chosen, second.chosen
        if a is None or b is None:
            return 0
        if first.restricts != second.restricts:
            return -1 if first.restricts else 1
        forth, back = a.makes in b.takes and bool(a.makes), b.makes in a.takes and bool(b.makes)
        if forth != back:
            return -1 if forth else 1
        if forth and any(token.lower == "where" for token in second.tokens):
            return 1
        # `sort the average …`: with an article, the second is the object of the first.
        before = sheet.before(second.tokens[0])
        article = before is not None and before.at < second.tokens[0].at - 1
        return 1 if forth and article else -1

    return sorted(acting, key=cmp_to_key(compare))


def _choose(
    sheet: Sheet, clause: Clause, anchor: Anchor, previous: Clause | None
) -> ToolPorts | None:
    tools = [sheet.tool(name) for name in anchor.candidates]
    meant = _kinds_meant(sheet, clause, anchor, previous)
    rules: tuple[Callable[[ToolPorts], int], ...] = (
        lambda tool: _by_name(sheet, clause, tool),
        lambda tool: len(meant & (tool.takes | {port.kind for port in tool.inputs})),
        lambda tool: _by_ending(sheet, clause, tool),
    )
    for rule in rules:
        if len(tools) > 1:
            scores = {tool.name: rule(tool) for tool in tools}
            best = max(scores.values())
            tools = [tool for tool in tools if scores[tool.name] == best]
    if len(tools) == 1:
        return tools[0]
    words = sheet.words_in(clause)
    said = " ".join(token.text for token in anchor.tokens)
    choices = {tool.name: f"{tool.name}: {tool.tool.summary}" for tool in tools}
    text = f"Which tool does “{said}” mean in “{words}”?"
    answer = sheet.dialogue.ask("tool", f"{said}: {words}", text, why=words, choices=choices)
    return sheet.tool(answer) if answer else None


def _by_name(sheet: Sheet, clause: Clause, tool: ToolPorts) -> int:
    """Count the words of the tool's name in the clause."""
    words = {t.concept for t in clause.tokens if t.kind == "word" and not _named(sheet, t.at)}
    return len(words & tool.name_words)


def _kinds_meant(sheet: Sheet, clause: Clause, anchor: Anchor, previous: Clause | None) -> set[str]:
    """Give the kinds of things that the clause names, or means by `it`."""
    made = [a.chosen.makes for a in clause.anchors if a is not anchor and a.chosen]
    if previous and any(t.lower in PRONOUNS for t in clause.tokens):
        made += [a.chosen.makes for a in previous.anchors if a.chosen and not a.chosen.acts][-1:]
    kinds = {kind for kind in made if kind} | ({t.kind for t in clause.tokens} & {"url", "email"})
    kinds |= {"path" for t in clause.tokens if t.at in sheet.names.files}
    quoted = [t for t in clause.tokens if t.kind == "quoted" and not _named(sheet, t.at)]
    return kinds | {"text" for _ in quoted}


def _by_ending(sheet: Sheet, clause: Clause, tool: ToolPorts) -> int:
    """Say whether the first line of its description names the ending of the file."""
    places = {token.at for token in clause.tokens}
    files = [file for at, file in sheet.names.files.items() if at in places]
    endings = {PurePosixPath(file).suffix[1:].lower() for file in files}
    return int(bool(endings & {word.lower() for word in tool.hints}))


def _named(sheet: Sheet, at: int) -> bool:
    return at in sheet.names.files or sheet.names.column_at(at) is not None
