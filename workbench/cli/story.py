"""`workbench demo`: the first story, told in a terminal."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from workbench.cli.questions import Asker
from workbench.cli.screen import follow, make_console
from workbench.demo import World, add_richest, first_plan, tools
from workbench.plan import Plan, PlanDiff
from workbench.report import event_text
from workbench.run import Run
from workbench.states import RUN_FINAL
from workbench.workbench import Workbench

KEY = "first-run"
"""The story's run: the same in the notebook and here, when both use one folder."""


def demo(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Answer every question with yes.")] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where the story takes place.", show_default="a new one")
    ] = None,
) -> None:
    """Tell the first story: load, check, store, compute, write a report, ask before mailing it.

    Told again in the same folder, it goes on where it was, and does nothing twice.
    """
    console = make_console()
    place = folder or Path(tempfile.mkdtemp(prefix="workbench-demo-"))
    with World(place) as world, Workbench(world.journal, tools=tools(world)) as bench:
        console.print(f"The world is {world.folder}: a file, a database, a mail server.\n")
        story = Story(bench, world, Asker(console, scripted=yes), console)
        try:
            story.tell()
        except KeyboardInterrupt:
            story.break_off()
            raise typer.Exit(130) from None


class Story:
    """The story, stage by stage; each stage first looks whether it is done already."""

    def __init__(self, bench: Workbench, world: World, asker: Asker, console: Console) -> None:
        """Start the run, or take hold of it again."""
        self.bench, self.world, self.asker, self.console = bench, world, asker, console
        known = {row.key for row in bench.journal.runs()}
        self.again = KEY in known
        self.run = bench.start(plan=first_plan(world), key=KEY)

    def tell(self) -> None:
        """Tell all of it."""
        self._begin()
        if self.run.state not in RUN_FINAL and not self._was_edited():
            self._edit()
        if self.run.state == "paused":
            self.run.resume()
        while self._watch() not in RUN_FINAL:
            for request in self.run.inbox:
                self.asker.decide(self.run, request, self.bench.tool_map())
            if self.run.state == "paused":
                self.run.resume()
        self._end()

    def break_off(self) -> None:
        """Pause, and say how to go on."""
        if self.run.state not in RUN_FINAL:
            self.run.pause(reason="interrupted")
        self._say(f"Paused. Go on with: workbench demo --folder {self.world.folder}")

    def _begin(self) -> None:
        if self.again:
            self._say("This run was started before; its journal is here, so it goes on from there.")
        else:
            self._say(f"Run {self.run.id} was started. It works by itself until it needs you.")
        self._watch()

    def _edit(self) -> None:
        self.run.pause(reason="I want to add something")
        self._say("Paused: nothing new starts, and it stays so even if this program is killed.")
        before = self.run.plan or Plan()
        if not self.asker.agree("Shall the report also name the three richest countries?"):
            return
        with self.run.editing(reason="the boss asked for the richest, too") as draft:
            add_richest(draft)
        self._say("The plan has a new revision:")
        self.console.print(_diff_table(before.diff(self.run.plan or before)))

    def _was_edited(self) -> bool:
        return len(self.run.view.revisions) > 1

    def _watch(self) -> str:
        return follow(self.console, self.bench.look(self.run.id), "waiting", "paused")

    def _end(self) -> None:
        self._say("What happened, as the journal has it:")
        for record in self.run.events():
            self.console.print(
                f"{record.seq:>4}  {event_text(record)}", no_wrap=True, overflow="ellipsis"
            )
        self._say(f"The hash chain over {self.run.verify()} events holds.")
        mails = len(self.world.mails)
        self.console.print(f"Rows in world.db: {self.world.count_rows('gapminder')}")
        self.console.print(f"Mails in the outbox: {mails}")
        if self.world.report.exists():
            self.console.print("Report:", str(self.world.report), soft_wrap=True)
        self._look_elsewhere(self.run)

    def _look_elsewhere(self, run: Run) -> None:
        self._say("Look at it from another terminal:")
        command = f"{_program()} show --journal {self.world.journal} {run.id}"
        self.console.print(command, soft_wrap=True)

    def _say(self, words: str) -> None:
        self.console.print(f"\n{words}", soft_wrap=True)


def _program() -> str:
    """Name this program as another terminal finds it, which may know no `workbench`."""
    if shutil.which("workbench"):
        return "workbench"
    started = Path(sys.argv[0])
    as_module = f"{shlex.quote(sys.executable)} -m workbench"
    return as_module if started.name == "__main__.py" else shlex.quote(str(started.absolute()))


def _diff_table(diff: PlanDiff) -> Table:
    """Make a table of what changed; arguments one by one."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for step in diff.added:
        table.add_row(f"  + {step}", "new")
    for step in diff.removed:
        table.add_row(f"  - {step}", "gone")
    for step, changes in diff.changed.items():
        for change in changes:
            names = [change.field]
            if change.field == "args":
                both = {**change.before, **change.after}
                names = [n for n in both if change.before.get(n) != change.after.get(n)]
            table.add_row(f"  ~ {step}", f"changed: {', '.join(names)}")
    return table
