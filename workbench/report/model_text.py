"""Calls of models in plain words: what was asked, what came, what it took, what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench import events as e
from workbench.report.words import (
    amounts_words,
    count_words,
    duration_words,
    one_line,
    sentence,
)
from workbench.view import ModelCall, RunView

_FINISHES = {
    "stop": "",
    "length": ", cut off at its longest",
    "calls": ", with calls of tools",
    "refusal": ", which is a refusal",
}


def asked_words(event: e.ModelAsked) -> str:
    """Say which model is asked, for what, and what the request takes by zone."""
    tokens = sum(event.zones.values())
    words = f"the model {one_line(event.model, 60)} is asked ({one_line(event.purpose, 40)})"
    if not tokens:
        return words
    window = "" if event.window is None else f" of {event.window:,}"
    over = ", more than the soft cap" if event.over_soft else ""
    return f"{words} with about {tokens:,}{window} tokens{over}: {zones_words(event.zones)}"


def waiting_words(event: e.ModelWaiting) -> str:
    """Say how long a request waits and why."""
    words = f"the model is asked again in {duration_words(event.wait_s)}"
    detail = one_line(event.error)
    return f"{words} ({event.fault.replace('_', ' ')})" + (f": {detail}" if detail else "")


def streaming_words(event: e.ModelStreaming) -> str:
    """Say how much of the answer has come, and its end."""
    words = (
        f"the model answers, {count_words(event.characters, 'character')}, "
        f"about {count_words(event.tokens, 'token')} so far"
    )
    tail = one_line(event.tail, 200)
    return f"{words}: …{tail}" if tail else words


def answered_words(event: e.ModelAnswered) -> str:
    """Say how the model answered and what that took."""
    words = f"the model {one_line(event.model, 60)} answered in {duration_words(event.duration_s)}"
    words += _FINISHES[event.finish]
    took = amounts_words(event.usage)
    price = "" if "usd" in event.usage else ", price unknown"
    again = f", {event.attempts} requests" if event.attempts > 1 else ""
    return f"{words}, for {took or 'nothing'}{price}{again}"


def failed_words(event: e.ModelFailed) -> str:
    """Say why there is no answer."""
    detail = one_line(event.error, 200)
    words = f"the model gave no answer ({event.fault.replace('_', ' ')})"
    took = amounts_words(event.usage)
    words += f", which counts as {took}" if took else ""
    return f"{words}: {detail}" if detail else words


def compacted_words(event: e.ContextCompacted) -> str:
    """Say what was left out, with the sizes before and after."""
    before, after = sum(event.before.values()), sum(event.after.values())
    names = ", ".join(one_line(name, 60) for name in list(event.pieces)[:5])
    more = ", …" if len(event.pieces) > 5 else ""  # noqa: PLR2004 - as many as were named
    pieces = count_words(len(event.pieces), "piece")
    return (
        f"the context was shortened from about {before:,} to {after:,} tokens, {pieces} "
        f"({names}{more}): {one_line(event.why, 120)}"
    )


def corrected_words(event: e.ContextCorrected) -> str:
    """Say what a person did about a piece that was left out."""
    name = one_line(event.piece, 60)
    done = "put back as it was" if event.text is None else "given other words"
    words = f"{name} was {done} in the context by {one_line(event.by, 60)}"
    reason = one_line(event.reason)
    return f"{words}: {reason}" if reason else words


def zones_words(zones: Mapping[str, int]) -> str:
    """Say tokens by zone."""
    return ", ".join(f"{zone} {tokens:,}" for zone, tokens in zones.items())


def call_words(call: ModelCall) -> str:
    """Say where a call that has no answer yet stands."""
    name = one_line(call.model, 60)
    if call.state == "waiting" and call.until is not None:
        return f"{name} is asked again at {call.until:%H:%M:%S} UTC"
    if call.state == "answering":
        come = count_words(call.characters, "character")
        return f"{name} answers, {come}, about {count_words(call.tokens, 'token')}"
    return f"{name} is asked"


def model_lines(view: RunView) -> Iterator[str]:
    """Give one line for each call that has no answer yet."""
    if view.final:
        return
    for call in view.models.values():
        tail = one_line(call.tail, 120)
        yield f"Model: {sentence(call_words(call))}" + (f" …{tail}" if tail else "")
