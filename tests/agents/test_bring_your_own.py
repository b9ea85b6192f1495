"""Agents of real libraries as tools and as planners; what they call goes through the workbench."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest

import workbench as wb
from tests.agents.conftest import Opened, Shelf, first_question, plan_of
from tests.models.wire_server import Wire, plain
from workbench.agents import (
    AgentPlanner,
    Session,
    add_agent,
    langchain_tools,
    runs_below,
    take_back,
)
from workbench.planner import PlanningContext
from workbench.testing import allow_all

STEPS = [
    {"id": "n", "tool": "count", "args": {"item": "pens"}},
    {"id": "m", "tool": "count", "args": {"item": "ink"}, "after": ["n"]},
]


def pipeline_of(run: wb.Run, tool: str) -> list[str]:
    """Give the kinds of events of the run that made the call of a tool."""
    name = next(c["run"] for c in run.output("agent")["calls"] if c["tool"] == tool)
    assert name in [below.id for below in runs_below(run)]
    return [record.kind for record in run.bench.look(name).events()]


def by_the_book(bench: wb.Workbench, run: wb.Run, shelf: Shelf) -> None:
    """Hold what must be true of every agent that has counted pens, added 2 and sent a text, where
    the person has denied the text."""
    run.wait_until("waiting")
    run.inbox[0].approve()
    request = first_question(bench)
    assert request.tool == "send"
    request.deny(reason="not yet")
    run.wait(120)
    assert shelf.calls == ["count pens", "add 2 pens"]
    assert shelf.items == {"pens": 5}
    for tool in ("count", "add"):
        kinds = pipeline_of(run, tool)
        assert kinds.index("call.intended") < kinds.index("call.succeeded")
    assert "step.denied" in pipeline_of(run, "send")
    take_back(run)
    assert shelf.items == {"pens": 3}
    bench.replay(run).check()


ALLOWED = wb.Policy(rules=[wb.Rule("allow", "add")])


# -- a plain function -----------------------------------------------------------------------------


def test_a_function_as_a_tool(bench_of: Opened, shelf: Shelf) -> None:
    """A function calls through the pipeline: journal, permission, undo [HARN-4]."""

    def helper(work: Session) -> str:
        work.call("count", item="pens")
        work.call("add", item="pens", amount=2)
        return str(work.call_for_model("send", {"text": "2 more"}))

    bench = bench_of(policy=ALLOWED)
    add_agent(bench, helper, name="helper", tools=["count", "add", "send"], writes=True)
    by_the_book(bench, bench.start(plan=plan_of("helper", task="fill up")), shelf)


def test_a_function_as_the_planner(bench_of: Opened, shelf: Shelf) -> None:
    """A function that gives steps is a planner; the plan is checked like any other."""

    def planning(context: PlanningContext) -> list[dict[str, Any]]:
        assert {tool.name for tool in context.tools} == {"count", "add", "send"}
        return STEPS

    bench = bench_of(planner=AgentPlanner(planning))
    run = bench.start("count pens and ink")
    assert run.wait(120) == 0
    assert shelf.calls == ["count pens", "count ink"]
    assert run.view.revision.author == "planner planning"


# -- pydantic-ai ----------------------------------------------------------------------------------


def scripted(*turns: Any) -> Any:
    """Make a model of pydantic-ai that says these parts, one list a request."""
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models.function import FunctionModel

    said = list(turns)

    def answer(messages: Any, info: Any) -> Any:
        answer.seen.append((messages, info))  # type: ignore[attr-defined]
        return ModelResponse(parts=said.pop(0))

    answer.seen = []  # type: ignore[attr-defined]
    model = FunctionModel(answer)
    model.seen = answer.seen  # type: ignore[attr-defined]
    return model


def test_pydantic_ai_as_a_tool(bench_of: Opened, shelf: Shelf) -> None:
    """An agent of pydantic-ai calls our tools through the pipeline; its own tool, which would go
    past it, is not offered to its model [HARN-4]."""
    from pydantic_ai import Agent
    from pydantic_ai.messages import TextPart, ToolCallPart

    model = scripted(
        [ToolCallPart("count", {"item": "pens"})],
        [ToolCallPart("add", {"item": "pens", "amount": 2})],
        [ToolCallPart("note_decision", {"what": "two more pens"})],
        [ToolCallPart("send", {"text": "2 more"})],
        [TextPart("filled up")],
    )
    agent = Agent(model)

    @agent.tool_plain
    def around() -> str:
        shelf.calls.append("around")
        return "past the pipeline"

    bench = bench_of(policy=ALLOWED)
    add_agent(bench, agent, name="helper", tools=["count", "add", "send"], writes=True)
    run = bench.start(plan=plan_of("helper", task="fill up"))
    by_the_book(bench, run, shelf)
    report = run.output("agent")
    assert report["answer"] == "filled up"
    assert report["decisions"] == ["two more pens"]
    assert report["spent"]["tokens_in"] > 0
    messages, info = model.seen[-1]
    assert {tool.name for tool in info.function_tools} == {"count", "add", "send", "note_decision"}
    assert "not yet" in str(messages[-1])


def test_pydantic_ai_with_its_test_model(bench_of: Opened, shelf: Shelf) -> None:
    """The library's own TestModel calls every tool once; with a typed answer."""
    from pydantic_ai import Agent
    from pydantic_ai.models.test import TestModel

    bench = bench_of()
    agent = Agent(TestModel(), output_type=int)
    add_agent(bench, agent, name="tester", gives=int, tools=["count"])
    run = bench.start(plan=plan_of("tester", task="look"))
    assert isinstance(run.wait(120)["answer"], int)
    assert len(shelf.calls) == 1


