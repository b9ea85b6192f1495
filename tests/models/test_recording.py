"""Recorded answers, and asking again what passes by itself."""

import json

import pytest

from workbench.errors import ModelError, WorkbenchError
from workbench.given import planner_of
from workbench.models import (
    Message,
    ModelCallError,
    ModelReply,
    ModelRequest,
    Recording,
    ReplayModel,
    ask,
    model_named,
)
from workbench.testing.model import ScriptedModel, rate_limited, timed_out

pytestmark = pytest.mark.anyio

ONE = ModelRequest(messages=(Message("user", "one"),))
OTHER = ModelRequest(messages=(Message("user", "one"),), output_schema={"type": "object"})


async def test_a_recording_gives_the_same_replies_again(tmp_path):
    """A recorded conversation is replayed reply by reply, with tokens, and says whose it is
    [HARN-12]."""
    model = Recording(ScriptedModel(["a", "b", {"n": 1}]), tmp_path / "said.json")
    first = [await model.request(request) for request in (ONE, ONE, OTHER)]

    replay = model_named(f"replay:{tmp_path / 'said.json'}")
    again = [await replay.request(request) for request in (ONE, ONE, OTHER)]

    assert isinstance(replay, ReplayModel)
    assert again == first
    assert replay.label.startswith("recorded from scripted on ")


async def test_a_request_that_was_not_recorded_is_an_error(tmp_path):
    """Another schema is another request: nothing is made up [HARN-12]."""
    file = tmp_path / "said.json"
    await Recording(ScriptedModel(["a"]), file).request(ONE)

    with pytest.raises(ModelError, match="holds no answer to this request"):
        await ReplayModel(file).request(OTHER)


async def test_streams_are_recorded_and_replayed_whole(tmp_path):
    """What was streamed is recorded once, and streams again [HARN-12]."""
    file = tmp_path / "said.json"
    async for _ in Recording(ScriptedModel(["long enough"], chunk=3), file).stream(ONE):
        pass

    pieces = [piece async for piece in ReplayModel(file, chunk=4).stream(ONE)]

    assert "".join(pieces[:-1]) == "long enough"
    assert isinstance(pieces[-1], ModelReply)


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "answers": {}}', '{"version": 1}'])
def test_a_file_that_is_no_recording_is_refused(tmp_path, text):
    """A damaged or foreign file is refused by name [HARN-12]."""
    file = tmp_path / "said.json"
    file.write_text(text)

    with pytest.raises(ModelError, match=r"said\.json"):
        ReplayModel(file)


async def test_errors_are_not_recorded(tmp_path):
    """A failed call leaves no answer behind [HARN-12]."""
    file = tmp_path / "said.json"
    model = Recording(ScriptedModel([timed_out(), "a"]), file)
    with pytest.raises(ModelCallError):
        await model.request(ONE)
    await model.request(ONE)

    assert [len(said) for said in json.loads(file.read_text())["answers"].values()] == [1]


async def test_what_passes_by_itself_is_asked_again_after_the_wait_that_is_asked_for():
    """The provider's wait is kept, else the waits double; each is told before it begins
    [HARN-6]."""
    waits, slept = [], []

    async def sleep(seconds):
        assert len(waits) == len(slept) + 1
        slept.append(seconds)

    model = ScriptedModel([rate_limited(7), timed_out(), "a"])
    reply = await ask(model, ONE, waiting=waits.append, sleep=sleep)

    assert reply.text == "a"
    assert slept == [7, 2.0]
    assert [(wait.fault, wait.attempt) for wait in waits] == [("rate_limit", 1), ("timeout", 2)]


@pytest.mark.parametrize(
    ("fault", "wait", "requests"),
    [("quota", None, 1), ("authentication", 3, 1), ("rate_limit", 3600, 1), ("server", None, 4)],
)
async def test_what_does_not_pass_is_given_up(fault, wait, requests):
    """Money and keys are not asked again, an hour is not waited for, four requests are enough
    [HARN-6]."""
    error = ModelCallError.of(fault, "scripted", retry_after_s=wait)
    model = ScriptedModel([error] * 9)

    async def sleep(seconds):
        pass

    with pytest.raises(ModelCallError):
        await ask(model, ONE, sleep=sleep)

    assert len(model.requests) == requests


async def test_a_planner_may_be_named_by_its_model(tmp_path):
    """`planner="replay:<file>"` and `planner="provider:model"` plan with that model; any other
    word is refused [PLAN-1, HARN-2]."""
    file = tmp_path / "said.json"
    await Recording(ScriptedModel(["a"]), file).request(ONE)

    labels = [planner_of(name).name for name in (f"replay:{file}", "openai:gpt-5")]

    assert labels[0].startswith("model recorded from scripted on ")
    assert labels[1] == "model openai:gpt-5"
    with pytest.raises(WorkbenchError, match="no planner called"):
        planner_of("clever")
