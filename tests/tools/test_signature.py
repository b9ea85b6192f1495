"""The schema of a tool is its signature: what a plan may give it, and nothing that is injected."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import pytest
from pydantic import BaseModel, Field

import workbench as wb
from workbench.errors import ToolError
from workbench.tools import Registry, SecretValue, Tool


class Order(BaseModel):
    item: str
    count: int = 1


@dataclass
class Point:
    x: float
    y: float


class Mode(Enum):
    FAST = "fast"
    SAFE = "safe"


@wb.tool(effect="pure")
def mixed(  # noqa: PLR0917 - a signature with everything
    path: Path,
    order: Order,
    point: Point,
    table: pd.DataFrame,
    mode: Mode = Mode.SAFE,
    n: Annotated[int, Field(ge=1, description="how many")] = 3,
    *,
    kind: Literal["bar", "line"] = "bar",
    when: dt.date | None = None,
) -> list[Order]:
    """Take everything.

    And say more about it.
    """
    raise NotImplementedError


@wb.tool(effect="irreversible")
async def buy(item: str, key: wb.Key, token: wb.Secret["shop_token"]) -> str:  # noqa: F821, UP037 - a name, not a type
    """Buy it."""
    return f"{item} {key} {token.reveal()}"


def test_the_schema_is_the_signature() -> None:
    """Types, defaults, limits, choices and models of a signature stand in the schema [PLAN-2]."""
    schema = mixed.signature.args_schema
    fields = schema["properties"]

    assert list(fields) == ["path", "order", "point", "table", "mode", "n", "kind", "when"]
    assert schema["required"] == ["path", "order", "point", "table"]
    assert schema["additionalProperties"] is False
    assert fields["path"]["format"] == "path"
    assert fields["n"] == {
        "default": 3, "description": "how many", "minimum": 1, "title": "N", "type": "integer",
    }  # fmt: skip
    assert fields["kind"]["enum"] == ["bar", "line"]
    assert fields["table"]["x-live"] == "pandas.DataFrame"
    assert schema["$defs"]["Order"]["required"] == ["item"]
    assert schema["$defs"]["Mode"]["enum"] == ["fast", "safe"]
    assert mixed.signature.output_schema is not None
    assert mixed.signature.output_schema["type"] == "array"


def test_text_for_people_comes_from_the_docstring() -> None:
    """The first line of the docstring is the summary, all of it the description [PLAN-2]."""
    assert mixed.summary == "Take everything."
    assert mixed.description.endswith("And say more about it.")
    assert Tool(mixed.function, description="Other words").summary == "Other words"


def test_arguments_arrive_as_the_types_of_the_signature() -> None:
    """JSON arguments are given to the function as paths, models, dates and enums [PLAN-2]."""
    table = pd.DataFrame({"x": [1]})
    bound = mixed.bind(
        {
            "path": "a/b",
            "order": {"item": "tea"},
            "point": {"x": 1, "y": "2"},
            "table": table,
            "mode": "fast",
            "when": "2026-01-31",
        }
    )

    assert bound["path"] == Path("a/b")
    assert bound["order"] == Order(item="tea")
    assert bound["point"] == Point(1.0, 2.0)
    assert bound["table"] is table
    assert bound["mode"] is Mode.FAST
    assert (bound["n"], bound["kind"], bound["when"]) == (3, "bar", dt.date(2026, 1, 31))


def test_injected_parameters_are_invisible() -> None:
    """A key and a secret are no arguments: not in the schema, and not to be given [PLAN-5]."""
    assert list(buy.signature.args_schema["properties"]) == ["item"]
    assert buy.signature.keys == ("key",)
    assert buy.signature.secrets == {"token": "shop_token"}
    assert buy.is_async
    for name in ("key", "token"):
        assert [fault[0] for fault in buy.check_args({"item": "x", name: "y"})] == [
            "unknown_argument"
        ]
        with pytest.raises(ToolError, match=name):
            buy.bind({"item": "x", name: "y"})


def test_a_secret_shows_only_its_name() -> None:
    """A secret's text is in no representation; only `reveal` gives it [PLAN-5]."""
    secret = SecretValue("shop_token", "hush")

    assert "hush" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hush"