def test_pydantic_ai_as_the_planner(bench_of: Opened, shelf: Shelf) -> None:
    """As a planner it has no tool at all: it proposes, and the workbench carries out [PLAN-1]."""
    from pydantic_ai import Agent
    from pydantic_ai.messages import TextPart

    model = scripted([TextPart(json.dumps({"kind": "plan", "steps": STEPS}))])
    agent = Agent(model, name="planning-agent")

    @agent.tool_plain
    def around() -> str:
        return "no"

    bench = bench_of(planner=AgentPlanner(agent))
    run = bench.start("count pens and ink")
    run.wait(120)
    assert shelf.calls == ["count pens", "count ink"]
    names = {tool.name for tool in model.seen[0][1].function_tools}
    assert names <= {"note_decision"}
    bench.replay(run).check()


def test_a_planner_that_gives_nonsense(bench_of: Opened) -> None:
    """What is no proposal fails the run with the reason, and nothing was called."""

    def nonsense(_context: PlanningContext) -> str:
        return "let us begin"

    run = bench_of(planner=AgentPlanner(nonsense)).start("count")
    run.wait_until("failed")
    assert "gave no proposal" in run.view.errors[""]


# -- LangGraph ------------------------------------------------------------------------------------


class State(TypedDict, total=False):
    task: str
    brief: dict[str, Any]
    pens: int
    answer: str


def test_langgraph_as_a_tool(bench_of: Opened, shelf: Shelf) -> None:
    """The nodes of a compiled graph call through the pipeline, in threads and in its loop; it
    gets task and brief as its state [HARN-4]."""
    graphs = importlib.import_module("langgraph.graph")
    bench = bench_of(policy=ALLOWED)
    count, add, send = langchain_tools(*(bench.tools[n] for n in ("count", "add", "send")))

    def look(state: State) -> dict[str, Any]:
        assert state["brief"]["goal"] == "look after the shelf"
        return {"pens": count.invoke({"item": "pens"})}

    async def fill(_state: State) -> dict[str, Any]:
        return {"pens": await add.ainvoke({"item": "pens", "amount": 2})}

    def tell(state: State) -> dict[str, Any]:
        return {"answer": f"{state['pens']}: {send.invoke({'text': '2 more'})}"}

    graph = graphs.StateGraph(State)
    for node in (look, fill, tell):
        graph.add_node(node.__name__, node)
    graph.add_edge(graphs.START, "look")
    graph.add_conditional_edges("look", lambda s: "fill" if s["pens"] < 5 else "tell")
    graph.add_edge("fill", "tell")
    add_agent(bench, graph.compile(), name="helper", tools=["count", "add", "send"], writes=True)
    run = bench.start(plan=plan_of("helper", task="fill up"))
    by_the_book(bench, run, shelf)
    answer = run.output("agent")["answer"]
    assert answer.startswith("5: ")
    assert "not yet" in answer


