"""One request to a server, with the rounds of questions that it may take; in the server's loop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import anyio
from pydantic import ValidationError

from workbench.mcp.calling import Line
from workbench.mcp.ears import Ears
from workbench.mcp.errors import BadAnswer, ServerError, ServerGone, quoted
from workbench.mcp.listed import READ, Listed
from workbench.mcp.result import content_of, value_of
from workbench.tools.talking import Asked, Unanswered

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import RequestParamsMeta

ROUNDS = 10
"""Rounds of one call in which a server may ask for something that is no question to the person."""
ROUND_S = 0.1
"""Between rounds in which it asks for nothing but to come again."""
STATE = 64 << 10
"""Characters of what a server wants to have back with the answers."""
AGAIN = "it has forgotten what it asked before, so it asks again"
VISITS = 5
"""Addresses at most that one call may want the person to visit."""
VISIT_AGAIN = "it does not know that you were there"
KEY = "workbench/key"
"""Name under which a request carries the idempotency key, for a server that knows what it is."""


async def request(
    client: Client, tool: Listed, args: Mapping[str, Any], line: Line, ears: Ears
) -> Any:
    """Make the request and give its value.

    Raises:
        ServerGone: the connection broke; what the server did is not known.
        ServerError: it answered that it failed.
        BadAnswer: its answer cannot be used.
        Unanswered: it wants the person to be asked before it goes on.
    """
    from mcp.shared.exceptions import MCPError
    from mcp.types import CONNECTION_CLOSED, REQUEST_TIMEOUT

    try:
        if tool.digest == READ.digest:
            return content_of(await client.read_resource(args["uri"], cache_mode="bypass"))
        return await _rounds(client, tool, args, line, ears)
    except MCPError as error:
        if error.code in (CONNECTION_CLOSED, REQUEST_TIMEOUT):
            raise ServerGone(str(error)) from error
        raise ServerError(
            f"The MCP server {ears.name!r} refused the call of {tool.name}: {quoted(str(error))}",
            "Look at the arguments; the words are the server's own.",
            tool=tool.name,
        ) from error
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, ConnectionError) as error:
        raise ServerGone(str(error) or type(error).__name__) from error
    except (ValidationError, RuntimeError) as error:
        raise BadAnswer(
            f"What {tool.name} of the MCP server {ears.name!r} gave back cannot be used: "
            f"{quoted(str(error))}",
            "It may have done its work; tell its author.",
            tool=tool.name,
        ) from error


async def _rounds(
    client: Client, tool: Listed, args: Mapping[str, Any], line: Line, ears: Ears
) -> Any:
    from mcp.types import CallToolResult

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        line.report(progress / total if total else None, message or "")

    meta = cast("RequestParamsMeta", {KEY: line.key}) if line.key else None
    answers, state = _taken_along(line, ears)
    resumed = bool(line.answers)
    for _ in range(ROUNDS):
        try:
            result = await client.session.call_tool(
                tool.name,
                dict(args),
                progress_callback=heard,
                input_responses=answers,
                request_state=state,
                meta=meta,
                allow_input_required=True,
            )
        except Exception as error:
            if (visits := _visits(error)) is not None:
                raise _to_visit(visits, tool, line, ears) from error
            if not resumed or not _is_refused(error):
                raise
            # The server that had asked is not there any more: from the beginning, and marked so.
            answers, state, resumed, line.note = None, None, False, AGAIN
            continue
        if isinstance(result, CallToolResult):
            return value_of(result, ears.name, tool.name)
        answers, state = await _further(result, line, ears)
    raise BadAnswer(
        f"{tool.name} of the MCP server {ears.name!r} asked for more input {ROUNDS} times.",
        "It may have done its work; tell its author.",
        tool=tool.name,
    )


def _visits(error: Exception) -> list[Any] | None:
    """Give the addresses that a person must visit before the call; None: it is another error."""
    from mcp.shared.exceptions import MCPError, UrlElicitationRequiredError
    from mcp.types import URL_ELICITATION_REQUIRED

    if not isinstance(error, MCPError) or error.code != URL_ELICITATION_REQUIRED:
        return None
    return list(UrlElicitationRequiredError.from_error(error.error).elicitations)


def _to_visit(visits: list[Any], tool: Listed, line: Line, ears: Ears) -> Exception | Unanswered:
    """Ask the person to visit the addresses; the call is made again when they have."""
    if any(said.verdict != "accept" for said in line.answers.values()):
        return ServerError(
            f"{tool.name} of the MCP server {ears.name!r} needs you to visit an address first, "
            "and you declined.",
            "Edit the step, or do it and start it again.",
            tool=tool.name,
        )
    note = VISIT_AGAIN if line.answers else ""
    questions = {one.elicitation_id: ears.asked(one, note) for one in visits[:VISITS]}
    if not questions:
        return BadAnswer(f"{tool.name} wants you to visit nothing.", "Tell its author.")
    return Unanswered(questions, json.dumps({"state": None, "others": {}, "visits": True}))


def _is_refused(error: Exception) -> bool:
    """Whether a server refused to go on from a state; it did nothing then."""
    from mcp.shared.exceptions import MCPError
    from mcp.types import INVALID_PARAMS, INVALID_REQUEST

    return isinstance(error, MCPError) and error.code in (INVALID_PARAMS, INVALID_REQUEST)


async def _further(result: Any, line: Line, ears: Ears) -> tuple[Any, str | None]:
    """Answer what is no question to the person; a question ends the call.

    The protocol has no word for a refusal: the answer is left out, and the server decides.

    Raises:
        ServerError: the server wants again what it was refused.
        Unanswered: with the questions, and all that must be sent back with their answers.
    """
    from mcp.types import ElicitRequest, ErrorData

    questions: dict[str, Asked] = {}
    others: dict[str, Any] = {}
    refused = False
    for key, wish in (result.input_requests or {}).items():
        if isinstance(wish, ElicitRequest):
            questions[key] = ears.asked(wish.params, line.note)
            continue
        answer = await ears.answer(wish)
        if not isinstance(answer, ErrorData):
            others[key] = answer
        elif key in line.refused:
            raise ServerError(
                f"The MCP server {ears.name!r} insists on {wish.method}, which it was refused: "
                f"{answer.message}.",
                "See wb.mcp.",
            )
        else:
            line.refused.add(key)
            refused = True
    if not questions:
        if not others and not refused:
            await anyio.sleep(ROUND_S)
        return others if others or refused else None, result.request_state
    kept = {name: answer.model_dump(mode="json", by_alias=True) for name, answer in others.items()}
    state = json.dumps({"state": result.request_state, "others": kept})
    if len(state) > STATE:
        raise BadAnswer(f"The server wants {len(state)} characters kept for it.", "Tell its author")
    raise Unanswered(questions, state)


def _taken_along(line: Line, ears: Ears) -> tuple[Any, str | None]:
    """Give what is sent back with a call that goes on after questions."""
    if not line.answers:
        return None, None
    from mcp.types import InputResponses
    from pydantic import TypeAdapter

    kept = json.loads(line.state)
    if kept.get("visits"):
        return None, None  # the server itself knows whether the person was there
    others = TypeAdapter(InputResponses).validate_python(kept["others"])
    answered = {key: ears.result(said) for key, said in line.answers.items()}
    return {**others, **answered}, kept["state"]
