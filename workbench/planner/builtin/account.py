"""The account at the end: each word of the goal was used, carries nothing, or is asked about."""

from __future__ import annotations

from workbench.planner.builtin.ask import SKIP
from workbench.planner.builtin.lexicon import DETERMINERS, GENERIC, LIGHT, SEQUENCE
from workbench.planner.builtin.reading import Clause
from workbench.planner.builtin.sheet import Sheet, is_silent
from workbench.planner.builtin.words import Token, phrase


def account(sheet: Sheet) -> None:
    """Account for what carries nothing, then ask about all the rest."""
    _explain_generic(sheet)
    _explain_small_words(sheet)
    for clause in sheet.clauses:
        _ask_about_strangers(sheet, clause)
    _ask_about_leftovers(sheet)


def _explain_generic(sheet: Sheet) -> None:
    """Account for `the table`, `this file`, where a step of the clause has such a thing."""
    for clause in sheet.clauses:
        steps = [made for made in sheet.made if made.clause is clause]
        things = {thing for made in steps for thing in made.ports.things()}
        named = {word for made in steps for word in made.ports.name_words}
        for token in sheet.free(clause.tokens):
            if token.kind == "word" and (
                GENERIC.get(token.singular) in things or token.concept in named
            ):
                sheet.take(None, [token])
        for token in sheet.free(clause.tokens):
            after = token.at + 1
            if token.lower in DETERMINERS and after in sheet.used:
                sheet.take(None, [token])


def _explain_small_words(sheet: Sheet) -> None:
    """Account for words that carry nothing here: `please`, `first`, `make` before `a chart`."""
    sheet.take(None, [token for token in sheet.tokens if is_silent(token)])
    sheet.take(None, [token for token in sheet.tokens if token.kind in ("comma", "stop")])
    sheet.take(None, [token for token in sheet.tokens if token.raw == "&"])
    for clause in sheet.clauses:
        starts = [a.tokens[0].at for a in clause.acting if a.chosen]
        for token in sheet.free(clause.tokens):
            light = token.lower in LIGHT and any(at > token.at for at in starts)
            opens = token.lower in SEQUENCE and token.at + 1 in starts
            if light or opens:
                sheet.take(None, [token])


def _ask_about_strangers(sheet: Sheet, clause: Clause) -> None:
    """Ask when one clause calls for two tools that have nothing to do with each other."""
    steps = [made for made in sheet.made if made.clause is clause and made.anchor]
    if any(made.doubtful for made in steps):
        return
    for made in steps:
        related = sheet.ancestors(made) | {m.id for m in steps if made.id in sheet.ancestors(m)}
        if len(steps) > 1 and not any(m.id in related for m in steps if m is not made):
            words = sheet.words_in(clause)
            others = " and ".join(m.ports.name for m in steps if m is not made)
            text = f"In “{words}”, {made.ports.name} would have nothing to do with {others}. Right?"
            choices = {"apart": "Yes, do both, each by itself"}
            sheet.dialogue.ask("apart", words, text, why=words, choices=choices)
            return


def _ask_about_leftovers(sheet: Sheet) -> None:
    """Ask about every word that nothing used: what a person said is never dropped."""
    # What belongs to an open question may be settled by its answer; it comes back if it is not.
    doubtful = {t.at for m in sheet.made if m.doubtful for t in m.clause.tokens}
    group: list[Token] = []
    groups: list[list[Token]] = []
    for token in sheet.tokens:
        if token.kind in ("comma", "stop") or token.lower in ("and", "then"):
            group = []
        elif token.at not in sheet.used | doubtful:
            if not group:
                groups.append(group)
            group.append(token)
    for tokens in groups:
        words = phrase(sheet.goal, tokens)
        unused = ", ".join(f"“{token.text}”" for token in tokens)
        text = f"I do not know what to do about “{words}” (not used: {unused}). Leave it out?"
        choices = {SKIP: f"Leave out “{words}”"}
        answer = sheet.dialogue.ask("unused", words, text, why=words, choices=choices)
        if answer == SKIP:
            sheet.take(None, tokens)
