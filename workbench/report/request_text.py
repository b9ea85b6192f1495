"""A request in the person's terms: what would be done, for how much, and what if it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from workbench.gate import instruction
from workbench.plan.graph import downstream
from workbench.report.values import pretty
from workbench.report.words import (
    amounts_words,
    class_words,
    count_words,
    effect_words,
    is_money,
    one_line,
    plain_text,
    sentence,
)
from workbench.tools import Tool
from workbench.view import RequestView, RunView

_DIGEST = re.compile(r"[0-9a-f]{64}")


def request_text(
    request: RequestView,
    view: RunView | None = None,
    tools: Mapping[str, Tool] = MappingProxyType({}),
) -> str:
    """Give all that a person must know before answering, or how the request was decided.

    Args:
        request: the question.
        view: its run, to say what a refusal would leave undone.
        tools: by name, to say whether the call can be undone.
    """
    opened = request.opened
    icon = "?" if opened.about == "doubt" else "!"
    words = request_facts(request, view, tools) if is_call(request) else {}
    undo = words.get("can it be undone", "")
    lines = [f"{icon} {sentence(one_line(opened.title, 200))} {sentence(undo)}".rstrip()]
    lines += [f"    {name}: {one_line(text, 200)}" for name, text in argument_texts(request)]
    facts = {
        "class": words.get("class", ""),
        "preview": words.get("preview", ""),
        "objects": words.get("objects", ""),
        "evidence": evidence_text(request),
        "plan": place_words(request, view),
        "why": one_line(opened.why, 400),
        "cost": words.get("cost", ""),
        "if refused": one_line(refusal_words(request, view), 400),
        "choices": choice_words(request),
        "to allow it": gate_words(request) if request.state == "open" else "",
    }
    lines += [f"    {name}: {_indented(text)}" for name, text in facts.items() if text]
    lines.append(f"    {decision_words(request)}")
    return "\n".join(lines)


def choice_words(request: RequestView) -> str:
    """Say what can be chosen: `done (It happened: go on); redo (Do it again)`."""
    labels = {name: one_line(label, 80) for name, label in request.opened.choices.items()}
    return "; ".join(name if name == said else f"{name} ({said})" for name, said in labels.items())


def _indented(text: str) -> str:
    return text.replace("\n", "\n      ")


def request_facts(
    request: RequestView,
    view: RunView | None = None,
    tools: Mapping[str, Tool] = MappingProxyType({}),
) -> dict[str, str]:
    """Give the nine items that a person must know before answering, in words, by name.

    None is left out: what is not known is said to be not known.
    """
    opened = request.opened
    return {
        "action": plain_text(opened.title),
        "arguments": "\n".join(f"{name}: {text}" for name, text in argument_texts(request))
        or "none",
        "preview": plain_text(opened.preview or "").rstrip() or "the tool makes none",
        "objects": objects_words(request),
        "cost": cost_words(request) or "none declared",
        "can it be undone": reversibility_words(request, tools) or "nothing is done",
        "why": why_words(request, view),
        "if refused": refusal_words(request, view) or "nothing is done",
        "class": class_words(request.risk),
    }


def is_call(request: RequestView) -> bool:
    """Whether it asks about a call, which has all nine items; the others ask for a choice."""
    return request.opened.about in ("permission", "budget")


def objects_words(request: RequestView, at_most: int = 50) -> str:
    """Say how many things the call is done to, and which."""
    opened = request.opened
    if opened.objects is None:
        counted = {
            unit: amount
            for unit, amount in opened.spend.items()
            if unit != "calls" and not is_money(unit)
        }
        return amounts_words(counted) or "1 call; the tool does not list what it is done to"
    shown = [one_line(name, 200) for name in opened.objects[:at_most]]
    more = opened.objects_count - len(shown)
    rest = [f"… and {more:,} more"] if more > 0 else []
    head = count_words(opened.objects_count, "object")
    return f"{head}: {', '.join([*shown, *rest])}" if shown else head


def why_words(request: RequestView, view: RunView | None) -> str:
    """Say why now: which step of the plan, and which rule."""
    return "; ".join(filter(None, (place_words(request, view), request.opened.why)))


def place_words(request: RequestView, view: RunView | None) -> str:
    """Say which step of the plan it is about: `mail, 6 of 6`; empty where it is about none."""
    step = request.opened.step
    if step is None or view is None or view.plan is None or step not in view.plan.by_id:
        return f"step {step}" if step is not None else ""
    number = list(view.plan.by_id).index(step) + 1
    return f"step {step}, {number} of {len(view.plan.steps)}"


def gate_words(request: RequestView) -> str:
    """Say what an approval takes; empty for what is answered by a choice."""
    if request.opened.evidence.get("url"):
        return "when you have been there: request.approve(); decline it: request.deny()"
    if request.opened.about == "elicitation":
        return "answer it: request.approve(args={…}); decline it: request.deny()"
    return instruction(request.gate, request.armed_at) if is_call(request) else ""


def batch_line(request: RequestView) -> str:
    """Say on one line what one request of a batch would do: its title and exact arguments."""
    args = ", ".join(f"{name}={one_line(text, 80)}" for name, text in argument_texts(request))
    return f"{one_line(request.opened.title, 80)} ({args})" if args else request.opened.title


def decision_words(request: RequestView) -> str:
    """Say that a request is unanswered, or how it was decided."""
    if request.state == "expired":
        return "Not answered in time: refused."
    if request.state == "voided":
        return "No longer needs an answer."
    if request.answer is None:
        return "Unanswered."
    verdicts = {"approve": "allowed", "deny": "refused", "choose": "answered"}
    answer = request.answer
    words = f"{verdicts[answer.verdict]} by {one_line(answer.by, 60)}"
    said = one_line(answer.choice or answer.reason)
    return sentence(f"{words}: {said}" if said else words)


def argument_texts(request: RequestView) -> list[tuple[str, str]]:
    """Give the exact arguments as names and texts.

    Text stands as it is, a frame or figure by its size and the digest that names it exactly, the
    rest as JSON.
    """
    return [(plain_text(name), _argument(value)) for name, value in request.opened.args.items()]


def _argument(value: Any) -> str:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, dict) and set(value) == {"$artifact", "summary"}:
        digest, summary = str(value["$artifact"]), str(value["summary"])
        if _DIGEST.fullmatch(digest):  # anything else could hide what is being approved
            return f"{plain_text(summary)} ({digest[:12]})"
    return pretty(value, 200_000)


def evidence_text(request: RequestView) -> str:
    """Give the evidence, one fact a line; empty when there is none.

    Of a question that a server asks during a call: its words, and a line for each field of the
    answer instead of the schema.
    """
    opened = request.opened
    evidence = {name: fact for name, fact in opened.evidence.items() if fact != opened.why}
    fields: list[str] = []
    if opened.about == "elicitation":
        evidence.pop("key", None)
        fields = _field_lines(evidence.pop("answers", None))
    facts = (
        f"{plain_text(name)}: {plain_text(v) if isinstance(v, str) else pretty(v, 4_000)}"
        for name, v in evidence.items()
    )
    return "\n".join([*facts, *fields])


def _field_lines(schema: Any) -> list[str]:
    """Say of each field of an answer what goes into it: `answer branch: string, required`."""
    fields = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(fields, dict):
        return []
    needed = schema.get("required") or ()
    lines = []
    for name, field in fields.items():
        known = field if isinstance(field, dict) else {}
        words = [str(known.get("type", "anything"))]
        words += ["required"] if name in needed else []
        words += [
            f"{word} {known[key]}" for key, word in _LIMITS.items() if known.get(key) is not None
        ]
        line = f"answer {name}: {', '.join(words)}"
        if known.get("description"):
            line += f" ({known['description']})"
        lines.append(one_line(line, 400))
    return lines


_LIMITS = {
    "minimum": "from", "maximum": "up to", "minLength": "characters from",
    "maxLength": "characters up to", "format": "a", "enum": "one of", "default": "by default",
}  # fmt: skip


def cost_words(request: RequestView) -> str:
    """Say what the call would spend; that it is one call counts only in a budget request."""
    spend = request.opened.spend
    if request.opened.about != "budget":
        spend = {unit: amount for unit, amount in spend.items() if unit != "calls"}
    return amounts_words(spend)


def reversibility_words(request: RequestView, tools: Mapping[str, Tool]) -> str:
    """Say whether the call can be undone; a tool that is not known here counts as irreversible."""
    if request.opened.about == "question" or not request.opened.tool:
        return ""
    if request.opened.effect is not None:
        return effect_words(request.opened.effect)
    tool = tools.get(request.opened.tool)
    if tool is None:
        return "cannot be undone, as far as is known here"
    return effect_words(tool.effect)


def refusal_words(request: RequestView, view: RunView | None) -> str:
    """Say what a refusal does: in the request's own words, or as it follows from the plan."""
    opened = request.opened
    if opened.if_refused:
        return opened.if_refused
    if opened.about == "doubt":
        return ""
    if opened.about == "question":
        return "Without an answer there is no plan, and nothing is done."
    words = "Nothing is done by this step."
    if view is None or view.plan is None or opened.step is None:
        return words
    waiting = downstream(view.plan.needs, [opened.step])
    if not waiting:
        return f"{words} No other step waits for it."
    wait = "waits" if len(waiting) == 1 else "wait"
    steps = count_words(len(waiting), "step")
    return f"{words} {steps} {wait} for it and will not run either, unless the plan is edited."


def verb_words(request: RequestView) -> str:
    """Give the label of the button that lets it happen: the act itself, `Send mail once`."""
    opened = request.opened
    cost = cost_words(request)
    if opened.about == "elicitation" and opened.evidence.get("url"):
        return "It is done"
    if opened.about in ("question", "elicitation"):
        return "Answer" if opened.about == "question" else "Send the answer"
    if opened.about == "budget" and not cost:
        return "Allow once"
    if opened.about == "budget":
        return f"Spend {cost}"
    words = plain_text(opened.tool.rpartition(".")[2]).replace("_", " ").split()
    return f"{' '.join(words).capitalize() or 'Allow'} once"
