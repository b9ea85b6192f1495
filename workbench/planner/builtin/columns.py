"""Columns: which of those that a clause names, or must name, goes to which port."""

from __future__ import annotations

from workbench.planner.builtin.lexicon import BY, GENERIC, PRONOUNS
from workbench.planner.builtin.mentions import Mention, is_name_like
from workbench.planner.builtin.ports import Port
from workbench.planner.builtin.reading import ARTICLES
from workbench.planner.builtin.sheet import Made, Sheet, is_silent
from workbench.planner.builtin.words import Token, phrase


def fill_columns(sheet: Sheet, made: Made) -> None:
    """Give columns by their place: after `by` the group, after the tool's own word the measure."""
    free = _mentions(sheet, made)
    for port in made.missing("column"):
        others = [p for p in made.missing("column") if p is not port]
        slot = [m for m in free if m[1] is not None] if port.group or not others else []
        if len(slot) == 1:
            take_column(sheet, made, port, slot[0][0], by=slot[0][1])
            free.remove(slot[0])
    plain = [m for m, by in free if by is None]
    ports = [port for port in made.missing("column") if not port.group]
    ports = ports or (made.missing("column") if len(made.ports.columns) == 1 else [])
    if len(ports) == 1 and plain:
        follows = [m for m in plain if _follows(sheet, made, m)] or plain
        if len(follows) == 1:
            take_column(sheet, made, ports[0], follows[0])
    lists = made.missing("columns")
    if len(lists) == 1:
        rest = _mentions(sheet, made)
        names = [mention.name for mention, _ in rest]
        if names:
            made.args[lists[0].name] = names
            for mention, by in rest:
                sheet.take(made, [*mention.span, *([by] if by else [])])


def take_column(
    sheet: Sheet, made: Made, port: Port, mention: Mention, by: Token | None = None
) -> None:
    """Give a column to a step, with the `by` before it."""
    made.args[port.name] = mention.name
    if port.group:
        made.group = mention.name
    else:
        made.measure = mention.name
    sheet.take(made, [*mention.span, *([by] if by else [])])


def _mentions(sheet: Sheet, made: Made) -> list[tuple[Mention, Token | None]]:
    """Give the free mentions of the clause, from the step's own words on if there are any, with `by`."""
    places = {token.at for token in sheet.free(made.clause.tokens)}
    found = [m for m in sheet.names.columns.values() if m.first in places]
    if made.anchor is not None:
        later = [m for m in found if m.first > made.anchor.tokens[0].at]
        found = later or found
    pairs: list[tuple[Mention, Token | None]] = []
    for mention in found:
        before = sheet.before(sheet.tokens[mention.first])
        pairs.append((mention, before if before and before.lower in BY else None))
    return pairs


def _follows(sheet: Sheet, made: Made, mention: Mention) -> bool:
    """Say whether only silent words stand between the step's own words and the column."""
    if made.anchor is None:
        return False
    last = max((t.at for t in made.anchor.tokens if t.at < mention.first), default=mention.first)
    return all(is_silent(sheet.tokens[at]) for at in range(last + 1, mention.first))


def ask_column(sheet: Sheet, made: Made, port: Port) -> None:
    """Settle a required column that no known name was found for.

    A word in the column's place is asked about; only where nobody knows the columns, and it is written
    as nothing but a name is, it is taken at its word.
    """
    tokens = _in_place(sheet, made, port)
    sheet.take(made, tokens)
    own = made.anchor.tokens if made.anchor else []
    said = [token for token in tokens if token.lower not in BY and token not in own]
    words = phrase(sheet.goal, said)
    if len(said) == 1 and not sheet.names.sure and is_name_like(said[0]):
        _set(made, port, said[0].text)
        return
    clause = sheet.words_in(made.clause)
    known = made.columns or sheet.names.choices
    text = f"{made.ports.name} needs a column as {port.name!r} for “{clause}”. Which one?"
    if words:
        text = f"Which column is “{words}” in “{clause}”?"
    choices = {name: name for name in known}
    if not known and len(said) == 1:
        choices = {words: f"It is called {words}"}
    answer = sheet.dialogue.ask(
        "column",
        f"{made.ports.name}.{port.name} {words}: {clause}",
        text,
        why=clause,
        choices=choices,
        accept=None if sheet.names.sure else bool,
    )
    if answer is not None:
        _set(made, port, answer)


def _in_place(sheet: Sheet, made: Made, port: Port) -> list[Token]:
    """Give the words that stand where the column should: after `by`, or after the tool's own."""
    free = sheet.free(made.clause.tokens)
    if port.group:
        start = [t for t in free if t.lower in BY]
    else:
        start = made.anchor.tokens[-1:] if made.anchor else []
    if not start:
        return []
    found: list[Token] = []
    for token in sheet.tokens[start[0].at + 1 :]:
        if not found and token.lower in ARTICLES | {"of"}:
            continue
        strange = token.kind in ("word", "quoted") and token.at not in sheet.used
        known = {token.lower, token.singular} & (PRONOUNS | BY | GENERIC.keys())
        if not strange or is_silent(token) or known or token not in made.clause.tokens:
            break
        found.append(token)
    return [*start, *found] if found else []


def _set(made: Made, port: Port, name: str) -> None:
    made.args[port.name] = name
    if port.group:
        made.group = name
    else:
        made.measure = name


def fill_column_lists(sheet: Sheet) -> None:
    """Let `check the columns` mean those that the rest of the plan uses; ask when there are none."""
    places = {mention.name: mention.first for mention in sheet.names.columns.values()}
    for made in sheet.made:
        for port in made.missing("columns"):
            if not port.required:
                continue
            later = [m for m in sheet.made if made.id in sheet.ancestors(m)]
            used = [
                str(m.args[p.name])
                for m in later
                for p in m.ports.columns
                if isinstance(m.args.get(p.name), str)
            ]
            names = [n for n in dict.fromkeys(used) if not made.columns or n in made.columns]
            names.sort(key=lambda name: places.get(name, 0))
            made.args[port.name] = names or _ask_for_columns(sheet, made, port.name)


def _ask_for_columns(sheet: Sheet, made: Made, argument: str) -> list[str] | None:
    words = sheet.words_in(made.clause)
    known = made.columns or sheet.names.choices
    offer = f" There are: {', '.join(known)}." if known else ""
    text = (
        f"Which columns does {made.ports.name} need in “{words}”? Separate them by commas.{offer}"
    )

    def accept(said: str) -> bool:
        return bool(_split(said)) and (not known or set(_split(said)) <= set(known))

    subject = f"{made.ports.name}.{argument}: {words}"
    answer = sheet.dialogue.ask("columns", subject, text, why=words, accept=accept)
    return _split(answer) if answer else None


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
