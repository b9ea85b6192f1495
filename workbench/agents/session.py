"""One piece of work of an agent: each of its calls is a run of its own, below the run it works for.

So every call has what a step has: validation, permission, budget, a request where a person is to be
asked, an intent on disk, an outcome, and an undo. It can do nothing that the run above may not do.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from workbench.engine.above import taken_up
from workbench.errors import CallNotMade, StepFailed
from workbench.ids import canonical, new_id
from workbench.plan import Plan, Step
from workbench.plan.argument import from_argument
from workbench.states import RUN_FINAL
from workbench.tools import Tool
from workbench.values import encode

if TYPE_CHECKING:
    from workbench.agents.brief import Brief
    from workbench.run import Run
    from workbench.workbench import Workbench

SHOWN = 4000
"""Characters of an output that an agent of a library gets; of a longer one its beginning."""

session: ContextVar[Session | None] = ContextVar("workbench_agent_session", default=None)
"""The work that this code belongs to."""


class Session:
    """What an agent may call, and what it has called.

    Attributes:
        brief: what it was told of the run that it works for.
        task: its typed input.
    """

    def __init__(
        self,
        bench: Workbench,
        name: str,
        *,
        task: Mapping[str, Any],
        brief: Brief,
        tools: Sequence[str],
        writes: bool,
        calls: int,
        limits: Mapping[str, float],
        key: str = "",
        left: Sequence[Run] = (),
    ) -> None:
        """Prepare; see `add_agent`."""
        self.bench, self.name, self.task, self.brief = bench, name, dict(task), brief
        self.decisions: list[str] = []
        self.made: list[dict[str, str]] = []
        self.spent: dict[str, float] = {}
        self._names, self._writes = tuple(tools), writes
        self._calls, self._limits = calls, dict(limits)
        self._key, self._left = key, list(left)
        self._lock = threading.Lock()
        self._begun = 0

    @property
    def tools(self) -> list[Tool]:
        """The tools that it may call."""
        return [self.bench.tools[name] for name in self._names]

    def decide(self, what: str) -> str:
        """Note a decision, to be given back with the answer."""
        self.decisions.append(what)
        return "noted"

    def call(self, tool: str, **args: Any) -> Any:
        """Call a tool and give its output; blocks until it has one, a person's answer included.

        Raises:
            CallNotMade: it may not call that, or not so often; nothing was done.
            StepFailed: the call failed, or was refused by the policy or a person.
        """
        self._refuse(tool)
        limits = {
            unit: max(0.0, most - self.spent.get(unit, 0)) for unit, most in self._limits.items()
        }
        plan = Plan(steps=(Step(id="call", tool=tool, args=args),))
        run = self._take_up(plan) or self.bench.start(
            f"{self.name}: {tool}",
            plan=plan,
            key=f"{self._key} {new_id('call')}",
            autonomy="risk" if self._writes else "read_only",
            limits=limits,
        )
        run.wait_until(*RUN_FINAL, "paused", timeout_s=10**9)
        if run.state == "paused":
            run.stop(reason=f"the call of {self.name} was held up: {run.view.reason}")
            run.wait_until(*RUN_FINAL, timeout_s=10**9)
        return self._outcome(tool, run)

    def call_for_model(self, tool: str, args: Mapping[str, Any]) -> Any:
        """Call a tool; what goes wrong is given back as words, and large values in short."""
        try:
            output = self.call(tool, **args)
        except (CallNotMade, StepFailed) as error:
            return {"error": str(error)}
        stored, _ = encode(output)
        if stored.artifact is not None:
            return {"summary": stored.summary}
        text = str(stored.value)
        return (
            stored.value if len(text) <= SHOWN else {"beginning": text[:SHOWN], "length": len(text)}
        )

    def close(self) -> None:
        """End the calls of an earlier attempt that this one has not asked for again."""
        for run in self._left:
            self.bench.open(run.id, paused=True).stop("the agent does not ask for it any more")

    def _take_up(self, plan: Plan) -> Run | None:
        """Find the same call of an earlier attempt, which still waits."""
        with self._lock:
            found = next((run for run in self._left if _calls(run) == _step(plan)), None)
            if found is None:
                return None
            self._left.remove(found)
        taken_up(found.id)
        return self.bench.open(found.id)

    def _refuse(self, tool: str) -> None:
        if tool not in self._names:
            raise CallNotMade(
                f"{self.name} may not call {tool!r}.", f"It may call: {', '.join(self._names)}."
            )
        if not self._writes and not self.bench.tools[tool].repeatable:
            raise CallNotMade(
                f"{self.name} is read-only, and {tool} is {self.bench.tools[tool].effect}.",
                "Declare writes=True where the agent is added.",
            )
        with self._lock:
            if self._begun >= self._calls:
                raise CallNotMade(
                    f"{self.name} has made its {self._calls} calls.", "Give an answer now."
                )
            self._begun += 1

    def _outcome(self, tool: str, run: Run) -> Any:
        view = run.view
        stands = view.steps["call"]
        with self._lock:
            self.made.append({"tool": tool, "run": run.id, "state": stands.state})
            for unit, amount in run.usage.items():
                self.spent[unit] = self.spent.get(unit, 0) + amount
        if stands.state == "succeeded":
            return run.output("call")
        why = stands.error or view.reason or stands.state
        raise StepFailed(f"{tool}: {why}", step="call", tool=tool)


def _calls(run: Run) -> bytes:
    plan = run.plan
    return _step(plan) if plan is not None else b""


def _step(plan: Plan) -> bytes:
    step = plan.steps[0]
    return canonical([step.tool, {name: from_argument(value) for name, value in step.args.items()}])
