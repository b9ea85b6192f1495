"""Arguments from the words of a clause: each value goes to the one port that it can mean."""

from __future__ import annotations

import itertools
from pathlib import PurePath

from workbench.planner.builtin.columns import fill_columns
from workbench.planner.builtin.compare import fill_comparison
from workbench.planner.builtin.give import give, read_value
from workbench.planner.builtin.lexicon import SEQUENCE, reduction, stem
from workbench.planner.builtin.ports import Port
from workbench.planner.builtin.sheet import Made, Sheet, is_silent
from workbench.planner.builtin.words import Token

INTO = frozenset({"to", "into", "as", "in", "at"})
"""Before the path that something is written to."""
OUT_OF = frozenset({"from", "of", "with", "about", "on", "using", "for"})
"""Before the path that something is read from."""
NOT_TO = frozenset({"from", "cc", "bcc", "of", "by"})
"""Before an address that nothing is sent to."""


def fill(sheet: Sheet, made: Made) -> None:
    """Fill the arguments of a step with what its clause says; what fits two ports goes to none."""
    if made.anchor is not None:
        made.args.update(made.anchor.candidates.get(made.ports.name, {}))
        sheet.take(made, made.anchor.tokens)
    _fill_named(sheet, made)
    _fill_choices(sheet, made)
    _fill_paths(sheet, made)
    _fill_addresses(sheet, made)
    fill_columns(sheet, made)
    _ask_about_order(sheet, made)
    fill_comparison(sheet, made)
    _fill_numbers(sheet, made)
    _fill_quoted(sheet, made)


def _fill_named(sheet: Sheet, made: Made) -> None:
    """Fill what is named: `subject "Hello"`, `digits 2`."""
    wanted = {"label": ("quoted",), "text": ("quoted",), "url": ("url", "quoted")}
    wanted |= {"value": ("quoted", "number", "date"), "number": ("number",), "email": ("email",)}
    for port in made.missing(*wanted):
        for token in sheet.free(made.clause.tokens):
            after = _next(sheet, token)
            # `to a@x.org and b@x.org` is no name and value: all addresses are given at once.
            named = token.kind == "word" and token.stem in port.words and not is_silent(token)
            if named and after and after.kind in wanted[port.kind]:
                give(sheet, made, port, read_value(after), [token, after])
                break


def _fill_choices(sheet: Sheet, made: Made) -> None:
    """Fill choices and switches that the clause says word for word."""
    words = [t for t in sheet.free(made.clause.tokens) if t.kind in ("word", "quoted")]
    words = [t for t in words if sheet.names.column_at(t.at) is None and not is_silent(t)]
    for port in made.missing("choice"):
        known = [t for t in words if t.lower not in SEQUENCE]
        said = {c: t for t in known for c in port.choices if t.lower == c.lower()}
        if len(said) == 1:
            ((choice, token),) = said.items()
            give(sheet, made, port, choice, [token])
    _fill_order(sheet, made)
    for port in made.missing("flag"):
        said = {t.stem: t for t in words if port.words == {t.stem}}
        for token in said.values():
            give(sheet, made, port, True, [token])


def _fill_order(sheet: Sheet, made: Made) -> None:
    """Fill the switch of a sort from `largest first`."""
    ports = [port for port in made.missing("flag") if port.words & _DESCENDING]
    free = sheet.free(made.clause.tokens)
    for token, after in itertools.pairwise(free):
        wanted = reduction(token.text)
        orders = after.at == token.at + 1 and after.lower == "first"
        if len(ports) == 1 and orders and wanted in ("max", "min"):
            give(sheet, made, ports[0], wanted == "max", [token, after])
            return


def _ask_about_order(sheet: Sheet, made: Made) -> None:
    """Ask when one word would turn the order of several columns: it may be said of one alone."""
    said = [(port, made.args.get(port.name)) for port in made.ports.inputs]
    turned = any(value is True for port, value in said if port.words & _DESCENDING)
    lists = [value for port, value in said if port.kind == "columns" and isinstance(value, list)]
    for columns in (names for names in lists if turned and len(names) > 1):
        words = sheet.words_in(made.clause)
        each = " and ".join(columns)
        text = f"In “{words}”, {each} would each go from the largest to the smallest. Right?"
        sheet.dialogue.ask("order", words, text, why=words, choices=_ALL)


_ALL = {"each": "Yes, each of them"}
_DESCENDING = frozenset(map(stem, ("descending", "desc", "reverse")))


def _fill_paths(sheet: Sheet, made: Made) -> None:
    ports = [p for p in made.missing("path") if p.required] or made.missing("path")
    if len(ports) == len(_FROM_TO):
        _fill_from_to(sheet, made, ports)
    if len(ports) != 1:
        return
    there = [t for t in sheet.free(made.clause.tokens) if t.at in sheet.names.files]
    can = [token for token in there if _path_fits(sheet, made, token)]
    if len(can) == 1:
        take_path(sheet, made, ports[0], can[0])


