"""Columns: which of those that a clause names, or must name, goes to which port."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.planner.builtin.lexicon import ARTICLES, BY, GENERIC, PRONOUNS
from workbench.planner.builtin.mentions import Mention, is_name_like
from workbench.planner.builtin.ports import Port
from workbench.planner.builtin.sheet import Made, Sheet, is_silent
from workbench.planner.builtin.words import Token, phrase


@dataclass(frozen=True)
class Named:
    """A column that a clause names, and the `by` that makes it a group."""

    mention: Mention
    by: Token | None

    @property
    def tokens(self) -> list[int]:
        """The tokens that it takes, its `by` included."""
        return [*self.mention.span, *([self.by.at] if self.by else [])]


def fill_columns(sheet: Sheet, made: Made) -> None:
    """Give columns by their place: after `by` the groups, after the tool's own word the measure."""
    # What stands before the tool's own words comes second: `for each region compute the maximum`.
    for before in (False, True):
        _fill_groups(sheet, made, before=before)
        _fill_plain(sheet, made, before=before)


def _fill_groups(sheet: Sheet, made: Made, *, before: bool) -> None:
    alone = len(made.ports.columns) == 1
    for port in made.missing("column", "columns"):
        grouped = [n for n in _named(sheet, made, before=before) if n.by is not None]
        if (port.group or alone) and grouped and (port.many or len(grouped) == 1):
            _give(sheet, made, port, grouped)


def _fill_plain(sheet: Sheet, made: Made, *, before: bool) -> None:
    alone = len(made.ports.columns) == 1
    for port in made.missing("column", "columns"):
        plain = [n for n in _named(sheet, made, before=before) if n.by is None]
        if not port.many and len(plain) > 1:
            plain = [n for n in plain if _follows(sheet, made, n.mention)]
        if _is_counted(sheet, made, plain):
            continue
        if (alone or not port.group) and plain and (port.many or len(plain) == 1):
            _give(sheet, made, port, plain)


def _is_counted(sheet: Sheet, made: Made, plain: list[Named]) -> bool:
    """Say whether a column of texts stands right behind a number: `the highest 3 days`.

    It says of what there are so many, and not by what they are the highest.
    """
    own = (
        {token.at for token in made.anchor.tokens if token.kind == "number"} if made.anchor else ()
    )
    texts = {column for columns in sheet.names.values.values() for column in columns}
    return any(n.mention.first - 1 in own and n.mention.name in texts for n in plain)


def _give(sheet: Sheet, made: Made, port: Port, named: list[Named]) -> None:
    set_columns(made, port, [n.mention.name for n in named])
    for name in named:
        sheet.take(made, name.tokens)


def set_columns(made: Made, port: Port, names: list[str]) -> None:
    """Set a column argument, and note which column makes the groups and which is measured."""
    made.args[port.name] = list(names) if port.many else names[0]
    if port.group:
        made.group = names[0] if len(names) == 1 else None
    elif port.kind == "column":
        made.measure = names[0]


def _named(sheet: Sheet, made: Made, *, before: bool) -> list[Named]:
    """Give the free columns between the step's own words and the next step's; or those before."""
    places = {token.at for token in sheet.free(made.clause.tokens)}
    found = [m for m in sheet.names.columns.values() if m.first in places]
    if made.anchor is not None:
        own = made.anchor.tokens[0].at
        others = [anchor.tokens[0].at for anchor in made.clause.acting if not anchor.whole]
        start = max((at for at in others if at < own), default=-1) if before else own
        end = own if before else min((at for at in others if at > own), default=len(sheet.tokens))
        found = [mention for mention in found if start < mention.first < end]
    named: list[Named] = []
    for mention in found:
        by = sheet.before(sheet.tokens[mention.first])
        if by is not None and by.lower in BY:
            named.append(Named(mention, by))
        elif named and named[-1].by is not None and _goes_on(sheet, named[-1], mention):
            named.append(Named(mention, named[-1].by))
        else:
            named.append(Named(mention, None))
    return named


def _goes_on(sheet: Sheet, named: Named, mention: Mention) -> bool:
    """Say whether a list of groups goes on: `by region and product`, not `…, units by product`."""
    between = sheet.tokens[named.mention.last + 1 : mention.first]
    joined = bool(between) and all(t.lower == "and" or t.kind == "comma" for t in between)
    after = sheet.tokens[mention.last + 1 : mention.last + 2]
    return joined and not any(token.lower in BY for token in after)


def _follows(sheet: Sheet, made: Made, mention: Mention) -> bool:
    """Say whether only silent words stand between the step's own words and the column."""
    if made.anchor is None:
        return False
    last = max((t.at for t in made.anchor.tokens if t.at < mention.first), default=mention.first)
    return all(is_silent(sheet.tokens[at]) for at in range(last + 1, mention.first))


def ask_column(sheet: Sheet, made: Made, port: Port) -> None:
    """Settle a required column that no known name was found for.

    A word in the column's place is asked about; only where nobody knows the columns, and it is
    written as nothing but a name is, it is taken at its word.
    """
    tokens = _in_place(sheet, made, port)
    sheet.take(made, tokens)
    own = made.anchor.tokens if made.anchor else []
    said = [token for token in tokens if token.lower not in BY and token not in own]
    words = phrase(sheet.goal, said)
    if len(said) == 1 and not sheet.names.sure and is_name_like(said[0]):
        set_columns(made, port, [said[0].text])
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
        set_columns(made, port, [answer])


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


def fill_column_lists(sheet: Sheet) -> None:
    """Let `check the columns` mean those that the plan uses after it; ask when there are none."""
    places = {mention.name: mention.first for mention in sheet.names.columns.values()}
    for made in sheet.made:
        for port in made.missing("columns"):
            if not port.required or port.group:
                continue
            used = [name for later in _on_the_same(sheet, made) for name in _columns_of(later)]
            names = [n for n in dict.fromkeys(used) if not made.columns or n in made.columns]
            names.sort(key=lambda name: places.get(name, 0))
            made.args[port.name] = names or _ask_for_columns(sheet, made, port.name)


def _on_the_same(sheet: Sheet, made: Made) -> list[Made]:
    """Give the steps after this one that work on what it looked at, or on what it made."""
    origin = sheet.ancestors(made) | {made.id}
    later = sheet.made[sheet.made.index(made) + 1 :]
    return [other for other in later if sheet.ancestors(other) & origin]


def _columns_of(made: Made) -> list[str]:
    """Give the columns that a step names, what is measured first."""
    ports = [p for p in made.ports.inputs if p.kind in ("column", "columns")]
    names: list[str] = []
    for port in sorted(ports, key=lambda port: port.group):
        value = made.args.get(port.name)
        names += value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return names


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
