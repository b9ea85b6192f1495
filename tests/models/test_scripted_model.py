"""The scripted model, which ships for tests and demos."""

import anyio
import pytest

from workbench.errors import ModelError
from workbench.models import Message, ModelCallError, ModelReply, ModelRequest
from workbench.testing.model import MALFORMED, NEVER, ScriptedModel, rate_limited, timed_out

pytestmark = pytest.mark.anyio

REQUEST = ModelRequest(messages=(Message("user", "hello"),))


async def test_replies_come_in_order_and_requests_are_kept():
    """A script is replayed line by line, and the model remembers what it was asked [HARN-2]."""
    model = ScriptedModel(["one", {"n": 2}, [3], lambda r: r.messages[0].text.upper()])

    texts = [(await model.request(REQUEST)).text for _ in range(4)]

    assert texts == ["one", '{"n": 2}', "[3]", "HELLO"]
    assert model.requests == [REQUEST] * 4
    assert model.remaining == 0


async def test_a_script_that_is_used_up_says_so():
    """One request too many is an error that counts both sides."""
    model = ScriptedModel(["one"])
    await model.request(REQUEST)

    with pytest.raises(ModelError, match="has 1 replies, and request number 2 came"):
        await model.request(REQUEST)


async def test_errors_of_the_script_are_raised():
    """Rate limits with their wait, timeouts and any other error can be scripted [HARN-6]."""
    model = ScriptedModel([rate_limited(3), timed_out(), ValueError("x"), MALFORMED])

    with pytest.raises(ModelCallError) as limited:
        await model.request(REQUEST)
    with pytest.raises(ModelCallError) as late:
        await model.request(REQUEST)
    with pytest.raises(ValueError, match="x"):
        await model.request(REQUEST)

    assert (limited.value.fault, limited.value.retry_after_s) == ("rate_limit", 3)
    assert late.value.fault == "timeout"
    assert (await model.request(REQUEST)).text == MALFORMED


async def test_a_stream_gives_chunks_and_then_the_reply():
    """A streamed reply is its text in pieces, and at the end the whole, with its usage."""
    model = ScriptedModel(["abcdefgh"], chunk=3)

    parts = [part async for part in model.stream(REQUEST)]

    assert parts[:-1] == ["abc", "def", "gh"]
    assert isinstance(parts[-1], ModelReply)
    assert parts[-1].text == "abcdefgh"
    assert (parts[-1].usage.tokens_in, parts[-1].usage.tokens_out) == (2, 2)


async def test_a_stream_fails_as_a_request_does():
    """An error in the script comes out of the stream too."""
    with pytest.raises(ModelCallError):
        [part async for part in ScriptedModel([rate_limited()]).stream(REQUEST)]


async def test_a_reply_that_never_comes_can_be_cancelled():
    """`NEVER` waits until the caller gives up, so cancelling can be tested without sleeping."""
    model = ScriptedModel([NEVER])

    with anyio.move_on_after(0.01) as scope:
        await model.request(REQUEST)

    assert scope.cancelled_caught


async def test_an_unknown_price_stays_unknown():
    """A cost of None is handed on as unknown."""
    assert (await ScriptedModel(["x"], cost_usd=None).request(REQUEST)).cost_usd is None
