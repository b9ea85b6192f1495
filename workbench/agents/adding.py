"""An agent as a tool: typed input and output, a budget of its own, no more rights than its run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter, ValidationError, create_model

from workbench.agents.adapters import Ask, asking
from workbench.agents.brief import Brief, Report, brief_of
from workbench.agents.session import Session, session
from workbench.engine.above import driving
from workbench.errors import ToolError
from workbench.executor import calling_step
from workbench.executor.inside import inside_run
from workbench.plan import Plan, Step
from workbench.states import RUN_FINAL
from workbench.tools import Tool

if TYPE_CHECKING:
    from workbench.run import Run
    from workbench.workbench import Workbench

HAND_OVER = "hand_over"
TURNS = 3


class NotAccepted(ToolError):
    """An agent gave no answer that fits, as often as it was asked."""

    error_class = "bad_output"


def add_agent(
    bench: Workbench,
    agent: Any,
    *,
    name: str,
    description: str = "",
    takes: type[BaseModel] | Mapping[str, Any] | None = None,
    gives: Any = str,
    tools: Sequence[Tool | str] = (),
    writes: bool = False,
    calls: int = 20,
    limits: Mapping[str, float] | None = None,
    accept: Callable[[Any], bool | str] | None = None,
    turns: int = TURNS,
    timeout_s: float | None = None,
) -> Tool:
    """Register an agent with a workbench as a tool; a step of a plan calls it like any other.

    It is asked with its task and a brief of the run: the goal word for word, constraints, decisions
    and what the step builds on. What it was told is on disk before it begins. Each of its calls is
    a run of its own below the run of the step, so it goes through permission, budget and
    journal, and can be taken back; it may do nothing that the run above may not. It gives back a
    `Report`: its answer, its decisions, its calls and what it has spent.

    Args:
        bench: the workbench.
        agent: a function of a `Session`, a compiled LangGraph graph (with `langchain_tools` in its
            nodes), or an agent of pydantic-ai or of OpenAI's Agents SDK.
        name: of the tool.
        description: what it is good for; a planner reads it.
        takes: its input: a pydantic model, or types by name; default: `task`, a text.
        gives: the type of its answer.
        tools: what it may call, all of this workbench.
        writes: whether it may call what changes the world. Then its step counts as irreversible and
            is asked about as such; else a call that would change anything is refused.
        calls: calls that it makes at most.
        limits: its own budget by unit; what is left of the run's own is a limit, too.
        accept: its stop criterion: says whether an answer will do, or why not.
        turns: times that it is asked at most until its answer fits and is accepted.
        timeout_s: seconds for all of it.

    Raises:
        ToolError: it is no agent, a tool is not registered, or the name is taken.
    """
    names = [tool if isinstance(tool, str) else tool.name for tool in tools]
    for one in names:
        _ = bench.tools[one]
    ask, answer = asking(agent), TypeAdapter(gives)
    _register_hand_over(bench)
    made = partial(
        Session, bench, name, tools=names, writes=writes, calls=calls, limits=dict(limits or {})
    )

    def work(**task: Any) -> Any:
        run, step = inside_run.get(), calling_step() or ""
        above, live = bench.look(run), driving.get()
        # As it stands now: the newest outcomes may still be on their way to the disk.
        view = live.view().snapshot() if live is not None else above.view
        brief = brief_of(view, above.events(), step)
        plain = TypeAdapter(dict[str, Any]).dump_python(task, mode="json")
        _hand_over(bench, name, plain, brief)
        key = view.steps[step].key
        mine = made(task=plain, brief=brief, key=key, left=_left_by(above, key))
        token = session.set(mine)
        try:
            return _answered(mine, ask, answer, accept, turns)
        finally:
            session.reset(token)
            mine.close()

    _sign(work, name, takes, create_model(f"{name}_report", __base__=Report, answer=(gives, ...)))
    tool = Tool(
        work,
        name=name,
        effect="irreversible" if writes else "read",
        description=description or f"Asks the agent {name}.",
        timeout_s=timeout_s,
        runs_in="thread",
    )
    return bench.tools.add(tool)


def _answered(
    work: Session,
    ask: Ask,
    answer: TypeAdapter[Any],
    accept: Callable[[Any], bool | str] | None,
    turns: int,
) -> dict[str, Any]:
    """Ask until the answer fits and is accepted."""
    words, why = f"{work.task}\n\n{work.brief}", ""
    for turn in range(1, turns + 1):
        said = ask(work, f"{words}\n\nNot accepted: {why}" if why else words)
        try:
            value = answer.validate_python(said)
        except ValidationError as error:
            why = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
            continue
        verdict = True if accept is None else accept(value)
        if verdict is True:
            plain = answer.dump_python(value, mode="json")
            return Report(
                answer=plain,
                decisions=work.decisions,
                calls=work.made,
                spent=work.spent,
                turns=turn,
            ).model_dump(mode="json")
        why = verdict if isinstance(verdict, str) else "it does not do"
    raise NotAccepted(f"{work.name} gave no answer that will do in {turns} turns: {why}.")


def _register_hand_over(bench: Workbench) -> None:
    if HAND_OVER in bench.tools:
        return

    def hand_over(agent: str, task: dict[str, Any], brief: dict[str, Any]) -> str:
        """Write down what an agent is told, before it begins."""
        return f"{agent} was told {len(task)} values and {len(brief['trace'])} steps"

    bench.tools.add(Tool(hand_over, effect="pure"))


def _hand_over(bench: Workbench, name: str, task: dict[str, Any], brief: Brief) -> None:
    args = {"agent": name, "task": task, "brief": brief.model_dump(mode="json")}
    step = Step(id="told", tool=HAND_OVER, args=args)
    bench.start(f"{name}: what it is told", plan=Plan(steps=(step,))).wait()


def _sign(
    function: Callable[..., Any],
    name: str,
    takes: type[BaseModel] | Mapping[str, Any] | None,
    gives: Any,
) -> None:
    """Give the function the signature that the agent declares."""
    types: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    if isinstance(takes, type):
        for field, info in takes.model_fields.items():
            types[field] = info.annotation
            if not info.is_required():
                defaults[field] = info.get_default(call_default_factory=True)
    else:
        types = dict(takes or {"task": str})
    kind, none = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
    parameters = [
        inspect.Parameter(field, kind, annotation=hint, default=defaults.get(field, none))
        for field, hint in types.items()
    ]
    function.__signature__ = inspect.Signature(parameters, return_annotation=gives)  # type: ignore[attr-defined]  # what `inspect.signature` reads
    function.__annotations__ = {**types, "return": gives}
    function.__name__ = function.__qualname__ = name


def runs_below(run: Run) -> list[Run]:
    """Give the runs that the calls of a run have started, the oldest first."""
    bench = run.bench
    rows = reversed(bench.journal.runs())
    found = [bench.look(row.id) for row in rows if row.id != run.id]
    return [one for one in found if _parent(one) == run.id]


def _left_by(run: Run, key: str) -> list[Run]:
    """Give the calls of earlier attempts that have not ended, but wait for a person."""
    rows = run.bench.journal.runs()
    found = (
        row for row in rows if (row.key or "").startswith(f"{key} ") and row.state not in RUN_FINAL
    )
    return [run.bench.look(row.id) for row in found]


def _parent(run: Run) -> str:
    return str(getattr(next(run.events()).event, "parent", ""))


def take_back(run: Run) -> list[Any]:
    """Undo what agents have done for a run, the last first; gives the report of each rollback.

    Each is a run that undoes, with its own permission and journal; see `Run.rollback`.
    """
    reports = []
    for below in reversed(runs_below(run)):
        if below.view.run_kind == "work" and any(r.kind == "call.intended" for r in below.events()):
            plan = below.plan
            tools = below.bench.tools
            if plan is not None and not all(tools[s.tool].repeatable for s in plan.steps):
                run.bench.open(below.id)
                reports.append(below.rollback(to=below.checkpoints[0]))
    return reports
