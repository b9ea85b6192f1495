"""A loopback server that speaks the wire formats of OpenAI, Anthropic and Google."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio.to_thread
import pytest

from workbench.models import ModelCallError


class Wire:
    """Answers each request with the next of `script`, and keeps what was asked in `asked`.

    A line of the script is a function of the handler. `gone` is set when a client hangs up on an
    answer that never comes.
    """

    def __init__(self):
        self.script = []
        self.asked = []
        self.gone = threading.Event()
        self.reached = threading.Event()
        self.freed = threading.Event()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                wire.asked.append((self.path, dict(self.headers), json.loads(body)))
                wire.reached.set()
                wire.script.pop(0)(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self):
        self.freed.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def silent(self, handler):
        """Answer nothing, and notice that the client hangs up."""
        handler.close_connection = True
        handler.connection.settimeout(120)
        try:
            if handler.connection.recv(1) == b"":
                self.gone.set()
        except ConnectionError:
            self.gone.set()

    async def give_up(self, ask):
        """Ask this server, which is silent, with a time that the request needs to get here.

        How short that can be says how busy the machine is.
        """
        self.script = [self.silent] * 3
        for seconds in (0.2, 4, 60):
            with pytest.raises(ModelCallError) as raised:
                await ask(seconds)
            assert raised.value.fault == "timeout"
            if self.reached.is_set():
                break
        assert await anyio.to_thread.run_sync(self.gone.wait, 120)

    def silent_after(self, *events):
        """Stream these events, then nothing more."""

        def answer(handler):
            try:
                sse(*events, end=False)(handler)
            except ConnectionError:
                self.gone.set()
            else:
                self.silent(handler)

        return answer


def plain(value, status=200, headers=None):
    """Answer with one JSON value; a str is sent as it is."""

    def answer(handler):
        text = value if isinstance(value, str) else json.dumps(value)
        handler.send_response(status)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(text.encode())))
        for name, content in (headers or {}).items():
            handler.send_header(name, content)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


def sse(*events, end=True):
    """Stream events; a dict that has a `type` is also named by it, as Anthropic and OpenAI do."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("connection", "close")
        handler.end_headers()
        for event in events:
            if isinstance(event, str):
                handler.wfile.write(f"data: {event}\n\n".encode())
                continue
            name = f"event: {event['type']}\n" if "type" in event else ""
            handler.wfile.write(f"{name}data: {json.dumps(event)}\n\n".encode())
        handler.wfile.flush()
        if end:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_WR)

    return answer


def halves(text):
    """Give a text in two pieces."""
    middle = len(text) // 2
    return text[:middle], text[middle:]


def numbered(*events):
    """Give events with their numbers, as `/responses` has them."""
    for number, event in enumerate(events):
        yield {**event, "sequence_number": number}


USAGE = (12, 5)
"""Tokens in and out that every answer of these servers claims."""


