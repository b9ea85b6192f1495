"""Questions to the person, and their answers from the rounds before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from workbench.ids import digest
from workbench.planner.port import Question

STOP = "stop"
"""The choice that ends the planning."""
SKIP = "skip"
"""The choice that leaves a part of the goal out, on the person's word."""
TRIES = 5
"""How often an answer that cannot be used is asked for again."""


class Dialogue:
    """Looks answers up, and collects the questions that have none yet.

    A question's id follows from what it is about, so the same goal asks under the same id again,
    and an answer is found in the next round.
    """

    def __init__(self, answers: Mapping[str, str]) -> None:
        """Take the answers that are there."""
        self._answers = answers
        self.questions: dict[str, Question] = {}
        self.stopped = ""
        """The question that was answered with stop."""

    def ask(
        self,
        kind: str,
        subject: str,
        text: str,
        *,
        why: str,
        choices: Mapping[str, str] | None = None,
        accept: Callable[[str], bool] | None = None,
    ) -> str | None:
        """Give the person's answer, or note the question and give None.

        Args:
            kind: what sort of question; with `subject` it makes the id.
            subject: what it is about, always worded the same.
            text: the question.
            why: the words of the goal that raise it.
            choices: value to label; stopping is always added. Empty: any text.
            accept: whether a text can be used; default: it must be among the choices, if any.
        """
        offered = {**choices, STOP: "Stop here"} if choices else {}
        refused = ""
        for number in range(TRIES):
            name = _name(kind, subject, number)
            answer = self._answers.get(name)
            if answer is None:
                self.questions[name] = Question(
                    id=name, text=refused + text, choices=offered, why=why
                )
                return None
            value = _choice(answer, offered)
            if value == STOP and offered:
                break
            if value in offered or (accept(value) if accept else value and not offered):
                return value
            refused = f"“{answer}” cannot be used. " if answer else "There was no answer. "
        self.stopped = text
        return None


def _name(kind: str, subject: str, number: int) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")[:24].strip("-")
    parts = [kind, words, digest([kind, subject])[:6], *([str(number + 1)] if number else [])]
    return "-".join(part for part in parts if part)


def _choice(answer: str, offered: Mapping[str, str]) -> str:
    """Read an answer as a choice where it is one: by value, or by label."""
    text = answer.strip()
    for value, label in offered.items():
        if text.lower() in (value.lower(), label.lower()):
            return value
    return text