def test_all_wrong_arguments_are_named_together() -> None:
    """Binding refuses arguments with one error that names every fault with its path [HARN-4]."""
    with pytest.raises(ToolError) as caught:
        mixed.bind({"path": "a", "order": {"count": "x"}, "n": 0, "colour": "red"})

    for part in ("order.item", "order.count", "point", "table", "n:", "colour", "mixed"):
        assert part in str(caught.value)


def any_function(parameters: str) -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(f"def made({parameters}) -> int:\n    return 1", space)
    made: Callable[..., Any] = space["made"]
    return made


@pytest.mark.parametrize(
    "name",
    ["json", "copy", "schema", "dict", "fields", "validate", "model_config", "model_fields", "self",
     "construct", "_hidden", "__class", "name", "args", "kwargs", "p0"],
)  # fmt: skip
def test_any_parameter_name_will_do(name: str) -> None:
    """A parameter may be called what pydantic's own methods are called, without a word [PLAN-2]."""
    made = Tool(any_function(f"{name}: int, other: int = 2"))

    assert list(made.signature.args_schema["properties"]) == [name, "other"]
    assert made.bind({name: 1}) == {name: 1, "other": 2}
    assert made.check_args({name: 1}) == []
    assert [fault[0] for fault in made.check_args({})] == ["missing_argument"]


def test_a_default_need_not_be_json() -> None:
    """A default without JSON form stays out of the schema and in the call [PLAN-2]."""
    marker = object()

    def made(x: object = marker) -> int:
        return 1

    assert "default" not in Tool(made).signature.args_schema["properties"]["x"]
    assert Tool(made).bind({})["x"] is marker


def test_a_changed_default_does_not_leak() -> None:
    """Each call gets its own copy of a default that can be changed [HARN-4]."""

    def made(rows: list[int] = []) -> int:  # noqa: B006 - that is the point
        return len(rows)

    Tool(made).bind({})["rows"].append(1)

    assert Tool(made).bind({})["rows"] == []


@pytest.mark.parametrize("parameters", ["*rows", "**options", "x, /", "x: int, *rest: int"])
def test_every_parameter_needs_a_name(parameters: str) -> None:
    """A parameter that a plan cannot give by name is refused, and named [PLAN-3]."""
    with pytest.raises(ToolError, match="which a plan cannot name"):
        Tool(any_function(parameters))


def test_types_without_a_schema_are_refused() -> None:
    """A type that JSON cannot describe, or that is unknown, is refused when declared [PLAN-3]."""

    def callback(x: Callable[[int], int]) -> int:
        return 1

    def unknown(x: Nowhere) -> int:  # type: ignore[name-defined]  # noqa: F821 - that is the point
        return 1

    with pytest.raises(ToolError, match=r"'callback' has no JSON schema.*plain types"):
        Tool(callback)
    with pytest.raises(ToolError, match=r"'unknown'.*Nowhere.*Import"):
        Tool(unknown)


@pytest.mark.parametrize("thing", [3, functools.partial(int, base=2), object()])
def test_only_functions_become_tools(thing: Any) -> None:
    """What has no name and signature is refused, with what to do [PLAN-3]."""
    with pytest.raises(ToolError, match=r"is no function.*Write a function around it"):
        Registry([thing])


def test_the_digest_names_source_and_schema() -> None:
    """A tool's digest changes with its code, its schema, its effect and its name [HARN-4]."""

    def make(kind: str) -> Callable[..., Any]:
        if kind == "code":

            def same(x: int) -> int:
                return x + 1
        elif kind == "schema":

            def same(x: int = 1) -> int:
                return x
        else:

            def same(x: int) -> int:
                return x

        return same

    first = Tool(make("first"))

    assert Tool(make("first")).digest == first.digest
    assert Tool(make("code")).digest != first.digest
    assert Tool(make("schema")).digest != first.digest
    assert Tool(make("first"), effect="pure").digest != first.digest
    assert Tool(make("first"), name="other").digest != first.digest