class OpenAIChat:
    """`/chat/completions`."""

    name, path, base = "openai-chat:gpt-4o", "/v1/chat/completions", "/v1"

    @staticmethod
    def _whole(message, finish):
        return {
            "id": "c1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o",
            "choices": [
                {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
            ],
            "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
        }

    def text(self, text):
        return plain(self._whole({"content": text}, "stop"))

    def refusal(self, text):
        return plain(self._whole({"content": None, "refusal": text}, "stop"))

    def call(self, name, args):
        function = {"name": name, "arguments": args}
        call = {"id": "k1", "type": "function", "function": function}
        return plain(self._whole({"content": None, "tool_calls": [call]}, "tool_calls"))

    def stream_events(self, pieces):
        chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
        for piece in pieces:
            yield {**chunk, "choices": [{"index": 0, "delta": {"content": piece}}]}
        yield {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
        yield {**chunk, "choices": [], "usage": usage}
        yield "[DONE]"

    def stream_call(self, name, args):
        chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
        begun = {"index": 0, "id": "k1", "type": "function"}
        deltas = [{**begun, "function": {"name": name, "arguments": ""}}]
        deltas += [{"index": 0, "function": {"arguments": part}} for part in halves(args)]
        for delta in deltas:
            yield {**chunk, "choices": [{"index": 0, "delta": {"tool_calls": [delta]}}]}
        yield {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
        usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
        yield {**chunk, "choices": [], "usage": usage}
        yield "[DONE]"

    def stream_refusal(self, text):
        chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
        for part in halves(text):
            yield {**chunk, "choices": [{"index": 0, "delta": {"refusal": part}}]}
        yield {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        yield "[DONE]"

    def schema_of(self, body):
        return body["response_format"]["json_schema"]["schema"]

    def error(self, kind, message):
        return {"error": {"message": message, "type": kind, "code": kind}}

    def used_up(self):
        return plain(self.error("insufficient_quota", "You exceeded your current quota"), 429)

    def overloaded(self):
        return plain(self.error("server_error", "The server is overloaded"), 503)

    def overloaded_midway(self):
        return [self.error("server_error", "The server had an error")]


class OpenAIResponses(OpenAIChat):
    """`/responses`."""

    name, path = "openai-responses:gpt-4o", "/v1/responses"

    @staticmethod
    def _response(output, status="completed"):
        return {
            "id": "r1",
            "object": "response",
            "created_at": 1,
            "model": "gpt-4o",
            "status": status,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": 12,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": 5,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 17,
            },
        }

    @staticmethod
    def _message(part):
        return {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }

    def text(self, text):
        part = {"type": "output_text", "text": text, "annotations": []}
        return plain(self._response([self._message(part)]))

    def refusal(self, text):
        return plain(self._response([self._message({"type": "refusal", "refusal": text})]))

    def call(self, name, args):
        call = {
            "type": "function_call",
            "id": "f1",
            "call_id": "k1",
            "name": name,
            "arguments": args,
            "status": "completed",
        }
        return plain(self._response([call]))

    def stream_events(self, pieces):
        at = {"item_id": "m1", "output_index": 0, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": []}
        item = {**self._message(part), "status": "in_progress", "content": []}
        whole = self._message({**part, "text": "".join(pieces)})
        events = [
            {"type": "response.created", "response": self._response([], "in_progress")},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.content_part.added", **at, "part": part},
            *(
                {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
                for piece in pieces
            ),
            {"type": "response.output_item.done", "output_index": 0, "item": whole},
            {"type": "response.completed", "response": self._response([whole])},
        ]
        yield from numbered(*events)

    def stream_call(self, name, args):
        call = {"type": "function_call", "id": "f1", "call_id": "k1", "name": name}
        begun = {**call, "arguments": "", "status": "in_progress"}
        whole = {**call, "arguments": args, "status": "completed"}
        at = {"item_id": "f1", "output_index": 0}
        more = "response.function_call_arguments.delta"
        yield from numbered(
            {"type": "response.created", "response": self._response([], "in_progress")},
            {"type": "response.output_item.added", "output_index": 0, "item": begun},
            *({"type": more, **at, "delta": part} for part in halves(args)),
            {"type": "response.output_item.done", "output_index": 0, "item": whole},
            {"type": "response.completed", "response": self._response([whole])},
        )

    def stream_refusal(self, text):
        at = {"item_id": "m1", "output_index": 0, "content_index": 0}
        whole = self._message({"type": "refusal", "refusal": text})
        begun = {**whole, "status": "in_progress", "content": []}
        yield from numbered(
            {"type": "response.created", "response": self._response([], "in_progress")},
            {"type": "response.output_item.added", "output_index": 0, "item": begun},
            *({"type": "response.refusal.delta", **at, "delta": part} for part in halves(text)),
            {"type": "response.refusal.done", **at, "refusal": text},
            {"type": "response.output_item.done", "output_index": 0, "item": whole},
            {"type": "response.completed", "response": self._response([whole])},
        )

    def schema_of(self, body):
        return body["text"]["format"]["schema"]

    def overloaded_midway(self):
        error = {"type": "error", "code": "server_error", "message": "overloaded", "param": None}
        return [{**error, "sequence_number": 9}]


class Anthropic:
    """`/v1/messages`."""

    name, path, base = "anthropic:claude-sonnet-4-6", "/v1/messages", ""

    @staticmethod
    def _whole(content, stop):
        return {
            "id": "m1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-6",
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": 12, "output_tokens": 5},
        }

    def text(self, text):
        return plain(self._whole([{"type": "text", "text": text}], "end_turn"))

    def refusal(self, text):
        return plain(self._whole([{"type": "text", "text": text}], "refusal"))

    def call(self, name, args):
        use = {"type": "tool_use", "id": "k1", "name": name, "input": json.loads(args)}
        return plain(self._whole([use], "tool_use"))

    def stream_events(self, pieces):
        yield {"type": "message_start", "message": self._whole([], None)}
        block = {"type": "text", "text": ""}
        yield {"type": "content_block_start", "index": 0, "content_block": block}
        for piece in pieces:
            delta = {"type": "text_delta", "text": piece}
            yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        stop = {"stop_reason": "end_turn", "stop_sequence": None}
        yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 5}}
        yield {"type": "message_stop"}

    def stream_call(self, name, args):
        yield {"type": "message_start", "message": self._whole([], None)}
        block = {"type": "tool_use", "id": "k1", "name": name, "input": {}}
        yield {"type": "content_block_start", "index": 0, "content_block": block}
        for part in halves(args):
            delta = {"type": "input_json_delta", "partial_json": part}
            yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        stop = {"stop_reason": "tool_use", "stop_sequence": None}
        yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 5}}
        yield {"type": "message_stop"}

    def stream_refusal(self, text):
        *events, end, last = self.stream_events(list(halves(text)))
        yield from events
        yield {**end, "delta": {"stop_reason": "refusal", "stop_sequence": None}}
        yield last

    def schema_of(self, body):
        return body["output_config"]["format"]["schema"]

    def error(self, kind, message):
        return {"type": "error", "error": {"type": kind, "message": message}}

    def used_up(self):
        said = "Your credit balance is too low to access the Anthropic API."
        return plain(self.error("invalid_request_error", said), 400)

    def overloaded(self):
        return plain(self.error("overloaded_error", "Overloaded"), 529)

    def overloaded_midway(self):
        return [self.error("overloaded_error", "Overloaded")]


class Google:
    """`:generateContent` and `:streamGenerateContent`."""

    name, base = "google:gemini-2.5-flash", ""
    path = "/v1beta/models/gemini-2.5-flash:generateContent"

    @staticmethod
    def _whole(parts, finish="STOP"):
        content = {"role": "model", "parts": parts}
        candidate = {"content": content, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        return {
            "candidates": [candidate],
            "usageMetadata": {
                "promptTokenCount": 12,
                "candidatesTokenCount": 5,
                "totalTokenCount": 17,
            },
            "modelVersion": "gemini-2.5-flash",
            "responseId": "g1",
        }

    def text(self, text):
        return plain(self._whole([{"text": text}]))

    def refusal(self, text):
        return plain(self._whole([{"text": text}], "SAFETY"))

    def call(self, name, args):
        return plain(self._whole([{"functionCall": {"name": name, "args": json.loads(args)}}]))

    def stream_events(self, pieces):
        for piece in pieces:
            yield self._whole([{"text": piece}], None)
        yield self._whole([{"text": ""}])

    def stream_call(self, name, args):
        yield self._whole([{"functionCall": {"name": name, "args": json.loads(args)}}])

    def stream_refusal(self, text):
        first, second = halves(text)
        yield self._whole([{"text": first}], None)
        yield self._whole([{"text": second}], "SAFETY")

    def used_up(self):
        violation = {
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
            "quotaId": "GenerateRequestsPerDayPerProjectPerModel",
        }
        kind = "type.googleapis.com/google.rpc.QuotaFailure"
        body = self.error("RESOURCE_EXHAUSTED", "You exceeded your current quota")
        body["error"]["details"] = [{"@type": kind, "violations": [violation]}]
        return plain(body, 429)

    def overloaded(self):
        body = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
        return plain(body, 503)

    def overloaded_midway(self):
        return [{"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}]

    def schema_of(self, body):
        config = body["generationConfig"]
        return config.get("responseJsonSchema") or config["responseSchema"]

    def error(self, kind, message):
        return {"error": {"code": 429, "message": message, "status": kind}}


DIALECTS = {kind.__name__: kind() for kind in (OpenAIChat, OpenAIResponses, Anthropic, Google)}
