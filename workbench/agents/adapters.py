"""Agents of others, made callable: a plain function, pydantic-ai, LangGraph, OpenAI's SDK.

None of these libraries is imported before an agent of it is there. Whatever tools such an agent
brings along are replaced by those of the session: an agent has no way to the world around it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.agents.session import Session, session
from workbench.errors import ToolError
from workbench.tools import Tool

Ask = Callable[[Session, str], Any]
"""Asks an agent once: with its session, and in words; gives its answer."""

DECIDE = {
    "type": "object",
    "properties": {"what": {"type": "string", "description": "what was decided, and why"}},
    "required": ["what"],
}
MAX_TURNS = 20


def asking(agent: Any) -> Ask:
    """Say how an agent is asked.

    Raises:
        ToolError: it is nothing that can be asked.
    """
    home = {base.__module__.partition(".")[0] for base in type(agent).__mro__}
    if "pydantic_ai" in home:
        return lambda work, words: _in_loop(_ask_pydantic_ai(agent, work, words))
    if "langgraph" in home:
        return lambda work, words: _in_loop(_ask_langgraph(agent, work, words))
    if "agents" in home and hasattr(agent, "clone") and hasattr(agent, "handoffs"):
        return lambda work, words: _in_loop(_ask_openai(agent, work, words))
    if callable(agent):
        return lambda work, _words: _ask_function(agent, work)
    raise ToolError(
        f"{agent!r:.100} is no agent.",
        "Give a function, a compiled LangGraph graph, or an agent of pydantic-ai or OpenAI's SDK.",
    )


def _in_loop(work: Any) -> Any:
    """Carry a coroutine out in a loop of this thread, which is the call's own."""
    return asyncio.run(work)


def _ask_function(agent: Callable[..., Any], work: Session) -> Any:
    answer = agent(work)
    return _in_loop(_wait_for(answer)) if inspect.isawaitable(answer) else answer


async def _wait_for(value: Any) -> Any:
    return await value


def _caller(work: Session, tool: Tool) -> Callable[..., Any]:
    async def call(**args: Any) -> Any:
        return await asyncio.to_thread(work.call_for_model, tool.name, args)

    return call


# -- pydantic-ai ---------------------------------------------------------------------------------


async def _ask_pydantic_ai(agent: Any, work: Session, words: str) -> Any:
    from pydantic_ai import FunctionToolset, UsageLimits
    from pydantic_ai import Tool as TheirTool

    async def note(what: str) -> str:
        return work.decide(what)

    made = [
        TheirTool.from_schema(
            _caller(work, t), t.name, t.description, dict(t.signature.args_schema)
        )
        for t in work.tools
    ]
    made.append(TheirTool.from_schema(note, "note_decision", "Note what you decide.", dict(DECIDE)))
    with agent.override(tools=[], toolsets=[FunctionToolset(made)]):
        done = await agent.run(words, usage_limits=UsageLimits(request_limit=MAX_TURNS))
    usage = done.usage
    _count(work, usage.input_tokens, usage.output_tokens)
    return done.output


def _count(work: Session, tokens_in: int | None, tokens_out: int | None) -> None:
    for unit, amount in (("tokens_in", tokens_in), ("tokens_out", tokens_out)):
        if amount:
            work.spent[unit] = work.spent.get(unit, 0) + amount


# -- LangGraph -----------------------------------------------------------------------------------


async def _ask_langgraph(graph: Any, work: Session, words: str) -> Any:
    """Ask a compiled graph; one with `messages` in its state gets words, any other the task."""
    names = {name for name in graph.channels if ":" not in name and not name.startswith("__")}
    state: dict[str, Any] = {name: value for name, value in work.task.items() if name in names}
    if "messages" in names:
        state["messages"] = [("user", words)]
    if "brief" in names:
        state["brief"] = work.brief.model_dump(mode="json")
    done = await graph.ainvoke(state, {"recursion_limit": 5 * MAX_TURNS})
    if not isinstance(done, Mapping):
        return done
    if "answer" in done:
        return done["answer"]
    return done["messages"][-1].content if done.get("messages") else dict(done)


def langchain_tools(*tools: Tool) -> list[Any]:
    """Give tools in the form of LangChain, for the nodes of a graph.

    Called in the work of an agent they go through the workbench; outside of it they are refused.
    """
    from langchain_core.tools import StructuredTool

    def made(tool: Tool) -> Any:
        def call(**args: Any) -> Any:
            return _present(tool.name).call_for_model(tool.name, args)

        async def later(**args: Any) -> Any:
            return await asyncio.to_thread(call, **args)

        return StructuredTool.from_function(
            func=call,
            coroutine=later,
            name=tool.name,
            description=tool.description or tool.name,
            args_schema=dict(tool.signature.args_schema),
            infer_schema=False,
        )

    return [made(tool) for tool in tools]


def _present(name: str) -> Session:
    work = session.get()
    if work is None:
        raise ToolError(
            f"{name} was called outside of the work of an agent.",
            "Add the graph to a workbench: add_agent(bench, graph, …), and make a plan with it.",
        )
    return work


# -- OpenAI Agents SDK ---------------------------------------------------------------------------


async def _ask_openai(agent: Any, work: Session, words: str) -> Any:
    import agents as sdk

    def made(tool: Tool) -> Any:
        call = _caller(work, tool)

        async def invoke(_context: Any, args: str) -> str:
            return json.dumps(await call(**json.loads(args or "{}")), ensure_ascii=False)

        schema = dict(tool.signature.args_schema)
        return sdk.FunctionTool(
            tool.name, tool.description, schema, invoke, strict_json_schema=False
        )

    async def note(_context: Any, args: str) -> str:
        return work.decide(str(json.loads(args).get("what", "")))

    noting = sdk.FunctionTool(
        "note_decision", "Note what you decide.", dict(DECIDE), note, strict_json_schema=False
    )
    bound = agent.clone(tools=[*map(made, work.tools), noting], handoffs=[], mcp_servers=[])
    config = sdk.RunConfig(tracing_disabled=True)
    done = await sdk.Runner.run(bound, words, run_config=config, max_turns=MAX_TURNS)
    usage = done.context_wrapper.usage
    _count(work, usage.input_tokens, usage.output_tokens)
    return done.final_output
