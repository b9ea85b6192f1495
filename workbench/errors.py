"""Every error that the workbench raises: what happened, to which object, and what to do next.

Errors are built from fields, so they survive pickling and a program can read them.
"""

from __future__ import annotations

from typing import Any, Self


class WorkbenchError(Exception):
    """Base of all errors raised on purpose.

    Args:
        what: one sentence: what happened, to which object, and whose fault it is.
        next_step: one sentence: what the reader can do now.
        fields: the objects concerned, readable by a program.
    """

    def __init__(self, what: str, next_step: str = "", **fields: Any) -> None:
        """Store the parts and compose the message."""
        super().__init__(what, next_step, fields)
        self.what = what
        self.next_step = next_step
        self.fields = fields

    def __str__(self) -> str:
        """Give the sentence and the advice."""
        return f"{self.what} {self.next_step}".strip()

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the parts: keyword fields would be lost by the default."""
        return (_rebuild, (type(self), self.what, self.next_step, self.fields))


def _rebuild(
    kind: type[WorkbenchError], what: str, next_step: str, fields: dict[str, Any]
) -> WorkbenchError:
    error = kind.__new__(kind)
    WorkbenchError.__init__(error, what, next_step, **fields)
    return error


def _regroup(
    what: str, next_step: str, exceptions: tuple[StepFailed, ...], fields: dict[str, Any]
) -> RunFailed:
    return RunFailed(what, next_step, exceptions, **fields)


class PlanError(WorkbenchError):
    """A plan or an edit has faults; `findings` lists every one."""

    @property
    def findings(self) -> list[Any]:
        """All faults found, as `workbench.Finding`."""
        return list(self.fields.get("findings", []))


class StaleRevision(PlanError):
    """An edit was based on a revision that is no longer the current one."""


class ToolError(WorkbenchError):
    """A tool is declared in a way that cannot work, or is not registered."""


class ImageTooLarge(ToolError):
    """What a tool's `before` would keep is too large: without it the call could not be undone.

    Raised by `before`, it makes the runtime ask the person, as about something irreversible.
    """

    happened: bool | None = False

    @classmethod
    def of(cls, size: float, limit: float, unit: str = "bytes", next_step: str = "") -> Self:
        """Make it of what the image would take, and of what may be kept."""
        needs, kept = in_bytes(size), in_bytes(limit)
        if unit != "bytes" or needs == kept:
            needs, kept = f"{size:,} {unit}", f"{limit:,}"
        return cls(f"Its image of {needs} exceeds {kept}.", next_step)


class ValueNotStorable(WorkbenchError):
    """A value cannot be written to the journal."""


class VariablesChanged(WorkbenchError):
    """Variables of the notebook were changed by hand, so they are not replaced without a word."""


class CallNotMade(ToolError):
    """An agent may not make this call, or not so often; nothing was done."""


class UnplannedCall(ToolError):
    """A tool that the plan does not have was called during the call of a step; nothing was done."""


class CommandRefused(WorkbenchError):
    """A command was read by the engine and refused; nothing changed."""


class RunFinished(CommandRefused):
    """The command came to a run in a final state, which never changes."""


class JournalError(WorkbenchError):
    """The journal cannot be opened, read or written."""


class NotAJournal(JournalError):
    """The file or database exists and is not a workbench journal."""


class JournalTooNew(JournalError):
    """The journal was written by a newer version of the workbench."""


class JournalDamaged(JournalError):
    """A part of the journal cannot be read; `fields` name the run and its first bad event."""


class JournalTampered(JournalError):
    """The hash chain is broken: an event was changed, removed or added by hand."""


class LeaseLost(JournalError):
    """Another process drives the run now; this one was fenced and wrote nothing."""


class RecordingError(WorkbenchError):
    """A file that should hold a run is none, or was damaged or changed."""


class ReplayDiverged(WorkbenchError, AssertionError):
    """A replay went otherwise than it was recorded; `fields` name the run and the event."""


class NotFound(WorkbenchError):
    """No run, step, request or artifact of that name exists."""


def in_bytes(size: float) -> str:
    """Give a number of bytes for people."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":  # noqa: PLR2004 - what KiB means
            break
        size /= 1024
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}".replace(".0 ", " ")


class StepFailed(WorkbenchError):
    """A step failed; its fields are `step`, `tool`, `attempt` and `error_type`."""

    @property
    def step(self) -> str:
        """Id of the step; empty when the run itself failed."""
        return str(self.fields.get("step", ""))

    @property
    def tool(self) -> str:
        """Name of its tool."""
        return str(self.fields.get("tool", ""))

    @property
    def attempt(self) -> int:
        """Number of the last attempt; 0: there was none."""
        return int(self.fields.get("attempt", 0))

    @property
    def error_type(self) -> str:
        """Class of what the tool raised."""
        return str(self.fields.get("error_type", ""))


class RunFailed(WorkbenchError, ExceptionGroup[StepFailed]):
    """The run ended as failed; a group with one `StepFailed` for each failed step, in plan order.

    `except*` takes it apart; `errors` holds the messages by step.
    """

    def __new__(
        cls,
        what: str,
        next_step: str = "",
        exceptions: tuple[StepFailed, ...] = (),
        **fields: Any,
    ) -> Self:
        """Make the group; without `exceptions`, of the messages in `errors`."""
        errors = fields.get("errors") or {"": what}
        del next_step  # it is for `__init__`
        made = exceptions or [StepFailed(text, step=step) for step, text in errors.items()]
        return super().__new__(cls, what, list(made))

    def __init__(
        self,
        what: str,
        next_step: str = "",
        exceptions: tuple[StepFailed, ...] = (),
        **fields: Any,
    ) -> None:
        """Store the parts and compose the message."""
        del exceptions  # `__new__` has taken them
        super().__init__(what, next_step, **fields)

    def derive(self, excs: Any, /) -> Any:
        """Make a group of some of the failures, for `except*`."""
        steps = {error.step: self.errors.get(error.step, str(error)) for error in excs}
        fields = {**self.fields, "errors": steps}
        return type(self)(self.what, self.next_step, exceptions=tuple(excs), **fields)

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the parts."""
        return (_regroup, (self.what, self.next_step, self.exceptions, self.fields))

    @property
    def errors(self) -> dict[str, str]:
        """Step id to its error."""
        return dict(self.fields.get("errors", {}))


class RunStopped(WorkbenchError):
    """The run was stopped or abandoned before it could succeed."""


class WaitTimeout(WorkbenchError, TimeoutError):
    """The run went on longer than the caller wanted to wait; the run itself is unharmed."""


class HostFailed(WorkbenchError):
    """The process of its own that should carry a run out has ended, and the run has not."""


class LimitReached(WorkbenchError):
    """A limit or a cap forbids a call of a model; nothing was sent. `fields` say which: `why`."""


class ModelError(WorkbenchError):
    """A model could not be reached or gave an answer that is no plan."""
