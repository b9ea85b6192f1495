"""Plans, arguments and edits as Hypothesis draws them."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import strategies as st

import workbench as wb
from workbench.plan import Add, Change, Edit, Move, Ref, Remove, SetOutput, Skip
from workbench.values import Stored

text = st.text(st.characters(codec="utf-8"), max_size=12)
"""Any text that can be written down: half characters are refused, and tested apart."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
)

paths = st.lists(text | st.integers(-3, 99), max_size=3).map(tuple)


@functools.cache
def values(*names: str) -> st.SearchStrategy[Any]:
    """Give arguments: JSON, with references to these steps anywhere among it."""
    refs = st.builds(Ref, step=st.sampled_from(names), path=paths) if names else st.nothing()
    leaves = scalars | refs
    keys = text.filter(lambda key: key != "$ref")
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    )


@functools.cache
def steps(name: str, *earlier: str) -> st.SearchStrategy[wb.Step]:
    """Give a step that may refer to, and wait for, the earlier ones."""
    waits = st.lists(st.sampled_from(earlier), max_size=2) if earlier else st.just([])
    return st.builds(
        wb.Step,
        id=st.just(name),
        tool=st.sampled_from(["load", "sum", "mail"]),
        args=st.dictionaries(text, values(*earlier), max_size=3),
        after=waits,
        title=text,
        check=st.none() | st.builds(wb.Check, not_empty=st.booleans()),
        retry=st.none() | st.builds(wb.Retry, attempts=st.integers(1, 100)),
        timeout_s=st.none() | st.floats(0.001, 1e6),
        estimate=st.none() | st.builds(wb.Estimate, usd=st.none() | st.floats(0, 1e6)),
        ask=st.booleans(),
        skip=st.booleans(),
        output=st.none() | st.builds(Stored, value=values(), summary=text),
    )


@st.composite
def plans(draw: st.DrawFn, max_size: int = 4) -> wb.Plan:
    """Give a plan without doubled ids, dangling ids or cycles."""
    names = [f"s{number}" for number in range(draw(st.integers(0, max_size)))]
    made = [draw(steps(name, *names[:at])) for at, name in enumerate(names)]
    return wb.Plan(goal=draw(text), steps=draw(st.permutations(made)))


names = st.sampled_from([f"s{number}" for number in range(6)])
places = st.none() | names
afters = st.lists(names, max_size=2).map(tuple)
changes = st.fixed_dictionaries(
    {},
    optional={
        "args": st.dictionaries(st.sampled_from(["a", "b"]), values("s0", "s1"), max_size=2),
        "title": text,
        "after": afters,
        "timeout_s": st.floats(-1, 5),
        "colour": text,
    },
)
edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(Add, step=st.builds(wb.Step, id=names, tool=st.just("sum"), after=afters)),
    st.builds(Remove, step=names),
    st.builds(Change, step=names, changes=changes),
    st.builds(Move, step=names, after=st.none() | afters, before=places),
    st.builds(Skip, step=names),
    st.builds(SetOutput, step=names, output=st.builds(Stored, value=values())),
)
"""An edit that may fit a plan of `plans`, or not."""
