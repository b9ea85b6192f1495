"""Models of the providers, against a loopback server that speaks their wire formats."""

import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from workbench.models import (
    Message,
    ModelCallError,
    ModelReply,
    ModelRequest,
    ProviderModel,
    ToolCall,
    ToolSchema,
)

pytestmark = pytest.mark.anyio

sys.path.insert(0, str(Path(__file__).parent))
from wire_server import DIALECTS, USAGE, Wire, plain, sse  # noqa: E402

ASK = ModelRequest(messages=(Message("system", "Be short."), Message("user", "hello")))
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}


@pytest.fixture
def anyio_backend():
    return "asyncio"


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


async def drain(model):
    async for piece in model.stream(ASK):
        assert isinstance(piece, str)


async def fault_of(dialect, wire, answer, **options):
    wire.script = [answer]
    with pytest.raises(ModelCallError) as raised:
        await model_of(dialect, wire, **options).request(ASK)
    assert len(wire.asked) == 1
    return raised.value


def by_the_table(model, provider):
    """Reckon what the tokens of the wire server cost, from the table's own prices."""
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=USAGE[0], output_tokens=USAGE[1])
    return float(calc_price(usage, model, provider_id=provider).total_price)


async def test_a_text_comes_with_its_tokens_and_the_price_only_where_it_is_known(dialect, wire):
    """Each provider's answer gives text, tokens and model, and costs what the table says; the price
    of an endpoint that is not the provider's own is unknown, which is not 0 [HARN-2, HARN-9]."""
    wire.script = [dialect.text("hi"), dialect.text("hi")]
    family = dialect.name.partition(":")[0].partition("-")[0]

    reply = await model_of(dialect, wire).request(ASK)
    priced = await model_of(dialect, wire, priced_as=family).request(ASK)

    assert (reply.text, reply.finish) == ("hi", "stop")
    assert (reply.usage.tokens_in, reply.usage.tokens_out) == USAGE
    assert wire.asked[0][0].partition("?")[0] == dialect.path
    assert reply.model == dialect.name.partition(":")[2]
    assert reply.cost_usd is None
    assert priced.cost_usd == pytest.approx(by_the_table(reply.model, family))


async def test_a_model_without_a_price_costs_an_unknown_amount(wire):
    """A model that no table knows costs None, not 0 [HARN-9]."""
    chat = DIALECTS["OpenAIChat"]
    wire.script = [chat.text("hi")]
    wire.script[0] = plain({**chat._whole({"content": "hi"}, "stop"), "model": "nobody-7"})

    reply = await model_of(chat, wire, priced_as="openai").request(ASK)

    assert (reply.model, reply.cost_usd) == ("nobody-7", None)


async def test_text_streams_in_pieces_and_ends_with_the_whole(dialect, wire):
    """Pieces come in order, the whole reply with its tokens comes last [HARN-2]."""
    wire.script = [sse(*dialect.stream_events(["one ", "two ", "three"]))]

    got = [piece async for piece in model_of(dialect, wire).stream(ASK)]

    assert "".join(got[:-1]) == "one two three"
    assert len(got) >= 4
    assert isinstance(got[-1], ModelReply)
    assert got[-1].text == "one two three"
    assert (got[-1].usage.tokens_out, got[-1].finish) == (USAGE[1], "stop")


async def test_a_stream_that_breaks_off_is_a_fault_that_passes(dialect, wire):
    """A stream that ends without its end is no answer: `connection`, after its pieces [HARN-6]."""
    wire.script = [sse(*list(dialect.stream_events(["one ", "two "]))[:-3])]
    if dialect.name.startswith("google"):
        wire.script = [sse(*list(dialect.stream_events(["one ", "two "]))[:-1])]

    with pytest.raises(ModelCallError) as raised:
        await drain(model_of(dialect, wire))

    assert (raised.value.fault, raised.value.retryable) == ("connection", True)


