"""An open question, as the person who answers it holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

from workbench.commands import Answer, Command
from workbench.events import RequestKind, Scope
from workbench.view import RequestView

Then = Literal["continue", "replan", "freeze", "stop"]


class Request:
    """A question that a run asks; answer it with `approve`, `deny` or `choose`.

    An answer counts once, for exactly the arguments shown, and not after `expires`.
    """

    def __init__(self, run: str, view: RequestView, send: Callable[[Command], None]) -> None:
        """Hold the question; `send` writes a command to its run."""
        self.run = run
        self._view, self._send = view, send

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
        by: str = "person",
        surface: str = "python",
    ) -> None:
        """Allow the call.

        Args:
            args: arguments to use instead of those shown, by name.
            scope: `once` (these arguments), `step` (the same), `run` (this tool for the rest of the
                run). `always` needs a rule of the policy and is refused.
            by: who decides.
            surface: through which door.

        Raises:
            CommandRefused: it was answered, expired or voided meanwhile, or the edited arguments do
                not fit the tool.
        """
        self._answer(verdict="approve", args=args, scope=scope, by=by, surface=surface)

    def deny(
        self,
        reason: str = "",
        then: Then = "continue",
        *,
        by: str = "person",
        surface: str = "python",
    ) -> None:
        """Refuse the call.

        Args:
            reason: why; it reaches the planner.
            then: what the run does: `continue` without this step and what needs it, `replan`,
                `freeze` (pause), or `stop`.
            by: who decides.
            surface: through which door.

        Raises:
            CommandRefused: it was answered, expired or voided meanwhile.
        """
        self._answer(verdict="deny", reason=reason, then=then, by=by, surface=surface)

    def choose(
        self, choice: str, reason: str = "", *, by: str = "person", surface: str = "python"
    ) -> None:
        """Answer a question, doubt or conflict: one of `choices`, or any text if there are none.

        Raises:
            CommandRefused: the choice is none of them, or it was answered meanwhile.
        """
        self._answer(verdict="choose", choice=choice, reason=reason, by=by, surface=surface)

    def _answer(self, **fields: Any) -> None:
        token = self._view.opened.token
        self._send(Answer(request=self.id, token=token, **fields))

    def __repr__(self) -> str:
        """Say what is asked, on one line."""
        return f"<Request {self.kind}: {self.title} ({self.state})>"


class Inbox(list[Request]):
    """Open requests, oldest first; shows itself as a list of questions."""

    def __init__(
        self, requests: Iterable[Request] = (), *, notice: Callable[[], str] = str
    ) -> None:
        """Hold the requests; `notice` gives what is said above them, when they are shown."""
        super().__init__(requests)
        self._notice = notice

    def __repr__(self) -> str:
        """Give one line a request, below what the fatigue guard has to say."""
        if not self:
            return "No open requests."
        lines = [f"{at}: {request!r}" for at, request in enumerate(self)]
        return "\n".join(filter(None, [self._notice(), *lines]))
