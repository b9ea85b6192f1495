"""Runs in each of their states, and the tools that their plans use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import workbench as wb
from tests.view.story import START, Story, step
from workbench import commands as c
from workbench import events as e
from workbench.engine.commands import accept
from workbench.errors import WorkbenchError
from workbench.events import Event, Record
from workbench.ids import digest
from workbench.tools import Registry
from workbench.values import Stored
from workbench.view import RunView, fold

NOW = START + timedelta(hours=1)
ARGS = {"to": "boss@example.org", "copies": 2}
WORD = "do you mean rows or columns?"


@wb.tool(effect="irreversible")
def send(to: str, copies: int = 1) -> str:
    """Send a letter."""
    raise NotImplementedError


@wb.tool(effect="pure")
def work() -> int:
    """Work."""
    raise NotImplementedError


TOOLS = Registry([send, work])
PLAN = (
    step("load"),
    step("mail", "load", tool="send", args=ARGS),
    step("note", "mail"),
    step("other"),
)


def asking(story: Story, request: str = "req", **fields: Any) -> Story:
    """Ask about the letter."""
    return story.ask("mail", request, tool="send", args=ARGS, args_digest=digest(ARGS), **fields)


def waiting() -> Story:
    """Give a run that waits for a permission."""
    return asking(Story(*PLAN).do("load", "other")).add(e.RunWaiting())


def doubted() -> Story:
    """Give a run that waits for a person to settle a doubt."""
    choices = {"done": "It happened", "redo": "Again", "skip": "Leave it"}
    story = Story(*PLAN).do("load", "other").intend("mail").doubt("mail")
    return story.ask("mail", "req", about="doubt", choices=choices).add(e.RunWaiting())


def questioned() -> Story:
    """Give a run whose planner waits for an answer."""
    return unplanned().ask(None, "req", about="question", title=WORD).add(e.RunWaiting())


def unplanned() -> Story:
    """Give a run that has no plan yet."""
    return Story(started=False).add(e.RunPlanning(planner="p"))


def after(*events: Event) -> Story:
    """Give a run with one step done, and then these events."""
    return Story(*PLAN).do("load").add(*events)


STOPPING = e.RunStopping(by="person")
STORIES: dict[str, Callable[[], Story]] = {
    "unplanned": unplanned,
    "questioned": questioned,
    "queued": lambda: Story(*PLAN, started=False),
    "planning": lambda: after(e.RunPlanning(planner="p")),
    "running": after,
    "paused": lambda: after(e.RunPaused(by="person")),
    "asked": lambda: asking(after()),
    "waiting": waiting,
    "doubted": doubted,
    "stopping": lambda: after(STOPPING),
    "stopped": lambda: after(STOPPING, e.RunStopped()),
    "abandoned": lambda: after(STOPPING, e.RunAbandoned(reason="pointless")),
    "succeeded": lambda: after(e.RunSucceeded(result=Stored(value=1))),
    "failed": lambda: after(e.RunFailed(errors={"other": "broke"})),
}


def story_in(state: str) -> Story:
    """Give a run in that state."""
    return STORIES[state]()


def decide(story: Story, command: c.Command) -> tuple[list[str], RunView]:
    """Accept a command; give the kinds of its events, and the view after them.

    Whatever is accepted must be a legal history: that is checked for every command of every test.
    """
    before = story.view.model_dump_json()
    try:
        events = accept(story.view, command, TOOLS, NOW)
    finally:
        assert story.view.model_dump_json() == before, "a decision changes nothing by itself"
    return [event.kind for event in events], folded(story, events)


def folded(story: Story, events: list[Event]) -> RunView:
    """Fold events onto a copy of the view."""
    view = story.view.snapshot()
    for event in events:
        fold(view, Record("run-1", view.seq + 1, NOW, 1, event, ""))
    return view


def refused(story: Story, command: c.Command) -> WorkbenchError:
    """Give the error with which a command is refused."""
    try:
        kinds, _ = decide(story, command)
    except WorkbenchError as error:
        return error
    raise AssertionError(f"it was accepted: {kinds}")


def answer(verdict: str, **fields: Any) -> c.Answer:
    """Give an answer to the one request, with its token."""
    return c.Answer(**{"request": "req", "token": "t", "verdict": verdict, **fields})
