"""Two small catalogues and two small tables for planners; none of the tools may ever be called."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
import pytest

import workbench as wb

Reduction = Literal["mean", "sum", "max", "min", "count"]
GAPMINDER = "country,continent,year,lifeExp,pop,gdpPercap\nChad,Africa,2007,50.6,10238807,1704\n"
SALES = "region,product,units,unit_price,sold_on\nnorth,tea,3,2.5,2024-01-02\n"


class Called(AssertionError):
    """A planner called a tool."""


def never(*args: object) -> None:
    """Refuse to be called."""
    raise Called(args)


@wb.tool(effect="read")
def read_table(path: Path) -> pd.DataFrame:
    """Read a table from a CSV file."""
    never(path)


@wb.tool(effect="pure")
def check_columns(frame: pd.DataFrame, required: list[str]) -> pd.DataFrame:
    """Fail unless the table has these columns; give it back unchanged."""
    never(frame)


@wb.tool(effect="pure")
def filter_rows(
    frame: pd.DataFrame,
    column: str,
    op: Literal["==", "!=", ">", "<", ">=", "<="],
    value: float | str,
) -> pd.DataFrame:
    """Keep the rows whose column compares so with the value."""
    never(frame)


@wb.tool(effect="pure")
def sort_rows(frame: pd.DataFrame, by: str, descending: bool = False) -> pd.DataFrame:
    """Sort the rows by a column."""
    never(frame)


@wb.tool(effect="pure")
def aggregate(frame: pd.DataFrame, by: str, column: str, how: Reduction) -> pd.DataFrame:
    """Reduce a column to one value for each group."""
    never(frame)


@wb.tool(effect="pure")
def bar_chart(frame: pd.DataFrame, x: str, y: str, title: str) -> go.Figure:
    """Draw bars."""
    never(frame)


@wb.tool(effect="pure")
def markdown_report(title: str, frame: pd.DataFrame) -> str:
    """Word a table as a report in Markdown."""
    never(frame)


def delete_file(path: Path) -> None:
    """Take the file away again."""
    never(path)


@wb.tool(effect="reversible", undo=delete_file)
def write_text(path: Path, text: str) -> str:
    """Write a text to a file; give its path."""
    never(path)


@wb.tool(effect="irreversible")
def send_mail(to: str, subject: str, body: str) -> str:
    """Send a mail; give its id."""
    never(to)


@wb.tool(effect="pure", name="aggregate")
def aggregate_by_many(
    frame: pd.DataFrame, by: list[str], column: str, how: Reduction = "mean"
) -> pd.DataFrame:
    """Reduce a column to one value for each group."""
    never(frame)


@wb.tool(effect="pure", name="check_columns")
def look_at_columns(frame: pd.DataFrame, required: list[str]) -> dict[str, object]:
    """Check that the table has these columns; say what it found."""
    never(frame)


@wb.tool(effect="pure")
def top_rows(frame: pd.DataFrame, column: str, n: int = 10, lowest: bool = False) -> pd.DataFrame:
    """Give the rows with the highest values in a column."""
    never(frame)


@wb.tool(effect="pure")
def line_chart(frame: pd.DataFrame, x: str, y: str, title: str = "") -> go.Figure:
    """Draw a line."""
    never(frame)


@wb.tool(effect="reversible", undo=delete_file)
def write_table(path: Path, frame: pd.DataFrame) -> Path:
    """Write a table as .csv or .tsv."""
    never(path)


@wb.tool(effect="read")
def read_text(path: Path) -> str:
    """Read a text file."""
    never(path)


@wb.tool(effect="reversible", undo=delete_file)
def move_file(path: Path, to: Path) -> Path:
    """Move a file."""
    never(path)


@wb.tool(effect="irreversible", name="send_mail")
def send_mails(to: str | list[str], subject: str, body: str) -> str:
    """Send a mail; give its id."""
    never(to)


SMALL = [
    read_table,
    check_columns,
    filter_rows,
    sort_rows,
    aggregate,
    bar_chart,
    markdown_report,
    write_text,
    send_mail,
]
LARGE = [
    read_table,
    read_text,
    look_at_columns,
    filter_rows,
    sort_rows,
    top_rows,
    aggregate_by_many,
    bar_chart,
    line_chart,
    markdown_report,
    write_text,
    write_table,
    move_file,
    wb.tool(effect="irreversible")(delete_file),
    send_mails,
]


@pytest.fixture
def tools() -> list[wb.Tool]:
    """Give nine tools, one for each verb."""
    return SMALL


@pytest.fixture(scope="session")
def catalogues() -> dict[str, list[wb.Tool]]:
    """Give the catalogues by name; in the large one, some verbs have several tools."""
    return {"small": SMALL, "large": LARGE}


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Give a folder with two tables."""
    (tmp_path / "gapminder.csv").write_text(GAPMINDER, encoding="utf-8")
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def skeleton() -> Callable[[wb.Plan, list], list]:
    """Give the function that reduces a plan to tools and key arguments; references as `@id`."""

    def reduce(plan: wb.Plan, like: list) -> list:
        shown = []
        for number, step in enumerate(plan.steps):
            args = step.model_dump(mode="json")["args"]
            keys = like[number][1] if number < len(like) else args
            values = {key: _short(args.get(key)) for key in keys}
            shown.append([step.tool, values, *(["ask"] if step.ask else [])])
        return shown

    return reduce


def _short(value: object) -> object:
    if isinstance(value, list):
        return [_short(item) for item in value]
    return f"@{value['$ref']}" if isinstance(value, dict) and "$ref" in value else value
