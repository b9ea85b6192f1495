"""A tool declares what it does to the world; what could not work is refused when declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

import workbench as wb
from workbench.errors import ToolError
from workbench.tools import EFFECTS, RISKS, Effect, Registry, Risk, Tool, default_risk


def write(path: str, text: str) -> str:
    """Write text."""
    return path + text


def no_undo(path: str) -> None:
    """Do nothing."""


def declared(**declaration: Any) -> Tool:
    made: Tool = wb.tool(**declaration)(write)
    return made


def test_an_undeclared_tool_counts_as_irreversible() -> None:
    """A function without declaration becomes a tool of the worst effect, and says so [COMP-1]."""
    bare = wb.tool(write)
    plain = next(iter(Registry([write])))

    for made in (bare, plain, declared()):
        assert (made.effect, made.declared, made.risk) == ("irreversible", False, "irreversible")
        assert not made.idempotent
        assert not made.repeatable
        assert "undeclared" in repr(made)
    assert declared(effect="irreversible").declared


@pytest.mark.parametrize(
    ("effect", "risk", "repeatable"),
    [
        ("pure", "read", True),
        ("read", "read", True),
        ("reversible", "local", False),
        ("compensable", "shared", False),
        ("irreversible", "irreversible", False),
    ],
)
def test_each_effect_has_its_meaning(effect: Effect, risk: Risk, *, repeatable: bool) -> None:
    """The effect decides the default risk, and whether a call may simply be repeated [COMP-1]."""
    made = declared(effect=effect, undo=no_undo)

    assert (made.risk, made.repeatable, made.idempotent) == (risk, repeatable, repeatable)
    assert default_risk(effect) == risk
    assert declared(effect=effect, undo=no_undo, risk="public").risk == "public"
    assert declared(effect=effect, undo=no_undo, idempotent=True).idempotent


def test_the_words_are_complete() -> None:
    """The lists of effects and risks are those of the types [COMP-1]."""
    assert get_args(Effect) == EFFECTS
    assert get_args(Risk) == RISKS


@pytest.mark.parametrize("effect", ["reversible", "compensable"])
def test_a_promise_to_undo_needs_an_undo(effect: Effect) -> None:
    """Declaring that a call can be undone, without an undo, is refused [COMP-2]."""
    with pytest.raises(ToolError, match=rf"'write' is declared {effect} and has no undo.*undo=…"):
        declared(effect=effect)


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        ({"effect": "harmless"}, "'harmless'.*pure, read"),
        ({"risk": "huge"}, "'huge'.*read, local"),
        ({"on_pause": "cancel"}, "changes the world"),
        ({"effect": "reversible", "undo": no_undo, "on_pause": "cancel"}, "changes the world"),
        ({"effect": "read", "on_pause": "wait"}, "'wait'.*'finish' or 'cancel'"),
        ({"effect": "read", "deletes": True}, "says that it deletes, and declares the effect read"),
        ({"deletes": "rows"}, "deletes='rows'.*True, False or None"),
        ({"timeout_s": 0}, "timeout of 0"),
        ({"timeout_s": -1}, "timeout of -1"),
        ({"timeout_s": float("nan")}, "timeout of nan"),
    ],
)
def test_declarations_that_cannot_work_are_refused(declaration: dict[str, Any], words: str) -> None:
    """A wrong word or time, and a cancel that would leave half an effect, are refused [COMP-1]."""
    with pytest.raises(ToolError, match=words):
        declared(**declaration)


def test_reads_may_be_cancelled_by_a_pause() -> None:
    """A tool that changes nothing may ask to be cancelled by a pause [COMP-1]."""
    assert declared(effect="read", on_pause="cancel").on_pause == "cancel"
    assert declared(effect="read").on_pause == "finish"


def wants(names: str) -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(f"def companion({names}): ...", space)
    made: Callable[..., Any] = space["companion"]
    return made


@pytest.mark.parametrize(
    "names", ["path", "path, text", "result, before, key", "path, other=1", "**_"]
)
def test_an_undo_may_ask_for_what_is_on_disk(names: str) -> None:
    """An undo may ask for the arguments, the result, the image before and the key [COMP-3]."""
    before = wants("path")
    assert declared(effect="reversible", undo=wants(names), before=before).undo is not None
    assert declared(effect="read", probe=wants(names)).probe is not None


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("undo", "pth"),
        ("undo", "path, connection"),
        ("undo", "*, connection"),
        ("undo", "path, /"),
        ("undo", "*values"),
        ("undo", "path, before"),
        ("told", "key"),
        ("told", "result"),
        ("probe", "order_id"),
        ("preview", "result"),
        ("before", "before"),
    ],
)
def test_a_companion_that_asks_for_what_it_cannot_have_is_refused(role: str, names: str) -> None:
    """An undo that needs more than the journal has is refused when declared [COMP-2, COMP-3]."""
    with pytest.raises(ToolError, match=rf"'write' has (the|a) {role}"):
        declared(**{"effect": "reversible", "undo": no_undo, role: wants(names)})


def never(path: str) -> Any:
    """Make a generator, which does nothing when it is called."""
    yield path


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        ({"undo": "rm -r"}, "cannot be called"),
        ({"undo": never}, "a generator"),
        ({"undo": wb.tool(effect="read")(no_undo)}, "declared to change nothing"),
        ({"undo": dict.get}, "positional-only"),
        ({"undo": type}, "without a signature"),
        ({"effect": "irreversible", "told": lambda path: [path]}, "has no undo"),
    ],
)  # fmt: skip
def test_an_undo_that_cannot_serve_is_refused(declaration: dict[str, Any], words: str) -> None:
    """What could never take anything back is no undo, and is refused when declared [COMP-2]."""
    with pytest.raises(ToolError, match=words):
        declared(**{"effect": "reversible", **declaration})


@pytest.mark.parametrize("name", ["key", "result", "before"])
def test_an_argument_is_not_confused_with_what_the_runtime_gives(name: str) -> None:
    """An undo whose `key` could be the tool's own argument or the runtime's is refused [COMP-2]."""
    tool = wants(f"{name}: str, body: str")

    with pytest.raises(ToolError, match=rf"argument '{name}'.*Rename"):
        wb.tool(effect="reversible", undo=wants(name))(tool)
    assert wb.tool(effect="reversible", undo=wants("body"))(tool).undo is not None


def test_what_is_spent_is_declared_by_the_arguments() -> None:
    """`spend` is called with the arguments; one that cannot take them is refused [COMP-1]."""
    made = declared(spend=lambda text, **_: {"usd": len(text)})

    assert made.spend is not None
    assert made.spend(path="a", text="four") == {"usd": 4}
    for wrong in (lambda text: {}, lambda price, **_: {}):
        with pytest.raises(ToolError, match=r"spend that cannot be called.*\*\*_ for the rest"):
            declared(spend=wrong)


def test_a_companion_is_given_what_it_names() -> None:
    """A companion gets what it asks for by name, or all of it with **kwargs [COMP-3]."""
    made = declared()
    available = {"path": "p", "text": "t", "key": "k"}

    assert made.companion_args(wants("key, path"), available) == {"key": "k", "path": "p"}
    assert made.companion_args(wants("path, missing=1"), available) == {"path": "p"}
    assert made.companion_args(wants("**all_of_it"), available) == available


def test_a_tool_is_still_its_function() -> None:
    """Calling a tool calls the function; it keeps its name, text and place [COMP-1]."""
    made = declared(effect="pure")

    assert made("a", text="b") == "ab"
    assert made.__name__ == "write"
    assert made.__doc__ == "Write text."
    assert repr(made) == "<Tool write: pure>"


@pytest.mark.parametrize("name", ["send mail", "send*", "send\n", "a\0", " "])
def test_a_tool_has_a_name_that_a_rule_can_name(name: str) -> None:
    """A tool's name has no blanks, no star and nothing invisible: a rule must mean it [COMP-1]."""
    with pytest.raises(ToolError, match="name that a rule cannot be written for"):
        declared(name=name)
    assert declared(name="server:send.mail-2").name == "server:send.mail-2"


def test_unknown_declarations_are_refused() -> None:
    """A misspelt keyword is an error and not a tool that is silently irreversible [COMP-1]."""
    with pytest.raises(TypeError, match="efect"):
        wb.tool(efect="pure")(write)  # type: ignore[call-overload]


def test_a_registry_belongs_to_one_workbench() -> None:
    """Two registries may hold different tools of one name; one registry may not [COMP-1]."""
    one, other = declared(effect="pure"), declared(effect="read")
    registry = Registry([one])

    assert registry.add(one) is one
    assert len(registry) == 1
    with pytest.raises(ToolError, match=r"Two tools are called 'write'.*name=…"):
        registry.add(other)
    assert registry["write"] is one
    assert Registry([other])["write"] is other
    renamed = declared(effect="read", name="write_again")
    assert [made.name for made in Registry([one, renamed])] == ["write", "write_again"]


def test_a_registry_says_what_it_has() -> None:
    """A tool that is not there is refused with those that are [COMP-1]."""
    registry = Registry([declared()])

    assert "write" in registry
    assert registry.get("read") is None
    assert registry.tool_map() == {"write": registry["write"]}
    with pytest.raises(ToolError, match=r"No tool 'read'.*Known are: write"):
        registry["read"]