async def test_a_tool_that_the_model_asks_for_is_given_and_its_output_goes_back(dialect, wire):
    """A call of a tool comes with its arguments; nothing is called; its output is sent by the
    id of the call [HARN-4]."""
    tool = ToolSchema("add", "Add one.", SCHEMA)
    wire.script = [dialect.call("add", '{"n": 2}'), dialect.text("3")]
    model = model_of(dialect, wire)

    reply = await model.request(ModelRequest(messages=ASK.messages, tools=(tool,)))
    said = Message("assistant", reply.text, calls=reply.calls)
    given = Message("tool", "three", call_id=reply.calls[0].id)
    after = await model.request(ModelRequest(messages=(*ASK.messages, said, given), tools=(tool,)))

    assert reply.finish == "calls"
    assert [(call.name, call.args) for call in reply.calls] == [("add", {"n": 2})]
    assert isinstance(reply.calls[0], ToolCall)
    assert after.text == "3"
    assert "three" in json.dumps(wire.asked[1][2])
    assert "Add one." in json.dumps(wire.asked[0][2])


async def test_a_schema_is_kept_natively_by_a_tool_or_by_asking(dialect, wire):
    """Structured output goes by the provider's schema, by a tool's arguments or by words, and
    gives the same value [HARN-2]."""
    wire.script = [dialect.text('{"n": 1}'), dialect.call("reply", '{"n": 1}')]
    wire.script += [dialect.text('{"n": 1}')]
    request = ModelRequest(messages=ASK.messages, output_schema=SCHEMA)

    native, tool, prompted = [
        await model_of(dialect, wire, structured=way).request(request)
        for way in ("native", "tool", "prompted")
    ]

    assert [json.loads(reply.text) for reply in (native, tool, prompted)] == [{"n": 1}] * 3
    assert (tool.structured, tool.calls, tool.finish) == ({"n": 1}, (), "stop")
    assert "n" in dialect.schema_of(wire.asked[0][2])["properties"]
    assert "reply" in json.dumps(wire.asked[1][2]["tools"])
    assert "JSON schema" in json.dumps(wire.asked[2][2])


async def test_fields_of_any_name_can_be_filled_by_every_provider(dialect, wire):
    """A schema with an object of any fields, such as the arguments of a step, goes to each provider
    in a form that leaves it open: Anthropic's native form would close it [PLAN-2, HARN-2]."""
    schema = {**SCHEMA, "properties": {"args": {"type": "object", "additionalProperties": True}}}
    schema["required"] = ["args"]
    said = '{"args": {"path": "a.csv"}}'
    by_tool = dialect.name.startswith("anthropic")
    wire.script = [dialect.call("reply", said) if by_tool else dialect.text(said)]

    reply = await model_of(dialect, wire).request(
        ModelRequest(messages=ASK.messages, output_schema=schema)
    )

    body = wire.asked[0][2]
    sent = body["tools"][0]["input_schema"] if by_tool else dialect.schema_of(body)
    assert json.loads(reply.text) == json.loads(said)
    assert sent["properties"]["args"].get("additionalProperties", True) is True


async def test_a_rate_limit_says_how_long_and_the_sdk_does_not_wait(dialect, wire):
    """A 429 comes at once, with the seconds that the provider asks for, after one request
    [HARN-6]."""
    body = dialect.error("RESOURCE_EXHAUSTED", "slow down")
    limited = plain(body, 429, {"retry-after": "37"})

    error = await fault_of(dialect, wire, limited)

    assert (error.fault, error.retry_after_s, error.retryable) == ("rate_limit", 37.0, True)


@pytest.mark.parametrize(
    ("status", "fault", "retried"),
    [(503, "overload", True), (500, "server", True), (401, "authentication", False)],
)
async def test_a_status_gives_its_fault(dialect, wire, status, fault, retried):
    """Overload and faults of the server pass, a wrong key does not; one request each [HARN-6]."""
    error = await fault_of(dialect, wire, plain(dialect.error("x", "no"), status))

    assert (error.fault, error.retryable) == (fault, retried)


async def test_used_up_money_is_not_a_rate_limit(wire):
    """A 429 whose code says that the quota is used up is not retried [HARN-6]."""
    chat = DIALECTS["OpenAIChat"]
    body = chat.error("insufficient_quota", "You exceeded your current quota")

    error = await fault_of(chat, wire, plain(body, 429))

    assert (error.fault, error.retryable) == ("quota", False)


async def test_anthropic_overloaded_in_the_middle_of_a_stream(wire):
    """An error event inside a stream counts as what it says [HARN-6]."""
    dialect = DIALECTS["Anthropic"]
    begun = list(dialect.stream_events(["one "]))[:3]
    wire.script = [sse(*begun, dialect.error("overloaded_error", "Overloaded"))]

    with pytest.raises(ModelCallError) as raised:
        await drain(model_of(dialect, wire))

    assert raised.value.fault == "overload"


