"""A second, much simpler opinion on how a run behaves: states only, no events, no fold, no loop.

It shares no code with the engine. `settle` brings it to where a real run comes to rest, given which
calls have come back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

OPEN = ("pending", "ready", "asking")
DONE = ("succeeded", "skipped")
FINAL = ("succeeded", "failed", "stopped", "abandoned")
SAME_KEY_ATTEMPTS = 3
THINK_ATTEMPTS = 2


class Refused(Exception):
    """The model says that the person may not do that."""


@dataclass
class ModelStep:
    """What the model knows of a step."""

    id: str
    tool: str
    after: tuple[str, ...] = ()
    ask: bool = False
    state: str = "pending"
    attempts: int = 0
    failures: int = 0
    approved: bool = False
    request: bool = False
    by_engine: bool = False
    """Skipped because of another step, and not by the person."""
    left: bool = False
    """The run that this one is a fork of made its call, or may have."""
    again: bool = False
    """The person wants it once more all the same."""
    twice: bool = False
    """The open question is whether it was done already."""

    @property
    def repeatable(self) -> bool:
        return self.tool == "think"


@dataclass
class Model:
    """What the model knows of a run."""

    on_failure: str
    steps: dict[str, ModelStep]
    state: str = "running"
    replan: bool = False
    happened: set[str] = field(default_factory=set)
    """Effects in the world, by step."""
    retired: set[str] = field(default_factory=set)
    maybe: set[str] = field(default_factory=set)
    """Steps whose call was begun and not found to have done nothing."""

    # -- what is so --------------------------------------------------------------------------

    @property
    def running(self) -> list[str]:
        return sorted(step.id for step in self.steps.values() if step.state == "running")

    @property
    def requests(self) -> list[str]:
        return sorted(step.id for step in self.steps.values() if step.request)

    @property
    def failed(self) -> bool:
        return any(step.state == "failed" for step in self.steps.values())

    @property
    def failing(self) -> bool:
        return self.on_failure == "stop" and self.failed

    def dependents(self, name: str) -> list[ModelStep]:
        """Give every step that waits for this one, directly or not."""
        found: dict[str, ModelStep] = {}
        grew = True
        while grew:
            grew = False
            for step in self.steps.values():
                if step.id not in found and {name, *found} & set(step.after):
                    found[step.id] = step
                    grew = True
        return list(found.values())

    # -- what happens ------------------------------------------------------------------------

    def returns(self, name: str, how: str) -> None:
        """Let a call come back: well, badly, or with its answer lost, the effect there or not."""
        step = self.steps[name]
        if how in ("succeed", "lost") and not step.repeatable:
            self.happened.add(name)
        if how == "succeed":
            step.state = "succeeded"
        elif step.repeatable and step.failures + 1 < THINK_ATTEMPTS:
            step.state, step.failures = "ready", step.failures + 1
        elif how == "fail" or step.repeatable:
            step.state = "failed"
        else:
            step.state = "in_doubt"
        self.settle()

    def crashes(self, happened: set[str]) -> None:
        """Let the process die with calls in flight, and another one open the run."""
        self.happened |= happened
        if self.state in FINAL:
            return
        for step in self.steps.values():
            if step.state == "running":
                step.state = "ready" if step.repeatable else "in_doubt"
        self.settle()

    # -- what the person does ----------------------------------------------------------------

    def _alive(self) -> None:
        if self.state in FINAL:
            raise Refused

    def pause(self) -> None:
        self._alive()
        if self.state == "stopping":
            raise Refused
        self._pause()
        self.settle()

    def _pause(self) -> None:
        self.state = "paused"
        self._cancel_thinking()

    def resume(self) -> None:
        self._alive()
        if self.state == "paused":
            self.state = "running"
        self.settle()

    def stop(self) -> None:
        self._alive()
        self._stop()
        self.settle()

    def _stop(self) -> None:
        if self.state != "stopping":
            self._void_requests()
            self.state = "stopping"
            self._cancel_thinking()

    def approve(self, name: str) -> None:
        step = self.steps[name]
        if step.state != "asking" or step.twice:
            raise Refused
        step.state, step.approved, step.request = "ready", True, False
        self._wake()
        self.settle()

    def choose(self, name: str, choice: str) -> None:
        step = self.steps[name]
        if step.state != "in_doubt" and not step.twice:
            raise Refused
        if choice == "redo" and not step.twice:
            self.maybe.discard(name)
        step.again = step.again or (step.twice and choice == "again")
        states = {"done": "succeeded", "redo": "ready", "use": "succeeded", "again": "ready"}
        step.state = states.get(choice, "skipped")
        step.request = step.twice = False
        self._wake()
        self.settle()

    def deny(self, name: str, then: str) -> None:
        step = self.steps[name]
        step.request = step.twice = False
        if step.state == "asking":
            step.state = "denied"
            if then != "replan":
                self._skip_dependents(name)
        else:
            step.state = "skipped"
        self.replan = self.replan or then == "replan"
        if then == "stop":
            self._stop()
        elif then == "freeze":
            self._pause()
        else:
            self._wake()
        self.settle()

    def edit(self, op: str, name: str, new: ModelStep | None = None) -> None:
        """Skip, remove or retitle a step, or add one behind it: a revision, or a refusal."""
        self._alive()
        step = self.steps[name]
        if self.state == "stopping":
            raise Refused
        if op != "add" and step.state not in (*OPEN, "failed", "denied"):
            raise Refused
        if op == "remove":
            if any(name in other.after for other in self.steps.values()):
                raise Refused
            del self.steps[name]
            self.retired.add(name)
        elif op == "add":
            assert new is not None
            self.steps[new.id] = new
        else:
            step.request = step.approved = step.twice = False
            if step.state in ("failed", "denied"):
                step.failures = 0
            step.state = "skipped" if op == "skip" else "pending"
        self.replan = False
        self._wake()
        self.settle()

    def fork(self, happened: set[str], *, paused: bool) -> Model:
        """Give what a fork of the run at this place is: what is finished is shared."""
        steps = {}
        for old in self.steps.values():
            new = steps[old.id] = ModelStep(old.id, old.tool, old.after, old.ask)
            new.left = old.left or (old.id in self.maybe and not old.repeatable)
            if old.state == "succeeded" or (old.state == "skipped" and not old.by_engine):
                new.state = old.state
        forked = Model(self.on_failure, steps, happened=set(happened), retired=set(self.retired))
        forked.state = "paused" if paused else "running"
        forked.settle()
        return forked

    # -- how it comes to rest ----------------------------------------------------------------

    def settle(self) -> None:
        """Go on until nothing changes before a call comes back or a person acts."""
        while self._advance():
            pass

    def _advance(self) -> bool:
        changed = self._release()
        if self.state == "running":
            return self._go_on() or changed
        if self.state == "stopping" and not self.running:
            self._end("stopped")
            return True
        return changed

    def _release(self) -> bool:
        """What a step waited for is done: it is ready."""
        if self.state in FINAL:
            return False
        free = [
            step
            for step in self.steps.values()
            if step.state == "pending" and all(self.steps[n].state in DONE for n in step.after)
        ]
        for step in free:
            step.state = "ready"
        return bool(free)

    def _go_on(self) -> bool:
        if self.replan and not self.running:
            self._pause()  # nobody can plan anew
            self.replan = False
            self._settle_doubts(ask=False)
            return True
        if self._settle_doubts(ask=True):
            return True
        if self.failing:
            return self._cancel_thinking() or (not self.running and self._rest())
        if self.replan:
            return False  # nothing begins on a plan that is about to be replaced
        started = [step for step in self.steps.values() if step.state == "ready"]
        for step in started:
            if step.left and not step.again and not step.repeatable:
                step.state, step.request, step.twice = "asking", True, True
            elif step.ask and not step.approved:
                step.state, step.request = "asking", True
            else:
                step.state, step.attempts = "running", step.attempts + 1
                self.maybe.add(step.id)
        return bool(started) or (not self.running and self._rest())

    def _settle_doubts(self, *, ask: bool) -> bool:
        changed = False
        for step in self.steps.values():
            if step.state != "in_doubt" or step.request:
                continue
            if step.tool == "post" and step.attempts < SAME_KEY_ATTEMPTS:
                step.state = "ready"
            elif step.tool == "probe":
                step.state = "succeeded" if step.id in self.happened else "ready"
                if step.state == "ready":
                    self.maybe.discard(step.id)
            elif ask:
                step.request = True
            else:
                continue
            changed = True
        return changed

    def _rest(self) -> bool:
        """Nothing is in flight and nothing can start: how does it end?"""
        states = [step.state for step in self.steps.values()]
        if "in_doubt" in states:
            self.state = "waiting"
        elif self.failing:
            self._void_requests()
            self._end("failed")
        elif self.requests:
            self.state = "waiting"
        elif self.failed:
            self._end("failed")
        elif not any(
            self._skip_dependents(step.id)
            for step in list(self.steps.values())
            if step.state == "denied"
        ):
            self._end("succeeded")
        return True

    def _end(self, state: str) -> None:
        self.state = state
        for step in self.steps.values():
            if step.state in OPEN:
                step.state, step.request, step.twice = "stopped", False, False

    def _wake(self) -> None:
        if self.state == "waiting":
            self.state = "running"

    def _void_requests(self) -> None:
        for step in self.steps.values():
            step.request = step.twice = False
            if step.state == "asking":
                step.state = "ready"

    def _cancel_thinking(self) -> bool:
        thinking = [s for s in self.steps.values() if s.state == "running" and s.repeatable]
        for step in thinking:
            step.state = "ready"
        return bool(thinking)

    def _skip_dependents(self, name: str) -> bool:
        skipped = [step for step in self.dependents(name) if step.state in OPEN]
        for step in skipped:
            step.state, step.request, step.twice, step.by_engine = "skipped", False, False, True
        return bool(skipped)
