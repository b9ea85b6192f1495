"""IPython magics, after `%load_ext workbench`; `docs/commands.md` lists them all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

from workbench.capture.namespace import set_default
from workbench.engine.refusing import frozen_tool
from workbench.errors import WorkbenchError
from workbench.lookup import find_request, find_run, place_of, unfinished
from workbench.replay import SUFFIX, Replay
from workbench.request import Then
from workbench.run import Run
from workbench.workbench import Workbench

if TYPE_CHECKING:
    import pandas as pd

BENCH, RUN = "bench", "run"
"""Names in the user's namespace: the workbench that the magics use, and the last run."""

OPTIONS = ("--key", "--on-failure")
OPTION = re.compile(r"(?P<name>--[\w-]*)\s*(?P<value>[^\s-]\S*)?\s*")
CONFIRM = re.compile(r"(--confirm\s+(?P<value>\S.*))?")
ON_FAILURE = ("stop", "continue", "pause", "replan", "undo")


def register(shell: Any) -> None:
    """Add the magics to a shell; `%load_ext workbench` does this.

    From then on workbenches capture the variables of this kernel.
    """
    set_default(shell.user_ns)
    shell.register_magics(AgentMagics(shell))


@magics_class
class AgentMagics(Magics):
    """The magics of one shell. They use `bench`, and make one when there is none."""

    @line_cell_magic
    def agent(self, line: str, cell: str | None = None) -> Run:
        """Start a run: the rest of the line and the cell are the goal, in plain words.

            %%agent --key weekly
            Report the mean of sales.csv by region and write it to report.md

        Options: `--key NAME` (the same key gives the same run), and `--on-failure` with `stop`,
        `continue`, `pause`, `replan` or `undo`. The run is returned, and is the variable `run` from
        now on.
        """
        options, goal = _read(f"{line}\n{cell or ''}")
        if not goal:
            raise UsageError("Write the goal after %agent, or in a cell below %%agent.")
        failing = options.get("--on-failure", "stop")
        if failing not in ON_FAILURE:
            raise UsageError(f"--on-failure takes one of: {', '.join(ON_FAILURE)}.")
        run = self._bench().start(goal, key=options.get("--key"), on_failure=failing)  # type: ignore[arg-type]  # checked above
        self._variables[RUN] = run
        return run

    @line_magic
    def runs(self, _line: str) -> pd.DataFrame:
        """List all runs, newest first."""
        return self._bench().runs()

    @line_magic
    def pause(self, line: str) -> None:
        """Pause a run: `%pause`, or `%pause 7F2K`."""
        run = self._run(line)
        run.pause()
        _tell(repr(run))

    @line_magic
    def resume(self, line: str) -> None:
        """Let a paused run go on: `%resume`, or `%resume 7F2K`."""
        run = self._run(line)
        run.resume()
        _tell(repr(run))

    @line_magic
    def freeze(self, line: str) -> None:
        """Hold all runs at some calls: `%freeze no deletes`, `%freeze not tool drop_table`.

        Also `no writes` and `everything`. `no deletes` goes by what tools declare and are called;
        what deletes and says so nowhere is held by `no writes`. `%unfreeze` lifts it.
        """
        rule = self._bench().freeze(line.strip())
        _tell(f"Frozen: {line.strip()} ({rule}). A run that comes to such a call is paused.")

    @line_magic
    def unfreeze(self, line: str) -> None:
        """Lift freezes: `%unfreeze` all, `%unfreeze no deletes` one."""
        bench = self._bench()
        frozen = {one.id: str(one.rule) for one in bench.rules}
        for rule in bench.unfreeze(line.strip()):
            _tell(f"Lifted: {frozen[rule]} ({rule}).")

    @line_magic
    def stop(self, line: str) -> None:
        """End a run and keep what was done: `%stop`, or `%stop 7F2K`."""
        run = self._run(line)
        run.stop()
        _tell(repr(run))

    @line_magic
    def comment(self, line: str) -> None:
        """Say something about the plan of the last run; the planner reads it: `%comment no pie`."""
        run = self._run("")
        run.comment(line.strip())
        _tell(repr(run))

    @line_magic
    def decide(self, line: str) -> None:
        """Write a decision of the last run down: `%decide year = 2007`."""
        subject, equals, choice = line.partition("=")
        if not (subject.strip() and equals and choice.strip()):
            raise UsageError("Write %decide SUBJECT = CHOICE.")
        run = self._run("")
        run.decide(subject.strip(), choice.strip())
        _tell(repr(run))

    @line_magic
    def export(self, line: str) -> Path:
        """Write a run into one file, to be replayed anywhere: `%export`, or `%export 7F2K`."""
        return self._any(line).export()

    @line_magic
    def replay(self, line: str) -> Replay:
        """Play a run again with no effect: `%replay`, `%replay 7F2K`, `%replay monday.wbrun`."""
        name = line.strip()
        return self._bench().replay(name if name.endswith(SUFFIX) else self._any(name))

    @line_magic
    def fork(self, line: str) -> Run:
        """Make a run that shares the history of another: `%fork`, `%fork 7F2K --at after load`.

        The place is a checkpoint's name or a number of the journal; without it, where the run
        stands now. It starts paused, to be edited first; it is the variable `run` from now on.
        """
        name, _, place = line.partition("--at")
        if "--at" in line and not place.strip():
            raise UsageError("Write %fork RUN --at PLACE; run.checkpoints lists the places.")
        made = self._any(name).fork(place_of(place), paused=True)
        self._variables[RUN] = made
        return made

    @line_magic
    def rollback(self, line: str) -> None:
        """Take back what the last run did: `%rollback`, or `%rollback to CHECKPOINT`.

        `run.undo_preview(to=…)` shows beforehand what will happen.
        """
        name = line.strip().removeprefix("to").strip()
        known = self._variables.get(RUN)
        run = known if isinstance(known, Run) else self._run("")
        _tell(str(run.rollback(to=name or None)))

    @line_magic
    def approve(self, line: str) -> None:
        """Allow an open request once: `%approve`, or `%approve 1` as numbered in `bench.inbox`.

        Where the request asks for it: `%approve 1 --confirm 12.50`, and `%approve 1 --arm` for the
        first of two steps.
        """
        self._answer(line, allow=True)

    @line_magic
    def deny(self, line: str) -> None:
        """Refuse an open request: `%deny`, `%deny 1`, `%deny 1 not on a Friday`.

        What the run does then: `%deny 1 --then replan too dear`; also `stop`, and `freeze`, which
        holds the run and freezes the tool: no run calls it until `%unfreeze`.
        """
        self._answer(line, allow=False)

    def _answer(self, line: str, *, allow: bool) -> None:
        bench = self._bench()
        first, _, rest = line.strip().partition(" ")
        number = int(first) if first.isdecimal() else None
        reason = rest.strip() if number is not None else line.strip()
        request = find_request(bench.inbox, number)
        if not allow:
            then, reason = _then(reason)
            request.deny(reason, then, surface="magic")
            word = "Refused" if then == "continue" else f"Refused, then {then}"
        elif reason == "--arm":
            request.arm(surface="magic")
            word = "Armed"
        elif (found := CONFIRM.fullmatch(reason)) is None:
            raise UsageError("%approve takes the number of a request, --arm or --confirm VALUE.")
        else:
            request.approve(confirm=found["value"] or "", surface="magic")
            word = "Allowed once"
        _tell(f"{word}: {request.title}")
        if word.endswith("freeze"):
            _tell(
                f"Frozen: not tool {frozen_tool(request.view)}, in every run; %unfreeze lifts it."
            )
        _tell(repr(bench.look(request.run)))

    def _run(self, line: str) -> Run:
        """Take the run that is named, or the last one that has not ended."""
        bench = self._bench()
        row = find_run(bench.journal.runs(), line.strip() or None, unfinished)
        return bench.open(row.id)

    def _any(self, line: str) -> Run:
        """Take the run that is named, or the newest, without driving it."""
        bench = self._bench()
        return bench.look(find_run(bench.journal.runs(), line.strip() or None).id)

    @property
    def _variables(self) -> dict[str, Any]:
        """The user's namespace."""
        variables: dict[str, Any] = self.shell.user_ns  # type: ignore[union-attr]  # `register` gave one
        return variables

    def _bench(self) -> Workbench:
        """Take the user's workbench; make one for this folder when there is none."""
        found = self._variables.get(BENCH)
        if isinstance(found, Workbench):
            return found
        if found is not None:
            raise WorkbenchError(
                f"The variable {BENCH!r} is no Workbench but a {type(found).__name__}.",
                "Rename it, or make a workbench: bench = wb.Workbench(…).",
            )
        from workbench import toolkit

        tools = [
            *toolkit.files(Path.cwd()),
            *toolkit.tables(),
            *toolkit.notebook(self._variables),
        ]
        made = Workbench(tools=tools)
        self._variables[BENCH] = made
        _tell(f"Made {BENCH}: files of this folder, tables, and your variables.")
        return made


def _then(text: str) -> tuple[Then, str]:
    """Take what is to be done after a refusal from the beginning of its reason."""
    if not text.startswith("--"):
        return "continue", text
    option, _, rest = text.partition(" ")
    word, _, reason = rest.strip().partition(" ")
    known = get_args(Then)
    if option != "--then" or word not in known:
        raise UsageError(f"%deny takes the number of a request, and --then {' | '.join(known)}.")
    return cast("Then", word), reason.strip()


def _tell(words: str) -> None:
    print(words)  # noqa: T201 - a magic answers below its cell


def _read(text: str) -> tuple[dict[str, str], str]:
    """Take the options from the beginnings of the lines; the rest is the goal."""
    options: dict[str, str] = {}
    lines = []
    for line in text.splitlines():
        rest = line.strip()
        while found := OPTION.match(rest):
            name, value = found["name"], found["value"]
            if name not in OPTIONS or not value:
                raise UsageError(f"Write {' or '.join(f'{known} VALUE' for known in OPTIONS)}.")
            options[name] = value
            rest = rest[found.end() :]
        lines.append(rest)
    return options, "\n".join(lines).strip()
