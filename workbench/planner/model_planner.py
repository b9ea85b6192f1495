"""The planner that asks a language model, and believes nothing that it has not checked."""

from __future__ import annotations

from dataclasses import replace

from workbench.context import ContextLimits, Fitted, fit, tokens
from workbench.context.fit import refuse_full
from workbench.errors import ModelError
from workbench.models import (
    Asking,
    Message,
    Model,
    ModelCallError,
    ModelReply,
    ModelRequest,
    ask,
    witness,
    worst_usd,
)
from workbench.models.asking import ATTEMPTS, CHARACTERS
from workbench.planner.answer import Answer, Strict, Unusable, read_answer
from workbench.planner.port import PlanningContext, Proposal
from workbench.planner.prompts import RULES, pieces, repair_text, sections

REPAIRS = 2
"""How often the faults of an answer are sent back before the planner gives up."""
TASK = 2
"""Messages of a request before the answers that had faults."""


class ModelPlanner:
    """Asks `model` for a plan, edits, to keep it, questions, to wait or to abandon.

    Its structured answer is validated against its shape, then the plan against the tools, types,
    rights, rules and limits of the run; faults go back to the model at most `repairs` times. Within
    a run what passes by itself is waited for, as `ask` does it, in the journal; elsewhere a failed
    call is not tried again.

    Args:
        model: any `workbench.models.Model`.
        repairs: how often faults are sent back.
        max_output: tokens that one answer may have.
        context: how much the model is shown; see `ContextLimits`.
    """

    prompt = RULES
    """What the model is told beside the catalogue and the task."""
    answer: type[Strict] = Answer
    """The shape of its answer."""

    def __init__(
        self,
        model: Model,
        *,
        repairs: int = REPAIRS,
        max_output: int = 4096,
        context: ContextLimits | None = None,
    ) -> None:
        """Hold the model."""
        self.context = context or ContextLimits()
        self.model = model
        self.repairs = repairs
        self.max_output = max_output

    reads_outputs = True
    """It is shown excerpts of what the steps gave."""

    @property
    def name(self) -> str:
        """A label that says which model it is."""
        return f"model {self.model.label}"

    async def propose(self, context: PlanningContext) -> Proposal:
        """Ask the model; see `Planner.propose`.

        Raises:
            ModelError: the call failed, the model refused, or its last answer still had faults,
                which the error names; its `fields` hold `faults` and the `usage` up to there.
        """
        usage = _Usage()
        fitted = self._fit(context)
        keeper = witness.get()
        if fitted.cut and keeper is not None:
            keeper.compacted(fitted)
        messages = _messages(fitted)
        left = context.left.get("tokens")
        faults: list[str] = []
        for _ in range(1 + self.repairs):
            reply = await self._ask(messages, usage, left, fitted)
            try:
                proposal = self.read(reply, context)
            except Unusable as unusable:
                faults = unusable.faults
                messages += [
                    Message("assistant", reply.text),
                    Message("user", repair_text(faults)),
                ]
            else:
                return _with_usage(proposal, usage)
        raise ModelError(
            f"The model {self.model.label} gave no plan that can be used, in {1 + self.repairs} "
            f"answers. Faults of the last: {'; '.join(faults)}.",
            "Say the goal more exactly, give the run the tools that it needs, or write the plan "
            "yourself.",
            faults=faults,
            usage=usage.amounts(),
            model=self.model.label,
        )

    def reserve(self, context: PlanningContext) -> dict[str, float]:
        """Give the tokens that the first request takes at least, and what it costs at worst."""
        messages = _messages(self._fit(context))
        usd = worst_usd(self.model, self._request(messages, self.max_output))
        least: dict[str, float] = {"tokens": _tokens(messages) + 1}
        return least if usd is None else {**least, "usd": usd}

    def read(self, reply: ModelReply, context: PlanningContext) -> Proposal:
        """Turn a reply into a proposal.

        Raises:
            Unusable: it cannot be used; its faults go back to the model.
        """
        return read_answer(reply, context)

    def _fit(self, context: PlanningContext) -> Fitted:
        """Make what the model is shown fit into what it takes."""
        window = self.context.tokens(self.model.capabilities.context_tokens, self.max_output)
        return fit(
            pieces(context),
            lambda texts: sections(context, texts, self.prompt),
            self.context,
            window,
            context.shortened,
        )

    async def _ask(
        self, messages: list[Message], usage: _Usage, left: float | None, fitted: Fitted
    ) -> ModelReply:
        longest = self.max_output
        if left is not None:
            longest = int(left) - usage.tokens_in - usage.tokens_out - _tokens(messages)
            if longest < 1:
                raise ModelError(
                    f"The model {self.model.label} was not asked again: the limit of tokens "
                    "leaves no room.",
                    "Raise it: run.raise_limit('tokens', …).",
                    usage=usage.amounts(),
                )
        request = self._request(messages, min(self.max_output, longest))
        try:
            reply = await self._send(request, fitted)
        except ModelError as error:
            error.fields.setdefault("usage", usage.amounts())
            raise
        usage.add(reply)
        if reply.finish == "refusal":
            refusal = ModelCallError.of("refusal", self.model.label, reply.text)
            refusal.fields["usage"] = usage.amounts()
            raise refusal
        return reply

    def _request(self, messages: list[Message], longest: int) -> ModelRequest:
        return ModelRequest(
            messages=tuple(messages),
            output_schema=self.answer.model_json_schema(),
            output_name="proposal",
            max_output=longest,
        )

    async def _send(self, request: ModelRequest, fitted: Fitted) -> ModelReply:
        """Ask, and wait for what passes by itself; where no run can show a wait, none is made."""
        said = request.messages[TASK:]
        zones = dict(fitted.zones)
        zones["history"] += sum(tokens(message.text) for message in said)
        refuse_full(zones, self.context, fitted.window)
        about = Asking(
            self.model.label,
            request,
            "repair" if said else "plan",
            zones=zones,
            window=fitted.window,
            over_soft=fitted.over_soft,
        )
        attempts = ATTEMPTS if witness.get() is not None else 1
        return await ask(self.model, request, about=about, attempts=attempts)


def _messages(fitted: Fitted) -> list[Message]:
    """Give the task as messages: the rules, then all the rest."""
    (_, rules), *rest = fitted.sections
    return [Message("system", rules), Message("user", "\n\n".join(text for _, text in rest))]


def _tokens(messages: list[Message]) -> int:
    return -(-sum(len(message.text) for message in messages) // CHARACTERS)


class _Usage:
    """Sums what the calls of one proposal used."""

    def __init__(self) -> None:
        self.tokens_in = 0
        self.tokens_out = 0
        self.usd: float | None = 0.0

    def add(self, reply: ModelReply) -> None:
        self.tokens_in += reply.usage.tokens_in
        self.tokens_out += reply.usage.tokens_out
        known = self.usd is not None and reply.cost_usd is not None
        self.usd = (self.usd or 0.0) + (reply.cost_usd or 0.0) if known else None

    def amounts(self) -> dict[str, float]:
        """Give the amounts by unit; without `usd` when a price was not known."""
        amounts: dict[str, float] = {"tokens_in": self.tokens_in, "tokens_out": self.tokens_out}
        return amounts if self.usd is None else {**amounts, "usd": self.usd}


def _with_usage(proposal: Proposal, usage: _Usage) -> Proposal:
    return replace(proposal, usage=usage.amounts())
