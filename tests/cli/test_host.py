"""`workbench host`: a run is driven by a process of its own."""

from __future__ import annotations

import signal
import time

import workbench as wb

JOURNAL = ("--journal", "runs.db")


def wait_for(condition, timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.05)


def test_a_run_goes_on_in_a_process_of_its_own_and_is_answered_from_a_terminal(
    terminal, bench, waiting
):
    """Driven by one process and answered by another, the effect happens once [ASYN-2] [ASYN-7]."""
    bench.close()
    host = terminal.begin("host", *JOURNAL, "noted", "--tools", "shed:tools")
    try:
        with wb.Workbench(terminal.folder / "runs.db", planner=None) as looking:
            run = looking.look(waiting.id)
            owner = f" {host.pid} "
            wait_for(lambda: owner in run.view.host)
            terminal.ok("approve", *JOURNAL)
            assert host.wait(timeout=30) == 0
            assert run.state == "succeeded"
    finally:
        host.kill()
        host.communicate()
    assert (terminal.folder / "notes.txt").read_text() == "42\n"


def test_an_interrupted_host_pauses_its_run(terminal, bench, waiting):
    """Ctrl-C pauses the run cleanly; it can be resumed later [RUNT-13]."""
    bench.close()
    host = terminal.begin("host", *JOURNAL, "--tools", "shed:tools")
    try:
        with wb.Workbench(terminal.folder / "runs.db", planner=None) as looking:
            run = looking.look(waiting.id)
            wait_for(lambda: f" {host.pid} " in run.view.host and run.state == "waiting")
            while "waits for you" not in host.stdout.readline():
                assert host.poll() is None
            host.send_signal(signal.SIGINT)
            assert host.wait(timeout=30) == 130
            assert run.state == "paused"
    finally:
        host.kill()
        output = host.communicate()[0]
    assert "Traceback" not in output


def test_tools_that_cannot_be_imported_are_named(terminal, bench, waiting):
    """A wrong name of tools is one clear message, and the run is left as it is."""
    bench.close()
    for name in ("nowhere:tools", "shed:hammer", "shed", "shed:Path"):
        done = terminal("host", *JOURNAL, "--tools", name)
        assert done.returncode == 1, done.stdout
        assert name in done.stderr
        assert "Traceback" not in done.stderr
