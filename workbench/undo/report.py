"""What becomes, or became, of each effect of a run that is taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.events import UndoOutcome
from workbench.tools import Effect, Tool
from workbench.undo.derive import why_not
from workbench.undo.effects import Made
from workbench.values.said import Said
from workbench.values.summary import summarize
from workbench.view import RunView, StepView

OUTCOMES: dict[UndoOutcome, tuple[str, str]] = {
    "undone": ("will be undone", "undone"),
    "undone_with_traces": ("will be undone, leaves traces", "undone, with traces"),
    "not_undoable": ("cannot be undone: it stays", "not undone: it stays"),
    "unknown": ("not known", "not known"),
}
"""How an outcome is said, beforehand and afterwards."""
MADE_UP = ("cannot be undone: a correction will be made", "not undone: a correction was made")
"""The same of an effect that is final: its undo makes up for it, and takes nothing back."""


@dataclass(frozen=True)
class UndoRow:
    """One effect."""

    step: str
    tool: str
    intent: int
    """Place of its intent in the journal of the run that made it."""
    effect: Effect
    what: str
    """The arguments of its call, in short."""
    outcome: UndoOutcome
    why: str = field(default="", compare=False)
    told: tuple[str, ...] = field(default=(), compare=False)
    """Who is told again by the undo."""

    def said(self, *, preview: bool) -> str:
        """Say what will become of the effect, or what has."""
        final = self.effect == "irreversible" and self.outcome == "undone_with_traces"
        return (MADE_UP if final else OUTCOMES[self.outcome])[0 if preview else 1]


@dataclass(frozen=True)
class UndoReport(Said):
    """One row for each effect, the last one first; their outcomes add up to all of them.

    `run.undo_preview()` gives what will happen, `run.rollback()` what has happened.
    """

    run: str
    to: int
    """Place in the journal that is gone back to."""
    rows: tuple[UndoRow, ...] = ()
    preview: bool = field(default=False, compare=False)
    undo: str = field(default="", compare=False)
    """The run that undoes; empty: nothing had to be called."""
    state: str = field(default="", compare=False)
    """State of that run; not final while somebody must act."""
    open: tuple[str, ...] = field(default=(), compare=False)
    """Requests of that run that wait for a person, in words."""
    variables: str = field(default="", compare=False)
    """What became of the notebook's variables, in words; empty: there are none."""
    shared: tuple[str, ...] = field(default=(), compare=False)
    """Effects of the run that this one was forked from: they are undone from there only."""
    forks: tuple[str, ...] = field(default=(), compare=False)
    """Forks of the run that go on and share some of these effects, with their steps."""

    @property
    def going(self) -> list[str]:
        """Steps whose effects will be gone, or are."""
        return [row.step for row in self.rows if row.outcome.startswith("undone")]

    def of(self, outcome: UndoOutcome) -> list[UndoRow]:
        """Give the effects with one outcome."""
        return [row for row in self.rows if row.outcome == outcome]

    @property
    def counts(self) -> dict[UndoOutcome, int]:
        """Number of effects by outcome, each outcome named; together all effects."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found[outcome] for outcome in OUTCOMES}

    @property
    def outcomes(self) -> dict[str, UndoOutcome]:
        """Give the outcome by step; of a step with several effects, the worst."""
        order = list(OUTCOMES)
        found: dict[str, UndoOutcome] = {}
        for row in self.rows:
            known = found.get(row.step, row.outcome)
            found[row.step] = max(known, row.outcome, key=order.index)
        return found

    @property
    def undone(self) -> list[UndoRow]:
        """Effects that are gone without a trace."""
        return self.of("undone")

    @property
    def undone_with_traces(self) -> list[UndoRow]:
        """Effects that are gone, and others were told or can see it."""
        return self.of("undone_with_traces")

    @property
    def not_undoable(self) -> list[UndoRow]:
        """Effects that stand."""
        return self.of("not_undoable")

    @property
    def unknown(self) -> list[UndoRow]:
        """Effects of which nobody knows whether they stand."""
        return self.of("unknown")

    def __len__(self) -> int:
        """Count the effects."""
        return len(self.rows)

    def __iter__(self) -> Iterator[UndoRow]:
        """Iterate over the effects, the last one first."""
        return iter(self.rows)

    def __str__(self) -> str:
        """Say what becomes of each effect, one a line."""
        parts = [f"{n} {OUTCOMES[o][1]}" for o, n in self.counts.items() if n] or ["no effects"]
        if self.preview:
            parts = [f"{n} {OUTCOMES[o][0]}" for o, n in self.counts.items() if n] or parts
        head = "Going back would undo" if self.preview else "Rollback of"
        lines = [f"{head} {self.run} to event {self.to}: {'; '.join(parts)}."]
        for row in self.rows:
            told = f"; told again: {', '.join(row.told)}" if row.told else ""
            why = f" ({row.why})" if row.why else ""
            said = row.said(preview=self.preview)
            lines.append(f"  {row.step}: {row.tool} {row.what}: {said}")
            lines[-1] += f"{why}{told}"
        lines += [
            f"  {name}: shared, undone only from the run that made it" for name in self.shared
        ]
        lines += [
            f"  shared by a fork that goes on, and is not told: {name}" for name in self.forks
        ]
        lines += [f"  waits for you in run {self.undo}: {text}" for text in self.open]
        lines += [self.variables] if self.variables else []
        return "\n".join(lines)


def foreseen(
    run: str, to: int, effects: Iterable[Made], tools: Mapping[str, Tool] | None
) -> UndoReport:
    """Say what will become of each effect; without `tools`, as far as the journal knows."""
    rows = tuple(_row(made, tools, *_foresee(made, tools)) for made in _last_first(effects))
    return UndoReport(run=run, to=to, rows=rows, preview=True)


def report_of(
    run: str,
    to: int,
    effects: Iterable[Made],
    tools: Mapping[str, Tool] | None,
    undo: RunView | None,
) -> UndoReport:
    """Say what has become of each effect, by the run that undoes; None: nothing was called."""
    steps: dict[int, StepView] = {}
    questions = [] if undo is None else [one.opened for one in undo.open_requests]
    asked = {one.step: one.why for one in questions}
    if undo is not None and undo.plan is not None:
        named = ((step.undoes, undo.steps[step.id]) for step in undo.plan.steps)
        steps = {undoes.intent: stands for undoes, stands in named if undoes is not None}
    rows = tuple(
        _row(made, tools, *_became(made, steps[made.intent], asked))
        if made.intent in steps
        else _row(made, tools, *_foresee(made, tools, called=False))
        for made in _last_first(effects)
    )
    return UndoReport(
        run=run,
        to=to,
        rows=rows,
        undo=undo.run if undo is not None else "",
        state=undo.state if undo is not None else "succeeded",
        open=tuple(one.title for one in questions),
    )


def _last_first(effects: Iterable[Made]) -> list[Made]:
    return list(effects)[::-1]


def _clean(made: Made) -> UndoOutcome:
    return "undone" if made.effect == "reversible" else "undone_with_traces"


def _foresee(
    made: Made, tools: Mapping[str, Tool] | None, *, called: bool = True
) -> tuple[UndoOutcome, str]:
    why = why_not(made, tools)
    if why is None and called:
        return _clean(made), "" if made.sure else _unsure(tools[made.tool] if tools else None)
    if not made.sure:
        return "unknown", f"it is not known whether it happened; {why or 'it was not called'}"
    return "not_undoable", why or "its undo was not called"


def _unsure(tool: Tool | None) -> str:
    probed = tool is not None and tool.probe is not None
    looks = "it is looked for first" if probed else "its undo is called all the same"
    return f"it is not known whether it happened: {looks}"


def _became(made: Made, undo: StepView, asked: Mapping[str | None, str]) -> tuple[UndoOutcome, str]:
    if undo.state == "succeeded":
        return _clean(made), f"said to be undone by {undo.by}" if undo.by not in (
            "",
            "probe",
        ) else ""
    if undo.state == "skipped" and undo.by == "probe":
        return "undone", "it had not happened"
    if undo.state in ("running", "in_doubt") or (
        undo.state == "failed" and undo.happened is not False
    ):
        return "unknown", undo.error or "its undo is being made"
    why = undo.error or f"its undo is {undo.state}"
    if undo.state == "asking":
        why = f"its undo waits for your answer: {asked.get(undo.id, '').rstrip('.')}"
    return ("not_undoable" if made.sure else "unknown"), why


def _row(made: Made, tools: Mapping[str, Tool] | None, outcome: UndoOutcome, why: str) -> UndoRow:
    return UndoRow(
        step=made.step,
        tool=made.tool,
        intent=made.intent,
        effect=made.effect,
        what=made.args.summary or summarize(made.args.value),
        outcome=outcome,
        why=why,
        told=_told(made, tools) if outcome.startswith("undone") else (),
    )


def _told(made: Made, tools: Mapping[str, Tool] | None) -> tuple[str, ...]:
    """Ask the tool who hears of the undo; what it cannot say is left out."""
    tool = tools.get(made.tool) if tools is not None else None
    told = tool.told if tool is not None else None
    args: Any = made.args.value
    if tool is None or told is None or not isinstance(args, dict):
        return ()
    try:
        known = {**tool.signature.defaults(), **made.kept, **args}
        return tuple(str(name) for name in told(**tool.companion_args(told, known)))
    except Exception:  # noqa: BLE001 - a preview shows what is known
        return ()
