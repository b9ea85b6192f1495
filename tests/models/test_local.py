"""A real local model: llama.cpp with a file that is made here, whose weights are noise.

What it says has no sense; that it is asked, streamed, held to a schema, counted and ended is real.
With `WORKBENCH_GGUF` set to a file, the same is tried with that.
"""

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from workbench.errors import ModelError
from workbench.models import LocalModel, Message, ModelReply, ModelRequest, model_named

sys.path.insert(0, str(Path(__file__).parent))
from tiny_gguf import write

pytestmark = pytest.mark.anyio

SCHEMA = {
    "type": "object",
    "properties": {"yes": {"type": "boolean"}},
    "required": ["yes"],
    "additionalProperties": False,
}
ASK = ModelRequest((Message("user", "hello"),), output_schema=SCHEMA, max_output=200)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    given = os.environ.get("WORKBENCH_GGUF")
    return Path(given) if given else write(tmp_path_factory.mktemp("gguf") / "noise.gguf")


@pytest.fixture(scope="module")
def model(file):
    made = LocalModel(file, context_tokens=2048, threads=1)
    yield made
    made.close()


async def test_it_answers_by_the_schema_and_counts(model):
    """A model of a file keeps to the schema, counts its tokens, and costs nothing [HARN-2]."""
    reply = await model.request(ASK)

    assert isinstance(json.loads(reply.text)["yes"], bool)
    assert reply.finish == "stop"
    assert reply.usage.tokens_in > 0
    assert reply.usage.tokens_out > 0
    assert (reply.cost_usd, reply.model) == (0.0, model.label)
    assert "running" in repr(model)


async def test_it_streams(model):
    """Its answer comes in pieces, and the whole last [HARN-2]."""
    async with aclosing(model.stream(ASK)) as pieces:
        got = [piece async for piece in pieces]

    assert len(got) > 2
    assert isinstance(got[-1], ModelReply)
    assert "".join(got[:-1]) == got[-1].text


async def test_a_process_that_died_is_started_again(model):
    """A process that was killed is a fault of one call at most: the next one starts another
    [HARN-6]."""
    await model.request(ASK)
    first = model._process
    first.send_signal(signal.SIGKILL)
    first.wait()

    assert json.loads((await model.request(ASK)).text)
    assert model._process.pid != first.pid


def test_it_ends_with_the_process_that_asked(file, tmp_path):
    """Killed with SIGKILL, whoever asked leaves no server behind [ASYN-6]."""
    code = (
        "import sys, anyio, os, signal\nfrom workbench.models import *\n"
        f"model = LocalModel({str(file)!r}, context_tokens=512, threads=1)\n"
        "model._start()\nprint(model._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)

    assert out.returncode == -signal.SIGKILL
    try:
        server = os.pidfd_open(int(out.stdout))
    except ProcessLookupError:
        return
    ended, _, _ = select.select([server], [], [], 120)
    os.close(server)
    assert ended, "the server goes on alone"


STUCK = """
import threading
from types import SimpleNamespace
def CommonParams():
    return SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace())
class Server:
    listening_address = "http://127.0.0.1:9"
    def __init__(self, params): pass
    def __del__(self): threading.Event().wait()
"""


def test_it_ends_even_where_the_library_does_not(tmp_path):
    """llama.cpp sometimes never comes back from its own end; the process ends all the same
    [ASYN-6]."""
    (tmp_path / "xllamacpp.py").write_text(STUCK)
    job = {"file": "x", "key": "k", "context_tokens": 512, "threads": 1}
    command = [sys.executable, "-m", "workbench.models.local_server"]
    given = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=given
    ) as process:
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            assert "address" in process.stdout.readline()
            process.stdin.close()
            assert process.wait(120) == 0
        finally:
            process.kill()


async def test_a_file_that_is_no_model_says_so(tmp_path, file):
    """A file that cannot be loaded is an error that names it; one that is not there as well
    [HARN-6]."""
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF no")
    with pytest.raises(ModelError, match=r"bad\.gguf could not be loaded"):
        await LocalModel(bad).request(ASK)
    with pytest.raises(ModelError, match=r"no file gone\.gguf"):
        model_named("local:gone.gguf")
    assert isinstance(model_named(f"local:{file}"), LocalModel)
