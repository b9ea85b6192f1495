"""Asking the person in the terminal; Enter alone never allows anything."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

from workbench.errors import WorkbenchError
from workbench.report import request_text
from workbench.report.request_text import verb_words
from workbench.request import Request
from workbench.run import Run
from workbench.testing import ScriptedPerson
from workbench.tools import Tool

Prompt = Callable[[str], str]


class Asker:
    """Asks about requests and choices, or answers them by a script.

    Args:
        console: where to.
        scripted: allow everything, as `--yes` says.
        prompt: reads a line; default: from the terminal.
    """

    def __init__(
        self, console: Console, *, scripted: bool = False, prompt: Prompt | None = None
    ) -> None:
        """Know whom to ask."""
        self.console = console
        self.scripted = scripted
        self._prompt = prompt or console.input
        self._script = ScriptedPerson(otherwise="approve")

    def decide(self, run: Run, request: Request, tools: dict[str, Tool]) -> None:
        """Show a request, and answer it as the person says.

        Raises:
            WorkbenchError: nobody is there; the request stays open.
        """
        self.console.print(request_text(request.view, run.view, tools))
        verb = verb_words(request.view)
        if self.scripted:
            self.console.print(f'    --yes answers: "{verb}"')
            self._script.answer(request)
            return
        answers = {"y": verb, "n": "Refuse", "s": "Refuse and stop the run"}
        answer = self._choose(answers)
        if answer == "y":
            request.approve(confirm=self._confirmation(request), surface="cli")
        else:
            reason = "refused in the terminal"
            request.deny(reason, "stop" if answer == "s" else "continue", surface="cli")

    def _confirmation(self, request: Request) -> str:
        """Ask for what the class of risk asks to be typed."""
        value = request.gate.value
        if not value or request.gate.form != "type":
            return value
        return self._prompt(f"    Type {value} to allow it: ").strip()

    def agree(self, question: str) -> bool:
        """Ask a question that has no consequence outside the plan."""
        self.console.print(question)
        if self.scripted:
            self.console.print("    --yes answers: yes")
            return True
        return self._choose({"y": "yes", "n": "no"}) == "y"

    def _choose(self, answers: dict[str, str]) -> str:
        listed = "   ".join(f"{key} = {words}" for key, words in answers.items())
        while True:
            try:
                answer = self._prompt(f"    {listed}: ").strip().lower()
            except EOFError as error:
                raise WorkbenchError(
                    "Nobody is there to answer, so the run waits.",
                    "Use --yes for scripted answers, or answer from another terminal with "
                    "`workbench approve`.",
                ) from error
            if answer in answers:
                return answer