def test_langgraph_as_the_planner(bench_of: Opened, shelf: Shelf) -> None:
    """A graph whose state ends with an answer makes the plan."""
    graphs = importlib.import_module("langgraph.graph")

    def plan(_state: State) -> dict[str, Any]:
        return {"answer": json.dumps({"kind": "plan", "steps": STEPS})}

    graph = graphs.StateGraph(State)
    graph.add_node("plan", plan)
    graph.add_edge(graphs.START, "plan")
    run = bench_of(planner=AgentPlanner(graph.compile(), "graph")).start("count pens and ink")
    run.wait(120)
    assert shelf.calls == ["count pens", "count ink"]


def test_a_tool_outside_of_any_work(bench_of: Opened, shelf: Shelf) -> None:
    """Called outside of an agent's work such a tool does nothing, and says what to do."""
    (count,) = langchain_tools(bench_of().tools["count"])
    with pytest.raises(wb.errors.ToolError, match="outside of the work"):
        count.invoke({"item": "pens"})
    assert shelf.calls == []


# -- OpenAI Agents SDK ----------------------------------------------------------------------------


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


IDS = itertools.count()


def completion(text: str = "", *calls: tuple[str, dict[str, Any]]) -> Any:
    """Answer as the chat completions of OpenAI do."""
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{next(IDS)}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(args)},
            }
            for name, args in calls
        ]
    return plain(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-test",
            "choices": [
                {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
            ],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        }
    )


def unkept() -> Any:
    """Make a client that keeps no connection open: each work has a loop of its own."""
    httpx = importlib.import_module("httpx")
    return httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0))


def openai_agent(wire: Wire, **fields: Any) -> Any:
    sdk = importlib.import_module("agents")
    client = importlib.import_module("openai").AsyncOpenAI(
        base_url=f"{wire.url}/v1", api_key="none", max_retries=0, http_client=unkept()
    )
    model = sdk.OpenAIChatCompletionsModel("gpt-test", client)
    return sdk.Agent(name="helper", instructions="Be brief.", model=model, **fields)


def test_openai_agents_as_a_tool(bench_of: Opened, shelf: Shelf, wire: Wire) -> None:
    """An agent of OpenAI's SDK, which talks to a server over the real wire format, calls through
    the pipeline; its own tools are not offered [HARN-4]."""
    sdk = importlib.import_module("agents")

    @sdk.function_tool
    def around() -> str:
        shelf.calls.append("around")
        return "past the pipeline"

    wire.script += [
        completion("", ("count", {"item": "pens"})),
        completion("", ("add", {"item": "pens", "amount": 2})),
        completion("", ("send", {"text": "2 more"})),
        completion("filled up"),
    ]
    bench = bench_of(policy=ALLOWED)
    agent = openai_agent(wire, tools=[around])
    add_agent(bench, agent, name="helper", tools=["count", "add", "send"], writes=True)
    run = bench.start(plan=plan_of("helper", task="fill up"))
    by_the_book(bench, run, shelf)
    assert run.output("agent")["answer"] == "filled up"
    assert run.output("agent")["spent"]["tokens_in"] == 44
    offered = {tool["function"]["name"] for tool in wire.asked[0][2]["tools"]}
    assert offered == {"count", "add", "send", "note_decision"}
    assert "not yet" in json.dumps(wire.asked[-1][2]["messages"])


def test_openai_agents_as_the_planner(bench_of: Opened, shelf: Shelf, wire: Wire) -> None:
    """As a planner it proposes over the wire, and has nothing to call but a note."""
    wire.script.append(completion(json.dumps({"kind": "plan", "steps": STEPS})))
    run = bench_of(planner=AgentPlanner(openai_agent(wire))).start("count pens and ink")
    run.wait(120)
    assert shelf.calls == ["count pens", "count ink"]
    offered = {tool["function"]["name"] for tool in wire.asked[0][2].get("tools", ())}
    assert offered <= {"note_decision"}


# -- none of them is needed -----------------------------------------------------------------------


def test_what_is_no_agent(bench_of: Opened) -> None:
    """Anything else is refused when it is added."""
    with pytest.raises(wb.errors.ToolError, match="is no agent"):
        add_agent(bench_of(policy=allow_all()), 7, name="seven")
