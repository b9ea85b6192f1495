"""An agent of others as the planner: it proposes, and calls nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import anyio.to_thread

from workbench.agents.adapters import asking
from workbench.agents.brief import Brief
from workbench.agents.session import Session
from workbench.context.pieces import texts_of
from workbench.errors import ModelError, WorkbenchError
from workbench.models import ModelReply
from workbench.plan import Plan, Step
from workbench.planner import PlanningContext, Proposal
from workbench.planner.answer import Unusable, read_answer
from workbench.planner.prompts import pieces, sections

FORM = """Answer with one JSON object and nothing else:
{"kind": "plan", "steps": [{"id": "…", "tool": "…", "args": {…}, "after": ["…"]}]}, or
{"kind": "questions", "questions": [{"text": "…"}]}, or {"kind": "abandon", "reason": "…"}."""


class AgentPlanner:
    """Lets an agent make the plans; its tools are taken away, so it can do nothing else.

    A function gets the `PlanningContext`. It gives a `Plan`, a `Proposal`, steps, or what a model
    would: the JSON of an answer. An agent of a library is asked in words for that JSON.
    """

    def __init__(self, agent: Any, name: str = "") -> None:
        """Take an agent, in any form that `add_agent` takes."""
        self._agent, self._ask = agent, asking(agent)
        kind = type(agent).__module__.partition(".")[0]
        self._plain = callable(agent) and kind not in ("pydantic_ai", "langgraph", "agents")
        self._name = name or getattr(agent, "name", "") or getattr(agent, "__name__", kind)

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    async def propose(self, context: PlanningContext) -> Proposal:
        """Ask the agent for a proposal; in a thread, so that it holds nobody up.

        Raises:
            ModelError: what it gave is no proposal.
        """
        return await anyio.to_thread.run_sync(self._proposed, context, abandon_on_cancel=True)

    def _proposed(self, context: PlanningContext) -> Proposal:
        if self._plain:
            return _read(self._agent(context), context, {})
        work = Session(
            None,  # type: ignore[arg-type]  # it has no tools, so it starts nothing
            self._name,
            task={"goal": context.goal},
            brief=Brief(goal=context.goal),
            tools=(),
            writes=False,
            calls=0,
            limits={},
        )
        texts = texts_of(pieces(context))
        words = "\n\n".join(text for _, text in sections(context, texts))
        return _read(self._ask(work, f"{words}\n\n{FORM}"), context, work.spent)


def _read(said: Any, context: PlanningContext, usage: Mapping[str, float]) -> Proposal:
    if isinstance(said, Proposal):
        return said
    if isinstance(said, Plan):
        return Proposal(plan=said, usage=usage)
    if isinstance(said, Iterable) and not isinstance(said, (str, Mapping)):
        steps = [item if isinstance(item, Step) else Step.model_validate(item) for item in said]
        return Proposal(plan=Plan(goal=context.goal, steps=tuple(steps)), usage=usage)
    text = said if isinstance(said, str) else json.dumps(said)
    try:
        found = read_answer(ModelReply(text=text), context)
    except Unusable as error:
        raise ModelError(f"The agent gave no proposal: {error}.") from error
    except WorkbenchError as error:
        raise ModelError(f"The agent gave no proposal: {error}") from error
    return Proposal(
        plan=found.plan,
        edits=found.edits,
        questions=found.questions,
        wait=found.wait,
        abandon=found.abandon,
        reason=found.reason,
        usage=usage,
    )
