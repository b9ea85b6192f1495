"""`workbench demo`: the story in a terminal."""

from __future__ import annotations

import shlex
import signal
import subprocess

from workbench.demo import World


def test_the_story_is_told_with_scripted_answers(terminal):
    """`demo --yes` pauses, edits, asks, mails and reports [HARN-15]."""
    told = terminal.ok("demo", "--yes", "--folder", "story")

    for part in (
        "Paused: nothing new starts",
        "+ richest",
        "~ text",
        "9 of 9 steps done",
        "Mail the report. Cannot be undone.",
        'answers: "Send mail once"',
        "Step mail was allowed by person",
        "the hash chain",
    ):
        assert part.lower() in told.lower(), part
    world = World(terminal.folder / "story")
    assert str(world.report) in told
    assert len(world.mails) == 1


def test_the_command_that_the_story_ends_with_can_be_pasted(terminal, monkeypatch):
    """Where no `workbench` is on the path, as after `make demo`, it names the program so that
    another terminal finds it [HARN-15]."""
    monkeypatch.setenv("PATH", "/nowhere")
    told = terminal.ok("demo", "--yes", "--folder", "story")
    command = told.strip().splitlines()[-1]
    done = subprocess.run(
        shlex.split(command),
        cwd=terminal.folder / "story",
        env=terminal.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "9 of 9 steps done" in done.stdout, (command, done.stderr)


def test_told_twice_in_one_folder_nothing_is_done_twice(terminal):
    """The second telling finds the finished run by its key [ASYN-4]."""
    terminal.ok("demo", "--yes", "--folder", "story")
    again = terminal.ok("demo", "--yes", "--folder", "story")

    assert "This run was started before" in again
    world = World(terminal.folder / "story")
    assert len(world.mails) == 1
    assert world.count_rows("gapminder") == 1704


def test_a_person_refuses_the_mail_in_the_terminal(terminal):
    """Answers are typed; Enter alone allows nothing, and a refused mail is not sent."""
    told = terminal.ok("demo", "--folder", "story", text="n\n\ny\n\nn\n")

    world = World(terminal.folder / "story")
    assert world.mails == []
    assert world.report.exists()
    assert "Send mail once" in told
    assert "8 of 8 steps done" not in told


def test_where_nobody_answers_the_run_waits_and_goes_on_later(terminal):
    """Without a person the story stops with one clear message; told again, it goes on [RUNT-9]."""
    done = terminal("demo", "--folder", "story")
    assert done.returncode == 1
    assert "Nobody is there to answer" in done.stderr
    assert "Traceback" not in done.stderr

    told = terminal.ok("demo", "--yes", "--folder", "story")
    assert "9 of 9 steps done" in told


def test_an_interrupted_story_pauses_and_goes_on_later(terminal):
    """Ctrl-C at a question pauses the run and says how to go on; told again, it does [RUNT-9]."""
    story = terminal.begin("demo", "--folder", "story", stdin=subprocess.PIPE)
    try:
        said = ""
        while not said.endswith("n = no: "):
            said += (character := story.stdout.read(1))
            assert character, said
        story.send_signal(signal.SIGINT)
        rest = story.communicate(timeout=150)[0]
    finally:
        story.kill()
        story.wait()

    assert story.returncode == 130
    assert "Go on with: workbench demo --folder" in rest
    assert "Traceback" not in rest
    assert "9 of 9 steps done" in terminal.ok("demo", "--yes", "--folder", "story")


def test_a_folder_with_other_things_is_refused(terminal):
    """A folder of the person's own is not written into."""
    (terminal.folder / "mine").mkdir()
    (terminal.folder / "mine" / "thesis.md").write_text("years of work")

    done = terminal("demo", "--yes", "--folder", "mine")

    assert (done.returncode, "holds something else" in done.stderr) == (1, True)
    assert [path.name for path in (terminal.folder / "mine").iterdir()] == ["thesis.md"]
