"""Comparisons: `year is at least 2007`."""

from __future__ import annotations

from workbench.planner.builtin.give import give, read_value
from workbench.planner.builtin.lexicon import COMPARING, COMPARISONS
from workbench.planner.builtin.mentions import JOINED
from workbench.planner.builtin.ports import Port
from workbench.planner.builtin.sheet import Made, Sheet, is_silent
from workbench.planner.builtin.words import Token, phrase


def fill_comparison(sheet: Sheet, made: Made) -> None:
    """Fill `year is at least 2007`: the comparison, and the value that stands after it."""
    ports = [p for p in made.missing("choice") if _compares(p)]
    values = made.missing("value", "number")
    if len(ports) != 1 or len(values) != 1:
        return
    tokens = made.clause.tokens
    for at in range(len(tokens)):
        for words, sign in COMPARING.items():
            run = tokens[at : at + len(words)]
            if tuple(t.lower for t in run) != words or len(sheet.free(run)) != len(words):
                continue
            choice = next((c for c in ports[0].choices if c in COMPARISONS[sign]), None)
            behind = tokens[at + len(words) :]
            operand = _operand(behind) or _known(sheet, made, behind)
            if choice:
                give(sheet, made, ports[0], choice, run)
            if choice and operand:
                _give_value(sheet, made, values[0], operand)
            elif choice:
                _ask_value(sheet, made, values[0], behind)
            return


def _compares(port: Port) -> bool:
    return any(choice in COMPARISONS["=="] for choice in port.choices)


def _operand(tokens: list[Token]) -> list[Token]:
    """Give the value at the start: a number, a date, a quoted text, or a name in capitals."""
    if tokens and tokens[0].kind in ("number", "date", "quoted"):
        return tokens[:1]
    names: list[Token] = []
    for token in tokens:
        if token.kind != "word" or not token.text[:1].isupper():
            break
        names.append(token)
    return names


def _known(sheet: Sheet, made: Made, tokens: list[Token]) -> list[Token]:
    """Give the words at the start that are a value of the step's column: `is setosa`."""
    columns = {made.args.get(port.name) for port in made.ports.columns}
    for length in range(min(JOINED, len(tokens)), 0, -1):
        text = " ".join(token.text for token in tokens[:length])
        if columns & set(sheet.names.values.get(text, ())):
            return tokens[:length]
    return []


def _ask_value(sheet: Sheet, made: Made, port: Port, tokens: list[Token]) -> None:
    """Ask whether a plain word is what to compare with: `is north` may be, `is missing` is not."""
    said: list[Token] = []
    for token in sheet.free(tokens):
        if token.kind != "word" or is_silent(token) or (said and token.at != said[-1].at + 1):
            break
        said.append(token)
    if not said:
        return
    words = sheet.words_in(made.clause)
    value = phrase(sheet.goal, said)
    text = f"In “{words}”, is “{value}” the very text to compare with?"
    choices = {value: f"Yes, the text “{value}”"}
    subject = f"{value}: {words}"
    answer = sheet.dialogue.ask("compare", subject, text, why=words, choices=choices, accept=bool)
    sheet.take(made, said)
    made.args[port.name] = answer


def _give_value(sheet: Sheet, made: Made, port: Port, tokens: list[Token]) -> bool:
    """Give a value, as a number where the schema takes one, else as it is written."""
    text = " ".join(token.text for token in tokens)
    value = read_value(tokens[0]) if len(tokens) == 1 else text
    return give(sheet, made, port, value, tokens) or give(sheet, made, port, text, tokens)
