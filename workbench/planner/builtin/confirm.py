"""Readings that are literal and yet often not meant: the person confirms them."""

from __future__ import annotations

import re
from pathlib import PurePath

from workbench.planner.builtin.lexicon import DETERMINERS, reduction
from workbench.planner.builtin.lexicon import words as word_list
from workbench.planner.builtin.sheet import Made, Sheet

ENDINGS = word_list("csv tsv json jsonl parquet xlsx xls txt md html png svg pdf db")
"""Endings of files that the first line of a tool's description may name."""


def confirm(sheet: Sheet) -> None:
    """Ask about each reading that a careful colleague would ask about."""
    read: dict[str, Made] = {}
    for made in sheet.made:
        _confirm_presupposed(sheet, made)
        for port in made.ports.inputs:
            value = made.args.get(port.name)
            if port.kind == "path" and isinstance(value, str):
                _confirm_ending(sheet, made, value)
            if port.kind == "path" and isinstance(value, str) and not made.ports.acts:
                read[value] = made
            elif port.kind == "path" and isinstance(value, str) and value in read:
                _confirm_overwriting(sheet, made, value)
            if port.kind == "choice" and reduction(str(value)) == "count":
                _confirm_count(sheet, made)


def _confirm_overwriting(sheet: Sheet, made: Made, path: str) -> None:
    words = sheet.words_in(made.clause)
    text = f"{made.ports.name} would change {path}, which the plan also reads. Is that meant?"
    choices = {"yes": f"Yes, change {path}"}
    sheet.dialogue.ask("overwrite", f"{path}: {words}", text, why=words, choices=choices)


def _confirm_count(sheet: Sheet, made: Made) -> None:
    """`count countries` may mean different countries; counting a column counts its rows."""
    for mention in sheet.names.columns.values():
        said = [sheet.tokens[at] for at in mention.span]
        plural = " ".join(token.text for token in said) != mention.name
        if mention.name == made.measure and mention.first in made.words and plural:
            words = sheet.words_in(made.clause)
            text = (
                f"In “{words}”, {made.ports.name} counts the rows that have a {mention.name}, not "
                "how many different ones there are. Is that meant?"
            )
            choices = {"rows": "Yes, count the rows"}
            sheet.dialogue.ask("count", words, text, why=words, choices=choices)


def _confirm_ending(sheet: Sheet, made: Made, path: str) -> None:
    """A tool that names the files it is for may not be for this one."""
    named = set(re.findall(r"\w+", made.ports.tool.summary.lower())) & ENDINGS
    ending = PurePath(path).suffix[1:].lower()
    if named and ending not in named:
        text = f"{made.ports.name} is for {', '.join(sorted(named))} files. Use it for {path}?"
        choices = {"yes": f"Yes, use it for {path}"}
        subject = f"{made.ports.name} {path}"
        sheet.dialogue.ask(
            "ending", subject, text, why=sheet.words_in(made.clause), choices=choices
        )


def _confirm_presupposed(sheet: Sheet, made: Made) -> None:
    """`mail the report` speaks of one that is there; if none is, a bare table would be in it."""
    if made.anchor is None or made.ports.acts or len(made.clause.acting) == 1:
        return
    before = sheet.tokens[made.anchor.tokens[0].at - 1] if made.anchor.tokens[0].at else None
    said = before is not None and before.lower in DETERMINERS
    sources = [sheet.by_id(step) for step in made.needs]
    columns = any(p.kind == "column" and p.name in made.args for p in made.ports.inputs)
    if said and not columns and sources and all(source.anchor is None for source in sources):
        words = sheet.words_in(made.clause)
        noun = made.anchor.tokens[-1].text
        names = ", ".join(source.id for source in sources)
        text = f"“{words}” speaks of a {noun} that nothing makes yet. Make it from {names} alone?"
        choices = {"make": f"Yes, make it with {made.ports.name}"}
        sheet.dialogue.ask("presupposed", words, text, why=words, choices=choices)
