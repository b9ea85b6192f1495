"""Streamed answers of the providers: tools, schemas, refusals, and every way to break off.

Within a run every answer is streamed, so that a person can see it come.
"""

import json
import sys
from contextlib import aclosing
from pathlib import Path

import anyio
import pytest

from workbench.models import (
    Message,
    ModelCallError,
    ModelReply,
    ModelRequest,
    ProviderModel,
    ToolSchema,
)

sys.path.insert(0, str(Path(__file__).parent))
from wire_server import DIALECTS, USAGE, Wire, plain, sse

LEFT = "Async generator '(openai|anthropic|httpx2|httpcore2|google)[.]"
"""The SDKs leave generators to the garbage collector, behind the last event and after an error;
trio, and trio alone, says so. The connection is closed all the same, by us."""

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(f"ignore:{LEFT}:ResourceWarning")]

ASK = ModelRequest(messages=(Message("system", "Be short."), Message("user", "hello")))
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
TOOL = ToolSchema("add", "Add one.", SCHEMA)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.fixture
def wire():
    server = Wire()
    yield server
    server.close()


@pytest.fixture(params=DIALECTS)
def dialect(request):
    return DIALECTS[request.param]


def model_of(dialect, wire, **options):
    return ProviderModel(dialect.name, base_url=wire.url + dialect.base, api_key="k", **options)


async def drain(model, request=ASK):
    """Take a whole stream; gives its text so far, and the reply."""
    text, reply = "", None
    async with aclosing(model.stream(request)) as pieces:
        async for piece in pieces:
            if isinstance(piece, ModelReply):
                reply = piece
            else:
                text += piece
    return text, reply


async def fault_of(model, request=ASK):
    with pytest.raises(ModelCallError) as raised:
        await drain(model, request)
    return raised.value


async def test_an_answer_comes_whole_or_in_pieces(dialect, wire):
    """The same answer comes at once and streamed, on asyncio and on trio [HARN-2, CONC-16]."""
    wire.script = [dialect.text("one two"), sse(*dialect.stream_events(["one ", "two"]))]
    model = model_of(dialect, wire)

    whole = await model.request(ASK)
    text, streamed = await drain(model)

    assert whole.text == text == streamed.text == "one two"
    assert whole.usage == streamed.usage


async def test_a_call_of_a_tool_comes_in_pieces(dialect, wire):
    """Arguments that come in pieces are put together; nothing is called [HARN-4]."""
    wire.script = [sse(*dialect.stream_call("add", '{"n": 2}'))]

    _, reply = await drain(
        model_of(dialect, wire), ModelRequest(messages=ASK.messages, tools=(TOOL,))
    )

    assert [(call.name, call.args) for call in reply.calls] == [("add", {"n": 2})]
    assert (reply.finish, reply.usage.tokens_out) == ("calls", USAGE[1])


@pytest.mark.parametrize("way", ["native", "tool", "prompted"])
async def test_a_schema_is_kept_in_a_stream(dialect, wire, way):
    """Structured output comes through a stream as it does at once, whichever way [HARN-2]."""
    said = '{"n": 1}'
    called = way == "tool"
    events = dialect.stream_call("reply", said) if called else dialect.stream_events([said])
    wire.script = [sse(*events)]

    request = ModelRequest(messages=ASK.messages, output_schema=SCHEMA)
    text, reply = await drain(model_of(dialect, wire, structured=way), request)

    assert json.loads(reply.text) == {"n": 1}
    whole_at_once = called and dialect.name.startswith("google")
    assert text == ("" if whole_at_once else said)
    assert (reply.calls, reply.finish) == ((), "stop")


async def test_a_refusal_is_told_apart_in_a_stream(dialect, wire):
    """A model that is unwilling ends its stream with `refusal`, and its words are kept [HARN-6]."""
    wire.script = [sse(*dialect.stream_refusal("I will not."))]

    _, reply = await drain(model_of(dialect, wire))

    assert (reply.finish, reply.text) == ("refusal", "I will not.")


async def test_a_stream_that_breaks_off_anywhere_is_never_an_answer(dialect, wire):
    """Cut behind any event before its end, a stream is a fault that passes, never a shorter answer
    [HARN-6]."""
    events = list(dialect.stream_events(["one ", "two ", "three"]))
    whole = await last_needed(dialect, wire, events)
    for cut in range(1, whole):
        wire.script = [sse(*events[:cut])]
        error = await fault_of(model_of(dialect, wire))
        assert (error.fault, error.retryable) == ("connection", True), f"cut behind event {cut}"


