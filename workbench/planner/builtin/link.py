"""Who hands what to whom: references to earlier steps, chosen by type, by columns, and by `it`."""

from __future__ import annotations

from workbench.planner.builtin.lexicon import DETERMINERS, PRONOUNS
from workbench.planner.builtin.ports import Port
from workbench.planner.builtin.sheet import Made, Sheet, is_silent, reference
from workbench.planner.builtin.words import Token


def link(sheet: Sheet, made: Made, port: Port) -> bool:
    """Give a port the output of an earlier step; False when none makes it, or it must ask."""
    kind = port.live if port.kind == "live" else "text"
    candidates = [m for m in sheet.made if m.ports.makes == kind and not m.ports.acts]
    if not candidates:
        return False
    open_ends = _open_ends(sheet, candidates, kind)
    source = _gone_on_with(made, candidates) or _pointed_at(sheet, made, candidates)
    source = source or _beside(made, candidates)
    if source is None and not port.required and port.kind == "live":
        return _link_optional(sheet, made, port, open_ends)
    if source is None:
        source = _meant_by_it(sheet, made, candidates, open_ends)
    if source is None and port.many and not made.doubtful:
        made.args[port.name] = [reference(m) for m in open_ends]
        return True
    if source is None and not made.doubtful and not _open_pronoun(sheet, made, port):
        source = _by_columns(sheet, made, candidates, open_ends)
    if source is None:
        return False
    made.args[port.name] = [reference(source)] if port.many else reference(source)
    return True


def _open_ends(sheet: Sheet, candidates: list[Made], kind: str) -> list[Made]:
    """Give those that no later step turned into another thing of the same kind."""
    return [m for m in candidates if not any(c.ports.makes == kind for c in sheet.consumers(m))]


def _gone_on_with(made: Made, candidates: list[Made]) -> Made | None:
    """Give the step that this one goes on with, condition after condition."""
    onto = made.anchor.onto if made.anchor is not None else None
    return next((m for m in candidates if onto is not None and m.anchor is onto), None)


def _pointed_at(sheet: Sheet, made: Made, candidates: list[Made]) -> Made | None:
    """Give the step that the clause names again: `mail the report`."""
    for anchor in made.clause.anchors:
        for candidate in candidates:
            named = anchor.target is not None and candidate.anchor is anchor.target
            if named and candidate is not made and _has_columns(made, candidate):
                sheet.take(made, anchor.tokens)
                return candidate
    return None


def _beside(made: Made, candidates: list[Made]) -> Made | None:
    """Give the one step of the same clause that makes it: `write a report to …`."""
    beside = [m for m in candidates if m.clause is made.clause and m.anchor is not None]
    if len(beside) != 1 or beside[0].ports is made.ports:
        return None
    return _with_its_conditions(beside[0], candidates)


def _with_its_conditions(made: Made, candidates: list[Made]) -> Made:
    """Give the last of those that go on with a step, condition after condition."""
    for other in candidates:  # in the order in which they were made
        if other.anchor is not None and other.anchor.onto is made.anchor:
            made = other
    return made


def pronoun(sheet: Sheet, made: Made) -> Token | None:
    """Give the clause's `it` that stands for something and is not explained yet."""
    for token in sheet.free(made.clause.tokens):
        if token.lower not in PRONOUNS or token.kind != "word":
            continue
        after = sheet.tokens[token.at + 1] if token.at + 1 < len(sheet.tokens) else None
        before_noun = after is not None and after.kind == "word" and not is_silent(after)
        if not (token.lower in DETERMINERS and before_noun):
            return token
    return None


def latest(sheet: Sheet, made: Made) -> Made | None:
    """Give what was made last in the clauses before: what `it` stands for."""
    earlier = [
        m
        for m in sheet.made
        if m.clause is not made.clause and m.anchor is not None and not m.ports.acts
    ]
    return earlier[-1] if earlier else None


def _open_pronoun(sheet: Sheet, made: Made, port: Port) -> bool:
    """Say whether an unexplained `it` could be this port, so that nothing else may fill it."""
    near = latest(sheet, made)
    if pronoun(sheet, made) is None or near is None:
        return False
    return not any(_accepts(p, near) for p in made.ports.inputs if p is not port)


def _accepts(port: Port, source: Made) -> bool:
    made = source.ports.makes
    return bool(made) and (port.live == made or (port.kind == "text" and made == "text"))


def _meant_by_it(
    sheet: Sheet, made: Made, candidates: list[Made], open_ends: list[Made]
) -> Made | None:
    """Give what `it` stands for: the latest thing, if it is the only one of its kind; else ask."""
    token = pronoun(sheet, made)
    near = latest(sheet, made)
    if token is None or near is None:
        return None
    alone = [m for m in open_ends if m.clause is not made.clause] in ([near], [])
    if near in candidates and alone and _has_columns(made, near):
        sheet.take(made, [token])
        return near
    other = any(_accepts(p, near) for p in made.ports.inputs) and near not in candidates
    if other:
        return None
    words = sheet.words_in(made.clause)
    choices = {m.id: f"The output of {m.id} ({sheet.words_of(m)})" for m in open_ends}
    text = f"What does “{token.text}” stand for in “{words}”?"
    answer = sheet.dialogue.ask("it", words, text, why=words, choices=choices)
    sheet.take(made, [token])
    made.doubtful = answer is None
    return sheet.by_id(answer) if answer else None


def _link_optional(sheet: Sheet, made: Made, port: Port, open_ends: list[Made]) -> bool:
    """Give an optional port what would otherwise be used by nobody."""
    idle = [m for m in open_ends if not any(True for _ in sheet.consumers(m))]
    if port.many and idle:
        made.args[port.name] = [reference(m) for m in idle]
    elif len(idle) == 1:
        made.args[port.name] = reference(idle[0])
    return port.name in made.args


def _by_columns(
    sheet: Sheet, made: Made, candidates: list[Made], open_ends: list[Made]
) -> Made | None:
    """Give the one open end that has the step's columns, else the latest step that has them."""
    able = [m for m in candidates if _has_columns(made, m)]
    ends = [m for m in open_ends if m in able]
    if len(ends) == 1 and ends[0].ports is not made.ports:
        return ends[0]
    if not ends and able:
        return able[-1]
    if not able:
        ends = open_ends
    words = sheet.words_in(made.clause)
    # A tool twice in a row: on its own result, or beside it on the same source?
    options = {m.id: m for end in ends for m in (end, *_sources(sheet, end, able))}
    choices = {name: f"The output of {name} ({sheet.words_of(m)})" for name, m in options.items()}
    text = f"What should {made.ports.name} work on in “{words}”?"
    answer = sheet.dialogue.ask("source", f"{made.id}: {words}", text, why=words, choices=choices)
    made.doubtful = answer is None
    return sheet.by_id(answer) if answer else None


def _has_columns(made: Made, source: Made) -> bool:
    """Say whether a source has, or may have, every column that the step names."""
    wanted = {
        name
        for port in made.ports.inputs
        if port.kind in ("column", "columns") and port.name in made.args
        for name in _as_list(made.args[port.name])
    }
    return source.columns is None or wanted <= set(source.columns)


def _sources(sheet: Sheet, end: Made, able: list[Made]) -> list[Made]:
    return [sheet.by_id(step) for step in end.needs if sheet.by_id(step) in able]


def _as_list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
