"""A run whose model is a real endpoint: streamed, waited for, cancelled on the wire."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, eventually
from workbench.models import ProviderModel

PLAN = {"kind": "plan", "steps": [{"id": "a", "tool": "think", "args": {"name": "a"}}]}


def wires() -> Any:
    """Load the server beside the tests of models, which is no package."""
    path = Path(__file__).parents[1] / "models" / "wire_server.py"
    spec = importlib.util.spec_from_file_location("wire_server", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


server = wires()
LEFT = "Async generator '(openai|anthropic|httpx2|httpcore2|google)[.]"

pytestmark = pytest.mark.filterwarnings(f"ignore:{LEFT}:ResourceWarning")


@pytest.fixture
def wire() -> Iterator[Any]:
    made = server.Wire()
    yield made
    made.close()


@pytest.fixture(params=server.DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Any:
    return server.DIALECTS[request.param]


def model_of(dialect: Any, wire: Any) -> ProviderModel:
    family = dialect.name.partition(":")[0].partition("-")[0]
    base = wire.url + dialect.base
    return ProviderModel(dialect.name, base_url=base, api_key="k", priced_as=family)


def test_a_run_waits_for_a_provider_and_pays_what_it_says(
    lab: Lab, dialect: Any, wire: Any
) -> None:
    """A 429 with `Retry-After` is waited for in the journal, the answer is streamed, and tokens and
    cost are those of the provider, within what was set aside [HARN-6, HARN-9]."""
    limited = server.plain(dialect.error("RESOURCE_EXHAUSTED", "slow"), 429, {"retry-after": "0"})
    text = json.dumps(PLAN)
    if dialect.name.startswith("anthropic"):  # whose native schema would leave arguments empty
        events = dialect.stream_call("proposal", text)
    else:
        events = dialect.stream_events([text[:20], text[20:]])
    wire.script = [limited, server.sse(*events)]
    run = lab.bench(planner=model_of(dialect, wire), budget=wb.Budget(usd=1)).start("do a")
    assert run.wait(60) == "a"

    (call,) = run.model_calls().to_dict("records")
    assert (call["attempts"], call["state"]) == (2, "stop")
    assert (call["tokens_in"], call["tokens_out"]) == server.USAGE
    assert 0 < call["usd"] < call["reserved_usd"] < 1
    assert run.view.usage["usd"] == call["usd"]
    assert wire.asked[0][2] == wire.asked[1][2], "the same request is sent again"


def test_stopping_a_run_closes_the_socket(lab: Lab, dialect: Any, wire: Any) -> None:
    """A stop hangs up on a model that is answering: the server sees the line go [CONC-5]."""
    begun = list(dialect.stream_events(["one ", "two "]))[:-2]
    wire.script = [wire.silent_after(*begun)]
    run = lab.bench(planner=model_of(dialect, wire)).start("do a")
    assert wire.reached.wait(120)
    eventually(run, lambda view: bool(view.models))
    run.stop("enough")
    run.wait_until("stopped", timeout_s=20)

    assert wire.gone.wait(120)
    assert run.model_calls()["state"].tolist() == ["cancelled"]
