"""Two readings that are literal and yet often not meant: the person confirms them."""

from __future__ import annotations

from workbench.planner.builtin.lexicon import reduction
from workbench.planner.builtin.sheet import Made, Sheet


def confirm(sheet: Sheet) -> None:
    """Ask before a step counts rows where things may be meant, or writes over what the plan reads."""
    read: dict[str, Made] = {}
    for made in sheet.made:
        for port in made.ports.inputs:
            value = made.args.get(port.name)
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
                f"In “{words}”, {made.ports.name} counts the rows that have a {mention.name}, not how "
                "many different ones there are. Is that meant?"
            )
            choices = {"rows": "Yes, count the rows"}
            sheet.dialogue.ask("count", words, text, why=words, choices=choices)
