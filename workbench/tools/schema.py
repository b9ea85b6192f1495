"""From a function's signature to the arguments that a plan may give it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    create_model,
)
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from workbench.errors import ToolError
from workbench.tools.inject import Key, SecretName, Seed


class LiveJsonSchema(GenerateJsonSchema):
    """JSON schema with live types (frames, figures) as `{"x-live": "pandas.DataFrame"}`."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as pydantic declares it

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        """Name the class instead of failing."""
        cls = schema["cls"]
        name = f"{cls.__module__.partition('.')[0]}.{cls.__qualname__}"
        return {"x-live": name, "description": f"a {name}: refer to the output of a step"}


@dataclass(frozen=True)
class Signature:
    """What a function takes and gives."""

    arguments: type[BaseModel]
    """Model of the arguments that a plan gives; its aliases are the parameter names, so that a
    parameter may be called `json`, `schema` or `_x`."""
    adapters: dict[str, TypeAdapter[Any]]
    """One validator for each argument."""
    required: frozenset[str]
    keys: tuple[str, ...]
    """Parameters that receive the idempotency key."""
    secrets: dict[str, str]
    """Parameter to the name of the secret that it receives."""
    args_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    """JSON schema of the return annotation; None when it has none."""
    seeds: tuple[str, ...] = ()
    """Parameters that receive the step's seed."""
    parameters: frozenset[str] = field(default_factory=frozenset)
    """All parameter names of the function."""

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Field of `arguments` to the parameter that it stands for."""
        fields = self.arguments.model_fields
        return {name: str(info.alias) for name, info in fields.items()}

    @property
    def names(self) -> list[str]:
        """Names of the arguments that a plan gives, as far as the schema tells."""
        return list(self.args_schema.get("properties", ()))

    def may_take(self, name: str) -> bool:
        """Say whether a call may have an argument of this name or, as `a.b`, a part of one."""
        is_closed = self.args_schema.get("additionalProperties") is False
        return not is_closed or name in self.names or name.partition(".")[0] in self.names

    def defaults(self) -> dict[str, Any]:
        """Give what the parameters are that may be left out, by name."""
        return {
            str(info.alias): info.get_default(call_default_factory=True, validated_data={})
            for info in self.arguments.model_fields.values()
            if not info.is_required()
        }


def read_signature(function: Callable[..., Any], name: str) -> Signature:
    """Read the signature of a tool.

    Raises:
        ToolError: the function takes `*args` or `**kwargs`, positional-only parameters, or an
            annotation that cannot be resolved.
    """
    try:
        hints = get_type_hints(function, include_extras=True)
        parameters = inspect.signature(function).parameters
    except Exception as error:
        raise ToolError(
            f"The annotations of tool {name!r} cannot be resolved: {error}.",
            "Import the types that they name at module level.",
            tool=name,
        ) from error
    keys: list[str] = []
    seeds: list[str] = []
    secrets: dict[str, str] = {}
    fields: dict[str, Any] = {}
    for parameter in parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ToolError(
                f"Tool {name!r} has the parameter {parameter}, which a plan cannot name.",
                "Give every parameter a name of its own.",
                tool=name,
            )
        hint = hints.get(parameter.name, Any)
        secret = _secret_name(hint)
        if hint is Key:
            keys.append(parameter.name)
        elif hint is Seed:
            seeds.append(parameter.name)
        elif secret is not None:
            secrets[parameter.name] = secret
        else:
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[parameter.name] = (hint, default)
    arguments = _model(name, fields)
    return Signature(
        arguments=arguments,
        adapters=_adapters(arguments),
        required=frozenset(
            str(info.alias) for info in arguments.model_fields.values() if info.is_required()
        ),
        keys=tuple(keys),
        seeds=tuple(seeds),
        secrets=secrets,
        args_schema=_schema_of(
            name, lambda: arguments.model_json_schema(schema_generator=LiveJsonSchema)
        ),
        output_schema=_output_schema(name, hints),
        parameters=frozenset(parameters),
    )


def _secret_name(hint: Any) -> str | None:
    if get_origin(hint) is Annotated:
        return next((str(m) for m in get_args(hint)[1:] if isinstance(m, SecretName)), None)
    return None


def _model(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
    aliased: dict[str, Any] = {
        f"p{number}": (Annotated[hint, Field(alias=parameter)], default)
        for number, (parameter, (hint, default)) in enumerate(fields.items())
    }
    try:
        return create_model(f"{name}_arguments", __config__=config, **aliased)
    except (PydanticUserError, NameError, TypeError) as error:
        raise ToolError(
            f"The parameters of tool {name!r} have no schema: {_first_line(error)}.",
            "Use types that pydantic can validate.",
            tool=name,
        ) from error


def _adapters(arguments: type[BaseModel]) -> dict[str, TypeAdapter[Any]]:
    config = ConfigDict(arbitrary_types_allowed=True)
    adapters: dict[str, TypeAdapter[Any]] = {}
    for info in arguments.model_fields.values():
        name, hint = str(info.alias), _with_metadata(info)
        try:
            adapters[name] = TypeAdapter(hint, config=config)
        except Exception:  # noqa: BLE001 - a model type refuses a config of its own; it needs none
            adapters[name] = TypeAdapter(hint)
    return adapters


def _with_metadata(info: FieldInfo) -> Any:
    hint: Any = info.annotation
    for item in info.metadata:
        hint = Annotated[hint, item]
    return hint


def _output_schema(name: str, hints: dict[str, Any]) -> dict[str, Any] | None:
    hint = hints.get("return", Any)
    if hint is Any:
        return None

    def make() -> dict[str, Any]:
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(
                hint, config=ConfigDict(arbitrary_types_allowed=True)
            )
        except Exception:  # noqa: BLE001 - as above
            adapter = TypeAdapter(hint)
        return adapter.json_schema(schema_generator=LiveJsonSchema, mode="serialization")

    return _schema_of(name, make)


def _schema_of(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return make()
    except (PydanticUserError, TypeError) as error:
        raise ToolError(
            f"A type in the signature of tool {name!r} has no JSON schema: {_first_line(error)}.",
            "Use plain types, pydantic models or live types such as pandas.DataFrame.",
            tool=name,
        ) from error


def _first_line(error: Exception) -> str:
    """Leave out the link that pydantic adds."""
    return str(error).partition("\n")[0].rstrip(".")
