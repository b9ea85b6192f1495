"""Pure tools on tables."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from workbench.toolkit import Refused, tables


@pytest.fixture
def use(kit):
    return kit(tables()).get


@pytest.fixture(scope="module")
def gapminder():
    """Real data, which ships inside plotly."""
    from plotly.data import gapminder

    return pd.DataFrame(gapminder())


def test_the_first_notebooks_chain_works_on_real_data(use, gapminder) -> None:
    """Check, filter, aggregate, sort, chart and report work on gapminder's numbers."""
    found = use("check_columns", frame=gapminder, required=["continent", "lifeExp"], complete=True)
    year = use("filter_rows", frame=gapminder, column="year", op="==", value=2007)
    mean = use("aggregate", frame=year, by=["continent"], column="lifeExp", how="mean")
    best = use("top_rows", frame=mean, column="lifeExp", n=2)
    figure = use("bar_chart", frame=best, x="continent", y="lifeExp", title="Life")
    report = use("markdown_report", title="Life in 2007", sections=["Best two:", best])

    assert found["rows"] == 1704
    assert found["missing"] == {"continent": 0, "lifeExp": 0}
    assert best["continent"].tolist() == ["Oceania", "Europe"]
    assert best["lifeExp"].tolist() == pytest.approx([80.7195, 77.6486])
    assert list(figure.data[0].x) == ["Oceania", "Europe"]
    assert "# Life in 2007\n\nBest two:\n\n| continent | lifeExp |\n" in report
    assert "| Oceania | 80.7195 |" in report


@pytest.fixture
def small():
    return pd.DataFrame({"k": ["a", "b", "a", None], "v": [3.0, 1.0, None, 2.0], "n": [1, 2, 3, 4]})


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        (("n", "==", 2), [2]),
        (("n", "!=", 2), [1, 3, 4]),
        (("v", "<", 2), [2]),
        (("v", "<=", 2), [2, 4]),
        (("v", ">", 2), [1]),
        (("v", ">=", 2), [1, 4]),
        (("k", "in", ["a"]), [1, 3]),
        (("k", "in", "a"), [1, 3]),
        (("k", "not in", ["a"]), [2, 4]),
        (("k", "contains", "B"), []),
        (("k", "contains", "b"), [2]),
        (("k", "missing", None), [4]),
        (("v", "present", None), [1, 2, 4]),
    ],
)
def test_each_condition_keeps_the_right_rows(use, small, condition, kept) -> None:
    """A missing value satisfies no comparison; the rows are counted anew."""
    column, op, value = condition
    frame = use("filter_rows", frame=small, column=column, op=op, value=value)

    assert frame["n"].tolist() == kept
    assert frame.index.tolist() == list(range(len(kept)))


def test_missing_values_are_a_group_and_go_last(use, small) -> None:
    """No row is dropped silently, neither by grouping nor by sorting."""
    grouped = use("aggregate", frame=small, by=["k"], column="n", how="sum")
    ordered = use("sort_rows", frame=small, by=["v"], descending=True)

    assert grouped["n"].tolist() == [4, 2, 4]
    assert ordered["n"].tolist() == [1, 4, 2, 3]


def test_the_tables_given_are_not_changed(use, small) -> None:
    """Pure means that the input stays as it was."""
    copy = small.copy(deep=True)

    use("sort_rows", frame=small, by=["v"])
    use("top_rows", frame=small, column="v", lowest=True)
    use("line_chart", frame=small, x="n", y="v")

    pd.testing.assert_frame_equal(copy, small)


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("filter_rows", {"column": "x", "op": "=="}, r"no column 'x'\. It has: k, v, n"),
        ("filter_rows", {"column": "n", "op": "<", "value": "z"}, "cannot be compared with 'z'"),
        ("aggregate", {"by": ["k"], "column": "k"}, "Choose two columns"),
        ("aggregate", {"by": ["v"], "column": "k", "how": "mean"}, "holds no numbers"),
        ("aggregate", {"by": [], "column": "k"}, "No column"),
        ("top_rows", {"column": "v", "n": 0}, "at least 1"),
        ("check_columns", {"required": ["k", "w"]}, "no column 'w'"),
        ("check_columns", {"required": ["k"], "complete": True}, "1 in 'k'"),
        ("bar_chart", {"x": "k", "y": "w"}, "no column 'w'"),
    ],
)
def test_bad_arguments_are_refused_with_advice(use, small, name, args, said) -> None:
    """The error names the column or value and what is there instead."""
    with pytest.raises(Refused, match=said):
        use(name, frame=small, **args)


def test_an_empty_table_fails_its_check(use) -> None:
    """A table without rows is noticed where it is made."""
    with pytest.raises(Refused, match="no rows"):
        use("check_columns", frame=pd.DataFrame({"k": []}), required=["k"])


def test_a_chart_draws_one_line_per_colour(use, gapminder) -> None:
    """Each value of the colour column is one named line, sorted by x; too many are refused."""
    shuffled = gapminder.sample(frac=1, random_state=1)
    asia = use("filter_rows", frame=shuffled, column="country", op="in", value=["Japan", "China"])

    figure = use("line_chart", frame=asia, x="year", y="pop", color="country")

    assert {trace.name for trace in figure.data} == {"Japan", "China"}
    assert all(list(trace.x) == sorted(trace.x) for trace in figure.data)
    assert "cdn" not in json.dumps(figure.to_plotly_json(), default=str)
    with pytest.raises(Refused, match="142 different values"):
        use("line_chart", frame=gapminder, x="year", y="pop", color="country")


def test_a_report_shows_foreign_text_as_text(use) -> None:
    """HTML and Markdown in values cannot become markup in the report."""
    frame = pd.DataFrame({"a|b": ["<img src=x>", "[click](http://x)", "two\nlines"]})

    text = use(
        "markdown_report",
        title="T <script>",
        sections=[frame, {"heading": "H", "body": "x <b>y</b> 1 < 2"}, 3.5, {"n": 1}],
    )

    assert "<img" not in text
    assert "<script" not in text
    assert "<b>" not in text
    assert "1 < 2" in text
    assert r"| a\|b |" in text
    assert r"\[click\](http://x)" in text
    assert "two lines" in text
    assert "## H" in text
    assert text.endswith("3.5\n\n- n: 1\n")


def test_a_long_table_is_cut_in_a_report_and_says_so(use) -> None:
    """A report shows 50 rows and counts the others."""
    text = use("markdown_report", title="T", sections=[pd.DataFrame({"x": range(60)})])

    assert "… and 10 more rows" in text


def test_a_section_of_an_unknown_kind_is_refused(use) -> None:
    """The section is named by its number and type."""
    with pytest.raises(Refused, match="Section 2 of the report is a list"):
        use("markdown_report", title="T", sections=["a", ["b"]])