async def test_what_is_no_json_is_malformed(dialect, wire):
    """An answer that is no JSON is an error of the model's, not of the program [HARN-6]."""
    error = await fault_of(dialect, wire, plain('{"id": "c1", "choi'))

    assert error.fault == "malformed"


@pytest.mark.parametrize("name", ["OpenAIChat", "OpenAIResponses"])
async def test_arguments_that_are_no_json_are_malformed(name, wire):
    """A call whose arguments break off is not passed on [HARN-5]."""
    error = await fault_of(DIALECTS[name], wire, DIALECTS[name].call("add", '{"n": '))

    assert error.fault == "malformed"


async def test_a_refusal_is_told_apart_from_an_answer(dialect, wire):
    """A model that is unwilling ends with `refusal`, and its words are kept [HARN-6]."""
    wire.script = [dialect.refusal("I will not.")]

    reply = await model_of(dialect, wire).request(ASK)

    assert (reply.finish, reply.text) == ("refusal", "I will not.")


async def test_a_slow_first_byte_is_a_timeout_and_the_socket_is_closed(dialect, wire):
    """An answer that does not begin in time is a timeout, and the server sees the line go
    [HARN-6]."""
    await wire.give_up(lambda seconds: drain(model_of(dialect, wire, first_s=seconds)))


async def test_cancelling_closes_the_socket(dialect, wire):
    """A cancelled call hangs up: the server sees it [CONC-5]."""
    wire.script = [wire.silent]

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(model_of(dialect, wire).request, ASK)
        assert await anyio.to_thread.run_sync(wire.reached.wait, 120)
        tasks.cancel_scope.cancel()

    assert await anyio.to_thread.run_sync(wire.gone.wait, 120)


async def test_nobody_there_is_a_fault_of_the_connection(dialect, wire):
    """An endpoint that is not there gives `connection`, which passes by itself [HARN-6]."""
    wire.close()

    with pytest.raises(ModelCallError) as raised:
        await model_of(dialect, wire).request(ASK)

    assert raised.value.fault == "connection"
    wire.__init__()


def test_one_model_serves_two_loops(wire):
    """A model that was used in one loop works in the next [CONC-14]."""
    chat = DIALECTS["OpenAIChat"]
    wire.script = [chat.text("one"), chat.text("two")]
    model = model_of(chat, wire)

    texts = [anyio.run(model.request, ASK).text for _ in range(2)]

    assert texts == ["one", "two"]


async def test_loading_is_seen_and_the_key_is_not(wire):
    """A model says how far it is loaded, and never its key [HARN-2, AUTH-13]."""
    chat = DIALECTS["OpenAIChat"]
    wire.script = [chat.text("hi")]
    model = ProviderModel(chat.name, base_url=wire.url + "/v1", api_key="sk-secret")
    before = repr(model)

    await model.request(ASK)

    assert before == "<ProviderModel openai-chat:gpt-4o: not loaded>"
    assert repr(model) == "<ProviderModel openai-chat:gpt-4o: ready>"
    assert model.capabilities.structured == "native"
    assert "sk-secret" not in repr(model)


def test_importing_workbench_imports_no_sdk():
    """`import workbench`, naming a model and naming an MCP server load neither pydantic-ai nor an
    SDK, that of MCP included [HARN-2]."""
    code = (
        "import sys, workbench\nfrom workbench.models import ProviderModel\n"
        "ProviderModel('openai:gpt-5')\n"
        "assert repr(workbench.mcp('x')) == '<MCP server x: not started; x>'\n"
        "sdks = {'pydantic_ai', 'openai', 'anthropic', 'genai_prices', 'mcp'}\n"
        "print(sorted(sdks & set(sys.modules)))"
    )

    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=200
    )

    assert out.stdout == "[]\n"


@pytest.mark.parametrize("name", ["openai:gpt-5", "nobody:x", "gpt"])
async def test_a_model_that_cannot_be_made_says_why(name, monkeypatch):
    """A missing key and an unknown provider are errors that say what to do [HARN-6]."""
    from workbench.errors import ModelError

    for key in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(key, raising=False)

    with pytest.raises(ModelError) as raised:
        await ProviderModel(name).request(ASK)

    assert raised.value.next_step
    if name == "openai:gpt-5":
        assert raised.value.fault == "authentication"
