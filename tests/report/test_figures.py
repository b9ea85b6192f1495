import json

import pytest
from IPython.core.formatters import DisplayFormatter

import workbench as wb
from workbench import events as e
from workbench.report import cost_figure, graph_figure, timeline_figure
from workbench.report.graph import layers_of, positions_of
from workbench.report.spans import PARTS, split_costs

PLOTLY = "application/vnd.plotly.v1+json"


def bars(figure, light: bool) -> list[tuple[str, str, float]]:
    """Give (row, state, milliseconds) of the bars."""
    return [
        (row, trace.name, width)
        for trace in figure.data
        if (trace.marker.opacity < 1) is light
        for row, width in zip(trace.y, trace.x, strict=True)
    ]


def test_timeline_has_a_bar_for_each_attempt(eventful):
    """Each attempt is a bar in the row of its step, as long as it took [RUNT-4]."""
    figure = timeline_figure(eventful.records, eventful.view)
    found = bars(figure, light=False)
    assert ("load", "✕ failed, tried again", 1000) in found
    assert ("load", "✓ done", 4000) in found
    assert ("report", "✓ done", 3000) in found
    assert len(found) == 7


def test_timeline_shows_waits_lighter(eventful, paused):
    """Time that waited for the person is lighter than work, and a pause is too [REL-31]."""
    waits = bars(timeline_figure(eventful.records, eventful.view), light=True)
    assert waits == [("columns", "! waits for you", 10_000), ("report", "! waits for you", 5_000)]
    open_waits = bars(timeline_figure(paused.records, paused.view), light=True)
    assert open_waits == [("mail", "! waits for you", 2_000), (" ", "‖ paused", 0)]


def test_timeline_colour_is_state_only(eventful):
    """One colour for each state, and the state stands as text in each bar [PLAN-17]."""
    figure = timeline_figure(eventful.records, eventful.view)
    assert figure.layout.xaxis.type == "date"
    names = [trace.name for trace in figure.data]
    assert len(names) == len(set(names))
    assert all(isinstance(trace.marker.color, str) for trace in figure.data)
    assert all(text == trace.name for trace in figure.data for text in trace.text)


def test_timeline_lists_every_step_in_plan_order(paused):
    """Steps without a bar have their row; titles are shown [PLAN-17]."""
    axis = timeline_figure(paused.records, paused.view).layout.yaxis
    assert list(axis.ticktext) == [
        "run",
        "load sales.csv",
        "columns",
        "top regions",
        "chart",
        "write report",
        "mail",
    ]


def test_costs_add_up(eventful):
    """The parts of each unit add up to the run's total; time to the elapsed time [REL-31]."""
    view = eventful.view
    split = split_costs(eventful.records, view)
    assert sum(split["time"].values()) == (view.ended - view.created).total_seconds()
    for unit, total in view.usage.items():
        assert sum(split[unit].values()) == pytest.approx(total)
    assert split["usd"] == pytest.approx({"planning": 0.25, "execution": 0.1})
    assert split["calls"] == {"execution": 2, "retries": 1}
    assert split["time"] == {
        "execution": 8,
        "retries": 3,
        "planning": 2,
        "waiting for the person": 15,
        "nothing in flight": 6,
    }


def test_cost_bars_are_the_split(eventful):
    """The stacked bars hold exactly the split, each with its amount in words [REL-31]."""
    figure = cost_figure(eventful.records, eventful.view)
    drawn: dict[str, float] = {}
    for trace in figure.data:
        drawn[trace.y[0]] = drawn.get(trace.y[0], 0) + trace.x[0]
    assert drawn == pytest.approx({"time": 34, **eventful.view.usage})
    assert figure.layout.barmode == "stack"
    assert {trace.name for trace in figure.data} <= set(PARTS)
    assert [note.text for note in figure.layout.annotations] == [
        "time: 34 s in total",
        "usd: &#36;0.35 in total",
        "calls: 3 calls in total",
    ]


def test_parallel_calls_count_once_in_time(story):
    """Two calls at the same time cost their time once [REL-31]."""
    story.create().plan(wb.Step(id="a", tool="t"), wb.Step(id="b", tool="t"))
    story.add(e.RunStarted())
    story.intend("a").intend("b").succeed("a", 2).succeed("b", 1)
    assert split_costs(story.records, story.view)["time"] == {"execution": 3}