async def last_needed(dialect, wire, events):
    """Give how many events of a stream it takes until its answer is whole."""
    for count in range(len(events), 0, -1):
        wire.script = [sse(*events[:count])]
        try:
            _, reply = await drain(model_of(dialect, wire))
        except ModelCallError:
            return count + 1
        assert reply.text == "one two three"
    return 1


async def test_a_call_that_breaks_off_is_never_made(dialect, wire):
    """A call whose arguments break off with the stream is a fault [HARN-5]."""
    events = list(dialect.stream_call("add", '{"n": 2}'))
    if len(events) == 1:
        pytest.skip("it comes in one event")
    wire.script = [sse(*events[:2])]

    error = await fault_of(
        model_of(dialect, wire), ModelRequest(messages=ASK.messages, tools=(TOOL,))
    )

    assert error.fault in ("connection", "malformed")


@pytest.mark.parametrize("name", ["OpenAIChat", "OpenAIResponses", "Anthropic"])
async def test_streamed_arguments_that_are_no_json_are_malformed(name, wire):
    """A streamed call whose arguments are no JSON object is not passed on [HARN-5]."""
    wire.script = [sse(*DIALECTS[name].stream_call("add", '{"n": oops'))]

    error = await fault_of(
        model_of(DIALECTS[name], wire), ModelRequest(messages=ASK.messages, tools=(TOOL,))
    )

    assert error.fault == "malformed"


async def test_an_event_that_is_no_json_is_malformed(dialect, wire):
    """A stream with a broken event is an error of the model's, not of the program [HARN-6]."""
    begun = list(dialect.stream_events(["one ", "two "]))[:2]
    wire.script = [sse(*begun, '{"id": "c1", "choi')]

    error = await fault_of(model_of(dialect, wire))

    assert error.fault in ("malformed", "connection")


async def test_overload_before_and_within_a_stream(dialect, wire):
    """A provider that is overloaded says so before it begins or in the middle: both pass by
    themselves [HARN-6]."""
    begun = list(dialect.stream_events(["one "]))[:3]
    wire.script = [dialect.overloaded(), sse(*begun, *dialect.overloaded_midway())]

    before, within = [await fault_of(model_of(dialect, wire)) for _ in range(2)]

    assert (before.fault, before.retryable) == ("overload", True)
    assert within.fault in ("overload", "server", "connection")
    assert within.retryable


async def test_a_rate_limit_of_a_stream_says_how_long(dialect, wire):
    """A 429 comes at once, with the seconds that the provider asks for [HARN-6]."""
    body = dialect.error("RESOURCE_EXHAUSTED", "slow down")
    wire.script = [plain(body, 429, {"retry-after": "37"})]

    error = await fault_of(model_of(dialect, wire))

    assert (error.fault, error.retry_after_s) == ("rate_limit", 37.0)
    assert len(wire.asked) == 1


async def test_used_up_money_is_not_a_rate_limit(dialect, wire):
    """A quota or a balance that is used up does not pass by itself, in each provider's words; it is
    asked once [HARN-6]."""
    wire.script = [dialect.used_up()]

    error = await fault_of(model_of(dialect, wire))

    assert (error.fault, error.retryable) == ("quota", False)
    assert len(wire.asked) == 1


async def test_a_request_without_an_answer_is_a_timeout(dialect, wire):
    """A request that is not streamed ends after its time, and the socket is closed [HARN-6]."""
    await wire.give_up(lambda seconds: model_of(dialect, wire, timeout_s=seconds).request(ASK))


async def test_cancelling_within_a_stream_closes_the_socket(dialect, wire):
    """A stream that is cancelled after its first pieces hangs up: the server sees it [CONC-5]."""
    wire.script = [wire.silent_after(*list(dialect.stream_events(["one ", "two "]))[:-2])]
    come = []

    async with anyio.create_task_group() as tasks:

        async def take():
            async with aclosing(model_of(dialect, wire).stream(ASK)) as pieces:
                async for piece in pieces:
                    come.append(piece)
                    tasks.cancel_scope.cancel()

        tasks.start_soon(take)

    assert "".join(come).startswith("one")
    assert await anyio.to_thread.run_sync(wire.gone.wait, 120)
