"""A person with a script, for tests and for notebooks that run without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workbench.errors import CommandRefused
from workbench.request import Request
from workbench.run import Run
from workbench.states import RUN_FINAL

Answer = str | Callable[[Request], None]


class ScriptedPerson:
    """Answers the requests of runs, one answer a request, in order.

    Args:
        answers: `"approve"`, `"deny"`, any other text (the choice to make), or a function that is
            given the request and answers it.
        otherwise: what to answer when the list is used up; None: leave the request open.
    """

    def __init__(self, answers: Iterable[Answer] = (), otherwise: Answer | None = None) -> None:
        """Hold the script."""
        self._answers = list(answers)
        self._otherwise = otherwise
        self.seen: list[Request] = []
        """Requests that were answered."""

    def answer(self, request: Request) -> bool:
        """Answer one request; False when the script has nothing for it."""
        answer = self._answers.pop(0) if self._answers else self._otherwise
        if answer is None:
            return False
        if callable(answer):
            answer(request)
        elif answer == "approve":
            request.approve(surface="script")
        elif answer == "deny":
            request.deny(reason="the script says no", surface="script")
        else:
            request.choose(answer, surface="script")
        self.seen.append(request)
        return True

    def attend(self, run: Run, timeout_s: float = 60.0) -> str:
        """Answer whatever the run asks until it ends, or has a question without an answer.

        Gives the run's state then.
        """
        while True:
            state = run.wait_until("waiting", "paused", timeout_s=timeout_s)
            if state in RUN_FINAL or state == "paused":
                return state
            for request in run.inbox:
                try:
                    answered = self.answer(request)
                except CommandRefused:
                    continue
                if not answered:
                    return state