_FROM_TO = ("from", "to")
_TARGETS = frozenset(map(stem, ("to", "target", "dest", "destination", "new", "output")))


def _fill_from_to(sheet: Sheet, made: Made, ports: list[Port]) -> None:
    """Fill `move a.csv to b.csv`: one port is named for the target, one path stands after `to`."""
    targets = [port for port in ports if port.words & _TARGETS]
    there = [t for t in sheet.free(made.clause.tokens) if t.at in sheet.names.files]
    after = [t for t in there if (b := sheet.before(t)) is not None and b.lower in ("to", "into")]
    if len(targets) != 1 or len(there) != len(_FROM_TO) or len(after) != 1:
        return
    source = next(port for port in ports if port is not targets[0])
    take_path(sheet, made, source, next(t for t in there if t is not after[0]))
    take_path(sheet, made, targets[0], after[0])


def take_path(sheet: Sheet, made: Made, port: Port, token: Token) -> None:
    """Give a path to a step; a file to read must be there, if anybody knows what is there."""
    name = sheet.names.files[token.at]
    listing = sheet.listing
    absent = listing.known and listing.complete and name not in listing.files
    if absent and not made.ports.acts and not PurePath(name).is_absolute():
        close = {file: file for file in listing.close_to(name)}
        answer = sheet.dialogue.ask(
            "file",
            name,
            f"There is no file {name} in the workspace. Which one is meant?",
            why=name,
            choices=close,
            accept=lambda text: listing.find(text) is not None,
        )
        sheet.take(made, [token])
        if answer is None:
            made.args[port.name] = name
            return
        name = listing.find(answer) or answer
    give(sheet, made, port, name, [token])
    made.columns = listing.columns.get(name, made.columns)


def _path_fits(sheet: Sheet, made: Made, token: Token) -> bool:
    """Say whether the word before a path lets this tool have it: nobody overwrites `from x.csv`."""
    before = sheet.before(token)
    if not made.ports.acts:
        return before is None or before.lower not in ("to", "into", "as")
    if before is None or token.kind != "path":
        return False
    if before.lower == "in":
        return sheet.names.files[token.at] not in sheet.listing.files
    own = made.anchor is not None and before in made.anchor.tokens
    return before.lower in INTO | {"file"} or own


def _fill_addresses(sheet: Sheet, made: Made) -> None:
    for kind in ("email", "url"):
        ports = [p for p in made.missing(kind) if p.required] or made.missing(kind)
        there = [t for t in sheet.free(made.clause.tokens) if t.kind == kind]
        can = [t for t in there if (b := sheet.before(t)) is None or b.lower not in NOT_TO]
        if len(ports) == 1 and len(can) == 1:
            give(sheet, made, ports[0], can[0].text, can)
        elif len(ports) == 1 and can and made.fits(ports[0], [token.text for token in can]):
            made.args[ports[0].name] = [token.text for token in can]
            sheet.take(made, can)


_COUNTS = frozenset(map(stem, ("n", "k", "count", "limit", "number", "rows", "top")))
"""Names of arguments that the number in `top 5` is."""


def _fill_numbers(sheet: Sheet, made: Made) -> None:
    """Fill `top 5`: a number right after the tool's own word, if only one port can take it."""
    ports = [p for p in made.missing("number") if p.required] or made.missing("number")
    numbers = [t for t in sheet.free(made.clause.tokens) if t.kind == "number"]
    if len(ports) != 1 or len(numbers) != 1 or made.anchor is None:
        return
    number = numbers[0]
    after = _next(sheet, number)
    own = number.at > 0 and sheet.tokens[number.at - 1] in made.anchor.tokens
    if own and (ports[0].required or ports[0].words & _COUNTS):
        give(sheet, made, ports[0], read_value(number), [number])
    elif after is not None and after.stem in ports[0].words:
        give(sheet, made, ports[0], read_value(number), [number, after])


def _fill_quoted(sheet: Sheet, made: Made) -> None:
    ports = [p for p in made.missing("text", "value", "label") if p.required]
    quoted = [t for t in sheet.free(made.clause.tokens) if t.kind == "quoted"]
    quoted = [t for t in quoted if sheet.names.column_at(t.at) is None]
    if len(ports) == 1 and len(quoted) == 1:
        give(sheet, made, ports[0], quoted[0].text, quoted)


def _next(sheet: Sheet, token: Token) -> Token | None:
    after = token.at + 1
    while after < len(sheet.tokens) and sheet.tokens[after].lower in ("is", "=", ":", "of"):
        after += 1
    return sheet.tokens[after] if after < len(sheet.tokens) else None
