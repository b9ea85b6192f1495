"""Commands that only look: runs, show, inbox, audit, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.journals import DEFAULT, JournalOption, RunArgument, look, opened
from workbench.cli.screen import follow, make_console, runs_table
from workbench.engine.evidence import as_known_now
from workbench.report import event_text, request_text, run_text, short_id
from workbench.report.freezes import freezes_of
from workbench.view import by_class_and_age


def runs(journal: JournalOption = DEFAULT) -> None:
    """List the runs of a journal, newest first."""
    with opened(journal) as bench:
        rows, frozen = bench.journal.runs(), freezes_of(bench.journal).lines()
    if rows:
        make_console().print(runs_table(rows))
    else:
        print(f"The journal {journal} has no runs yet.")
    for line in frozen:
        print(line)


def show(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    *,
    events: Annotated[
        bool, typer.Option("--events", help="Say what happened, one event a line.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow until it ends or waits for you.")
    ] = False,
) -> None:
    """Show where a run stands: its plan, its open requests, its result."""
    with opened(journal) as bench:
        chosen = look(bench, run)
        if watch:
            follow(make_console(), bench.look(chosen.id), "waiting", "paused")
        if events:
            for record in chosen.events():
                at = record.at.astimezone().strftime("%H:%M:%S")
                print(f"{record.seq:>5}  {at}  {event_text(record)}")
        elif not watch or chosen.inbox:
            view = as_known_now(chosen.view, bench.journal)
            print(run_text(view, times=True, frozen=freezes_of(bench.journal).lines()))


def inbox(run: RunArgument = None, journal: JournalOption = DEFAULT) -> None:
    """List the open requests of all runs, or of one; their numbers are for approve and deny."""
    with opened(journal) as bench:
        waiting = [row.id for row in bench.journal.runs() if row.open_requests]
        chosen = waiting if run is None else [look(bench, run).id]
        found = False
        for run_id in chosen:
            view = as_known_now(bench.look(run_id).view, bench.journal)
            for number, request in enumerate(by_class_and_age(view.open_requests)):
                found = True
                print(f"Run {short_id(run_id)}, request {number}:")
                print(request_text(request, view) + "\n")
        if found:
            print(
                "Answer: `workbench approve RUN` or `deny RUN`, `--request N` where there are many."
            )
        else:
            print("No open requests.")


def audit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="*.jsonl or *.parquet")],
    journal: JournalOption = DEFAULT,
) -> None:
    """Write who decided and made which call, of all runs, with the anchor of each run."""
    with opened(journal) as bench:
        place = bench.export_audit(file)
        print(f"Wrote {place}: keep it where nobody who writes {journal} can change it.")


def verify(
    run: RunArgument = None,
    journal: JournalOption = DEFAULT,
    *,
    anchors: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="An exported audit, a saved notebook or anchors as JSON: finds a cut end, too.",
        ),
    ] = None,
) -> None:
    """Check that nobody has changed the journal: the hash chain of one run, or of all."""
    with opened(journal) as bench:
        if anchors is not None:
            for name, count in bench.verify_anchors(anchors).items():
                held = f"{count} events, as anchored" if count else "removed by prune"
                print(f"Run {short_id(name)}: {held}.")
            return
        names = [row.id for row in bench.journal.runs()] if run is None else [look(bench, run).id]
        for name in names:
            count = bench.look(name).verify()
            print(f"Run {short_id(name)}: {count} events, the hash chain holds.")
        if not names:
            print(f"The journal {journal} has no runs yet.")