def test_layers_follow_the_longest_path():
    """A step stands after all that it needs, in the layer of its longest path [PLAN-17]."""
    diamond = wb.Plan(
        steps=[
            wb.Step(id="end", tool="t", after=("b", "start")),
            wb.Step(id="a", tool="t", after=("start",)),
            wb.Step(id="b", tool="t", after=("a",)),
            wb.Step(id="start", tool="t"),
        ]
    )
    assert layers_of(diamond) == [["start"], ["a"], ["b"], ["end"]]
    wide = wb.Plan(steps=[wb.Step(id=f"s{n}", tool="t") for n in range(3)])
    assert positions_of(wide) == {"s0": (0, -1), "s1": (0, 0), "s2": (0, 1)}


def test_graph_shows_id_title_state_and_doors(paused, tools):
    """Each step has id, title and state as text; one-way doors are marked [REL-20, COMP-14]."""
    known = {
        **dict.fromkeys(("check_columns", "top_regions", "draw"), tools["read_table"]),
        **tools,
    }
    figure = graph_figure(paused.view, known)
    texts = {text.split("<br>")[0]: text for trace in figure.data for text in trace.text or ()}
    assert texts["✓ <b>load</b>"] == "✓ <b>load</b><br>load sales.csv<br>done"
    assert texts["! <b>mail</b>"].endswith("waits for you<br>◇ one-way door")
    doors = [text for text in texts.values() if "one-way" in text]
    assert len(doors) == 2, "mail is irreversible, write_file is not known and so counts as it"
    assert "not marked" not in figure.layout.title.text
    assert "not marked" in graph_figure(paused.view).layout.title.text


def test_graph_draws_every_dependency(paused):
    """The graph has one line for each dependency [PLAN-17]."""
    edges = graph_figure(paused.view).data[0]
    assert list(edges.x).count(None) == sum(len(n) for n in paused.view.plan.needs.values())


@pytest.mark.parametrize("fill", [False, True])
def test_figures_show_offline(story, eventful, fill):
    """A figure's output is plotly's JSON and a table: no script, no address [ASYN-15]."""
    told = eventful if fill else story
    for figure in (
        timeline_figure(told.records, told.view),
        cost_figure(told.records, told.view),
        graph_figure(told.view, {}),
    ):
        bundle, _ = DisplayFormatter().format(figure)
        assert set(bundle) == {PLOTLY, "text/html", "text/plain"}
        text = json.dumps(bundle)
        assert "<script" not in text
        assert "http" not in text
        assert len(text) < 100_000
        assert "0x" not in bundle["text/plain"]
        assert bundle["text/html"].startswith("<table>")


def test_hostile_titles_stay_text_in_figures(story):
    """Titles, ids of runs and errors cannot become markup of a figure [REL-18]."""
    evil = '<a href="https://evil.example">$x$</a><script>'
    story.view.run = evil
    story.create().plan(wb.Step(id="a", tool="t", title=evil))
    story.add(e.RunStarted())
    story.intend("a")
    story.add(e.CallFailed(step="a", attempt=1, error=evil))
    for figure in (
        timeline_figure(story.records, story.view),
        graph_figure(story.view),
        cost_figure(story.records, story.view),
    ):
        drawn = json.dumps(json.loads(figure.to_json()))  # plotly writes `<` as an escape
        text = drawn + figure._repr_html_()
        assert "<a " not in text
        assert "<script" not in text
        assert "$x$" not in drawn


def test_a_figure_is_a_plotly_figure(eventful):
    """A figure can be changed, copied and pickled like any other [RUNT-4]."""
    import pickle

    from plotly import graph_objects as go

    figure = timeline_figure(eventful.records, eventful.view)
    figure.update_layout(height=300)
    assert go.Figure(figure).layout.height == 300
    assert pickle.loads(pickle.dumps(figure)).layout.height == 300
    assert "load sales.csv" in repr(figure)


def test_reports_import_pandas_and_plotly_late():
    """Importing the reports imports neither pandas nor plotly [HARN-2]."""
    import subprocess
    import sys

    code = "import workbench.report, sys; print({'pandas', 'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
