"""An open question, as the person who answers it holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from workbench.commands import Answer, Arm, Command
from workbench.errors import CommandRefused
from workbench.events import RequestKind, Scope
from workbench.gate import Gate
from workbench.grants import Predicate
from workbench.report.html import NO_TOOLS, request_html
from workbench.report.request_text import request_facts, request_text
from workbench.report.words import risk_words
from workbench.tools import Risk, Tool
from workbench.values.said import Said
from workbench.view import RequestView, RunView

Then = Literal["continue", "replan", "freeze", "stop"]


class Request(Said):
    """A question that a run asks; answer it with `approve`, `deny` or `choose`.

    An answer counts once, for exactly the arguments shown, and not after `expires`. What must be
    known before it is in `facts`, and in the text and the table as which a request shows itself.
    """

    def __init__(
        self,
        run: str,
        view: RequestView,
        send: Callable[[Command], None],
        run_view: RunView | None = None,
        tools: Mapping[str, Tool] = NO_TOOLS,
    ) -> None:
        """Hold the question; `send` writes a command to its run, the rest puts it into words."""
        self.run = run
        self._view, self._send = view, send
        self._run_view, self._tools = run_view, tools

    @property
    def id(self) -> str:
        """The request's id."""
        return self._view.id

    @property
    def kind(self) -> RequestKind:
        """What is asked: permission, budget, doubt, question or conflict."""
        return self._view.opened.about

    @property
    def state(self) -> str:
        """`open`, `answered`, `expired` or `voided`, at the time when this was read."""
        return self._view.state

    @property
    def step(self) -> str | None:
        """The step it is about; None for a planner's question."""
        return self._view.opened.step

    @property
    def tool(self) -> str:
        """The tool that would be called."""
        return self._view.opened.tool

    @property
    def title(self) -> str:
        """The action, or the question, in plain words."""
        return self._view.opened.title

    @property
    def why(self) -> str:
        """Which rule asks, and why now."""
        return self._view.opened.why

    @property
    def args(self) -> dict[str, Any]:
        """The exact arguments, as JSON; live values by summary."""
        return dict(self._view.opened.args)

    @property
    def preview(self) -> str | None:
        """What would change, from the tool's dry run."""
        return self._view.opened.preview

    @property
    def risk(self) -> Risk:
        """Its class of risk: read, local, shared, costly, public or irreversible."""
        return self._view.risk

    @property
    def gate(self) -> Gate:
        """What an approval takes; see `workbench.gate`."""
        return self._view.gate

    @property
    def objects(self) -> list[str] | None:
        """What the call is done to, by name; None: its tool does not say."""
        listed = self._view.opened.objects
        return None if listed is None else list(listed)

    @property
    def count(self) -> int | None:
        """How many objects these are; None: its tool does not say."""
        opened = self._view.opened
        return None if opened.objects is None else opened.objects_count

    @property
    def spend(self) -> dict[str, float]:
        """What the call would spend, by unit."""
        return dict(self._view.opened.spend)

    @property
    def cost(self) -> str:
        """The same in words."""
        return self.facts["cost"]

    @property
    def reversible(self) -> str:
        """Whether it can be undone, in words."""
        return self.facts["can it be undone"]

    @property
    def facts(self) -> dict[str, str]:
        """All that must be known before the answer, in words, always the same nine items."""
        return request_facts(self._view, self._run_view, self._tools)

    @property
    def armed(self) -> datetime | None:
        """When the first of two steps was taken; None: it was not."""
        return self._view.armed_at

    @property
    def evidence(self) -> dict[str, Any]:
        """For a doubt: what is known about the call; for a conflict: both versions."""
        return dict(self._view.opened.evidence)

    @property
    def choices(self) -> dict[str, str]:
        """Value to label; empty: approve or deny, or any text for a question."""
        return dict(self._view.opened.choices)

    @property
    def if_refused(self) -> str:
        """What a refusal leads to."""
        return self._view.opened.if_refused

    @property
    def expires(self) -> datetime | None:
        """When it counts as refused."""
        return self._view.opened.expires

    @property
    def view(self) -> RequestView:
        """The request as the journal has it."""
        return self._view

    def approve(
        self,
        args: dict[str, Any] | None = None,
        scope: Scope = "once",
        *,
        confirm: str = "",
        limits: Mapping[str, Any] | None = None,
        by: str = "person",
        surface: str = "python",
    ) -> None:
        """Allow the call.

        Args:
            args: arguments to use instead of those shown, by name.
            scope: `once` (these arguments), `step` (the same), `run` (this tool for the rest of the
                run), `always` (a rule for every run of the journal, see `bench.rules`: this tool
                with these arguments, or as far as `limits` reach).
            confirm: what the request asks to be typed (`gate.value`); needed through a widget or
                panel, and everywhere with `Workbench(gates="strict")`.
            limits: how far an approval for the run reaches: `calls`, and what arguments must be,
                such as `{"calls": 5, "total_usd": at_most(500)}`; what goes beyond asks again.
            by: who decides.
            surface: through which door.

        Raises:
            CommandRefused: it was answered, expired or voided meanwhile, the edited arguments do
                not fit the tool, or the form of its class of risk was not kept; it stays open then.
        """
        self._answer(
            verdict="approve",
            args=args,
            scope=scope,
            confirm=confirm,
            limits=_as_json(limits) if limits else None,
            by=by,
            surface=surface,
        )

    def arm(self, *, by: str = "person", surface: str = "python") -> None:
        """Take the first of the two steps that a final call asks for; then `approve` after a while.

        Raises:
            CommandRefused: it was answered meanwhile, or one step is enough.
        """
        self._send(Arm(request=self.id, token=self._token(), by=by, surface=surface))

    def deny(
        self,
        reason: str = "",
        then: Then = "continue",
        *,
        review: bool = False,
        by: str = "person",
        surface: str = "python",
    ) -> None:
        """Refuse the call.

        Args:
            reason: why; it reaches the planner.
            then: what the run does: `continue` without this step and what needs it, `replan`,
                `freeze` (pause, and freeze this tool: no run calls it until `bench.unfreeze`), or
                `stop`.
            review: with `replan`: pause once the planner has answered, to look at `run.changes()`.
            by: who decides.
            surface: through which door.

        Raises:
            CommandRefused: it was answered, expired or voided meanwhile, or it is about no tool
                that could be frozen.
        """
        self._answer(
            verdict="deny", reason=reason, then=then, review=review, by=by, surface=surface
        )

    def choose(
        self, choice: str, reason: str = "", *, by: str = "person", surface: str = "python"
    ) -> None:
        """Answer a question, doubt or conflict: one of `choices`, or any text if there are none.

        Raises:
            CommandRefused: the choice is none of them, or it was answered meanwhile.
        """
        self._answer(verdict="choose", choice=choice, reason=reason, by=by, surface=surface)

    def _answer(self, **fields: Any) -> None:
        self._send(Answer(request=self.id, token=self._token(), **fields))

    def _token(self) -> str:
        token = self._view.opened.token
        if not token:
            raise CommandRefused(
                "What this request asks for is not shown here, so it cannot be answered from here.",
                "Somebody answers it whose workbench has viewer='operator', or a terminal.",
            )
        return token

    def __repr__(self) -> str:
        """Say what is asked, of which class, on one line."""
        return f"<Request {self.kind}: {self.title} [{risk_words(self.risk)}] ({self.state})>"

    def __str__(self) -> str:
        """Say all that must be known before the answer."""
        return request_text(self._view, self._run_view, self._tools)

    def _repr_html_(self) -> str:
        return request_html(self._view, self._run_view, self._tools)


def _as_json(limits: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: demand.model_dump(exclude_unset=True) if isinstance(demand, Predicate) else demand
        for name, demand in limits.items()
    }
