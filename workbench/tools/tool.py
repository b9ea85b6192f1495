"""The tool: a function with a declared effect."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, overload

from pydantic import ValidationError

from workbench.errors import ToolError
from workbench.ids import digest
from workbench.plan import Estimate, Retry, find_refs
from workbench.tools import planned
from workbench.tools.calling import calling
from workbench.tools.declared import check_declaration, refuse
from workbench.tools.effect import REPEATABLE, Effect, Risk, default_risk
from workbench.tools.guards import Breaker, Polling
from workbench.tools.inject import SecretValue
from workbench.tools.limit import Limit
from workbench.tools.schema import Signature, read_signature

_NONE_HELD: Mapping[str, SecretValue] = {}
PART_DIGEST = 16
"""Characters of a digest that only says whether something has changed."""


@dataclass(frozen=True)
class Happened:
    """A probe's answer: yes, and this is what the call would have returned."""

    output: Any = None


class Tool:
    """A registered callable; made by `workbench.tool`. Calling it calls the function directly.

    Attributes:
        declared: False when nobody said what it does; it then counts as irreversible.
        on_pause: whether a pause lets a call in flight finish, or cancels it (repeatable ones).
        runs_in: "thread" or "process"; None: coroutines in the engine's loop, the rest in a thread.
        owner: what it belongs to and is closed with; None: nothing.
        changes: how often it has become another one under its name, as far as `refresh` knows.
        source_word: what `source_digest` is a digest of.
        outward: whether a read of it tells strangers something, so that it is asked about.
    """

    owner: Any = None
    changes = 0
    source_word = "code"
    outward = False

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        effect: Effect | None = None,
        undo: Callable[..., Any] | None = None,
        probe: Callable[..., Any] | None = None,
        preview: Callable[..., Any] | None = None,
        before: Callable[..., Any] | None = None,
        objects: Callable[..., Iterable[str]] | None = None,
        told: Callable[..., Iterable[str]] | None = None,
        leaves: Callable[..., Mapping[str, Iterable[str]]] | None = None,
        deletes: bool | None = None,
        idempotent: bool | None = None,
        risk: Risk | None = None,
        spend: Callable[..., Mapping[str, float]] | None = None,
        writes: Callable[..., Iterable[str]] | None = None,
        merge: Literal["in_order"] | None = None,
        version: Callable[[str], Any] | None = None,
        timeout_s: float | None = None,
        retry: Retry | None = None,
        on_pause: Literal["finish", "cancel"] = "finish",
        estimate: Estimate | None = None,
        limit: Limit | None = None,
        runs_in: Literal["thread", "process"] | None = None,
        breaker: Breaker | None = None,
        poll: Callable[..., Any] | None = None,
        polling: Polling | None = None,
        cancel: Callable[..., Any] | None = None,
        description: str | None = None,
        signature: Signature | None = None,
    ) -> None:
        """Read the signature and check the declaration; see `workbench.tool`.

        A `signature` is given for a function that takes what somebody else describes.
        """
        self.function = _named(function)
        functools.update_wrapper(self, function)
        self.name = name or function.__name__
        if not self.name.isprintable() or any(sign.isspace() or sign == "*" for sign in self.name):
            refuse(self, "has a name that a rule cannot be written for", "Leave out blanks and *.")
        self.declared = effect is not None
        self.effect: Effect = effect or "irreversible"
        self.undo, self.probe, self.preview, self.before = undo, probe, preview, before
        self.objects, self.told, self.leaves, self.deletes = objects, told, leaves, deletes
        self.idempotent = self.effect in REPEATABLE if idempotent is None else idempotent
        self.risk: Risk = risk or default_risk(self.effect)
        self.spend, self.writes, self.merge, self.version = spend, writes, merge, version
        self.timeout_s = timeout_s
        self.retry = retry or Retry()
        self.on_pause = on_pause
        self.estimate, self.limit, self.breaker = estimate, limit, breaker
        self.runs_in = runs_in
        self.poll, self.polling, self.cancel = poll, polling or Polling(), cancel
        self.description = (
            inspect.cleandoc(function.__doc__ or "") if description is None else description
        )
        self.is_async = inspect.iscoroutinefunction(function)
        self.signature = signature or read_signature(function, self.name)
        if poll is not None:
            # What the function returns is a handle; the output comes from the poll.
            self.signature = replace(self.signature, output_schema=None)
        check_declaration(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself: no permission, no journal, no undo.

        During the call of another tool's step this is noted, as a call outside the plan.

        Raises:
            UnplannedCall: the workbench refuses such calls.
        """
        watch = calling.get()
        if watch is not None and watch.tool is not self:
            watch.called(self, args, kwargs)
        return self.function(*args, **kwargs)

    async def refresh(self) -> None:
        """Look whether it is still what it was; called before a call is decided about.

        Only a tool that somebody else describes can change while a run goes on.

        Raises:
            Exception: it cannot be called now; whatever it is, nothing was called.
        """

    def held(self) -> Mapping[str, SecretValue]:
        """Give secrets that no call was given but that it may give back; they are masked."""
        return _NONE_HELD

    @property
    def shifting(self) -> bool:
        """Whether it can change while a run goes on, so that `refresh` is worth its time."""
        return self.owner is not None

    def __repr__(self) -> str:
        """Give name and effect."""
        return f"<Tool {self.name}: {self.effect}{'' if self.declared else ' (undeclared)'}>"

    @property
    def summary(self) -> str:
        """The first line of the description."""
        return self.description.partition("\n")[0]

    @property
    def repeatable(self) -> bool:
        """Whether it changes nothing, so that running it again does no harm."""
        return self.effect in REPEATABLE

    @functools.cached_property
    def digest(self) -> str:
        """Names source and schema; differs when the tool's code was changed."""
        try:
            source = inspect.getsource(self.function)
        except (OSError, TypeError):
            source = ""
        return digest([self.name, self.effect, source, self.signature.args_schema])

    @functools.cached_property
    def source_digest(self) -> str:
        """Names the source alone, however far it is indented; empty when it cannot be read."""
        try:
            source = inspect.getsource(self.function)
        except (OSError, TypeError):
            return ""
        lines = textwrap.dedent(source).splitlines()
        return digest([line.rstrip() for line in lines])[:PART_DIGEST]

    @functools.cached_property
    def schema_digest(self) -> str:
        """Names effect and arguments alone."""
        return digest([self.effect, self.signature.args_schema])[:PART_DIGEST]

    def check_args(self, args: dict[str, Any]) -> list[tuple[str, str, str]]:
        """Give the faults of a plan's arguments as (code, path, message); references pass."""
        faults: list[tuple[str, str, str]] = []
        known = self.signature.adapters
        for name, value in args.items():
            if name not in known:
                names = ", ".join(known) or "none"
                message = f"{self.name} has no argument {name!r}; it takes: {names}"
                faults.append(("unknown_argument", f"args.{name}", message))
            elif next(find_refs(value), None) is None:
                faults += _faults_of(known[name].validate_python, name, value)
        for name in sorted(self.signature.required.difference(args)):
            message = f"{self.name} needs the argument {name!r}"
            faults.append(("missing_argument", f"args.{name}", message))
        return faults

    def bind(self, args: dict[str, Any]) -> dict[str, Any]:
        """Validate resolved arguments and give the typed ones that the function takes.

        Raises:
            ToolError: an argument is missing, unknown or of the wrong type; all are named.
        """
        try:
            model = self.signature.arguments.model_validate(args)
        except ValidationError as error:
            details = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()
            )
            raise ToolError(
                f"The arguments of {self.name} are not valid: {details}.",
                "Edit the step, or the step whose output it uses.",
                tool=self.name,
                faults=[
                    {"path": ".".join(("args", *map(str, e["loc"]))), "message": e["msg"]}
                    for e in error.errors()
                ],
            ) from error
        values = model.__dict__
        return {alias: values[field] for field, alias in self.signature.aliases.items()}

    def planned_spend(self, args: Mapping[str, Any]) -> dict[str, float] | None:
        """Give what a call with a step's arguments will spend, by unit.

        None when it is not known yet: it depends on the output of another step, an argument is
        wrong, or the declaration raises.
        """
        return planned.planned_spend(self, args)

    def planned_writes(self, args: Mapping[str, Any]) -> tuple[str, ...]:
        """Give the keys that a call with a step's arguments will write, as far as is known."""
        return planned.planned_writes(self, args)

    def written_keys(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Give the keys that a call with these typed arguments writes.

        Raises:
            ToolError: `writes` gives no list of texts.
        """
        if self.writes is None:
            return ()
        return planned.written_keys(self, self.writes(**values))

    def check_output_path(self, path: tuple[str | int, ...]) -> str | None:
        """Say why the output cannot have this part; None when it can, or when it is not known."""
        schema = self.signature.output_schema
        definitions = (schema or {}).get("$defs", {})
        for part in path:
            if schema is not None and "$ref" in schema:
                schema = definitions.get(schema["$ref"].rpartition("/")[2])
            if not schema or "x-live" in schema:
                return None
            if isinstance(part, int):
                if schema.get("type") not in ("array", None):
                    return f"{self.name} returns no list there"
                schema = schema.get("items")
            elif schema.get("type") == "array":
                return f"{self.name} returns a list there, which has positions and no {part!r}"
            else:
                fields = schema.get("properties")
                if fields is not None and part not in fields:
                    return f"{self.name} returns no {part!r}; it returns: {', '.join(fields)}"
                if fields is None and schema.get("type") in _SCALARS:
                    return f"{self.name} returns a plain {schema['type']}, without parts"
                schema = (fields or {}).get(part)
        return None

    def companion_args(
        self, companion: Callable[..., Any], available: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Choose from `available` what an undo, a probe or another companion asks for by name."""
        parameters = inspect.signature(companion).parameters
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return dict(available)
        return {name: available[name] for name in parameters if name in available}


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    if not hasattr(function, "__name__"):
        raise ToolError(
            f"{function!r} is no function, so it has no name and no signature to read.",
            "Write a function around it, with an annotation for each parameter.",
        )
    return function


_SCALARS = ("string", "integer", "number", "boolean", "null")


def _faults_of(validate: Callable[[Any], Any], name: str, value: Any) -> list[tuple[str, str, str]]:
    try:
        validate(value)
    except ValidationError as error:
        faults = []
        for item in error.errors():
            path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in item["loc"])
            faults.append(("bad_argument", f"args.{name}{path}", item["msg"]))
        return faults
    return []


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *,
    name: str | None = None,
    effect: Effect | None = None,
    undo: Callable[..., Any] | None = None,
    probe: Callable[..., Any] | None = None,
    preview: Callable[..., Any] | None = None,
    before: Callable[..., Any] | None = None,
    objects: Callable[..., Iterable[str]] | None = None,
    told: Callable[..., Iterable[str]] | None = None,
    leaves: Callable[..., Mapping[str, Iterable[str]]] | None = None,
    deletes: bool | None = None,
    idempotent: bool | None = None,
    risk: Risk | None = None,
    spend: Callable[..., Mapping[str, float]] | None = None,
    writes: Callable[..., Iterable[str]] | None = None,
    merge: Literal["in_order"] | None = None,
    version: Callable[[str], Any] | None = None,
    timeout_s: float | None = None,
    retry: Retry | None = None,
    on_pause: Literal["finish", "cancel"] = "finish",
    estimate: Estimate | None = None,
    limit: Limit | None = None,
    runs_in: Literal["thread", "process"] | None = None,
    breaker: Breaker | None = None,
    poll: Callable[..., Any] | None = None,
    polling: Polling | None = None,
    cancel: Callable[..., Any] | None = None,
    description: str | None = None,
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(function: Callable[..., Any] | None = None, /, **declaration: Any) -> Any:
    """Make a tool of a typed function, sync or async.

    Args:
        function: the function, when used without parentheses.
        **declaration: what the tool declares, by keyword:
            `name` (default: the function's name);
            `effect`, see `workbench.tools.Effect`; without it the tool counts as irreversible;
            `undo`, called with the tool's arguments by name, and `result`, `before`, `key`;
            `probe`, the question "has it happened?", called likewise; returns a bool or `Happened`;
            `preview`, a dry run that returns text saying what would change; the same world must
            give the same text, for it is made again before the call, and a change asks again;
            `objects`, which expands the arguments to the exact list of things that the call is done
            to, as texts; the request lists them, and the approval holds for no other list;
            `told`, called with the arguments, names who is told again when the call is undone, as
            texts; the preview of a rollback lists them;
            `leaves`, called with the arguments, and `result` if it asks for it, names what such a
            call leaves behind and somebody has to end, by kind: {"schedule": ["nightly report"],
            "token": ["key 17"]}; a file that `writes` names is listed without it;
            `before`, read just before the call; its return value is on disk before the call
            starts and is handed to `undo`; what is too large to be kept it refuses by raising
            `workbench.errors.ImageTooLarge`: then the person is asked about a call without an undo;
            `deletes`, whether the freeze `no deletes` holds it; default: whether its name says that
            it deletes; a unit of `spend` such as "rows_deleted" says it in any case;
            `idempotent`, whether a second call with the same key does nothing more;
            `risk`, see `workbench.tools.Risk`; default: by effect;
            `spend`, called with the arguments, returns amounts by unit, such as {"usd": 3.5};
            `writes`, called with the arguments, returns the keys of what the call will write, such
            as ["file:/tmp/a.csv"]; two steps that write one key must wait for each other;
            `merge`, "in_order": such steps may stand side by side, and are called one after the
            other in the order of the plan;
            `version`, called with a key, returns something small that differs when the thing was
            changed (a hash, or size and time); what somebody else changed is not overwritten;
            `timeout_s`, seconds that one attempt may take;
            `retry`, a `Retry`;
            `on_pause`, "finish" or "cancel" (for pure and read tools);
            `estimate`, an `Estimate` of what one call takes, for the forecast of a plan;
            `limit`, a `Limit` of calls in flight and of starts in a second;
            `runs_in`, "thread" or "process": a process can be ended at any time and its crash harms
            nothing else; default: coroutines in the engine's loop, blocking functions in a thread;
            `breaker`, a `Breaker`: when to stop calling it;
            `poll`, for a function that starts work outside and returns a handle (a JSON value):
            called with `handle` and the tool's arguments by name until it returns something else
            than a `NotYet`, which is the output;
            `polling`, a `Polling`: how often;
            `cancel`, called likewise when a stop leaves the work behind;
            `description`, for the model; default: the docstring.

    Raises:
        ToolError: the declaration cannot work: an undo is missing or asks for values that it
            cannot have, or a parameter has no schema.
    """
    if function is not None:
        return Tool(function, **declaration)
    return lambda decorated: Tool(decorated, **declaration)
