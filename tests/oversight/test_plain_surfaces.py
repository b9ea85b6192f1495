"""What a plain viewer is shown where a person looks: inbox, widget, side panel, saved notebook."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, step
from workbench.errors import CommandRefused, WorkbenchError
from workbench.feed import Feed
from workbench.lookback import WITHHELD
from workbench.notify import Asking
from workbench.oversight.terms import as_json, declared_row
from workbench.policy import Rights
from workbench.server.journals import Journals
from workbench.server.looking import Looking
from workbench.whereabouts import journal_id, leave_note
from workbench.widgets.run_widget import RunWidget
from workbench.widgets.saved import SAVED_RUN

SECRETS = ("wire_transfer", "AT-611904", "account", "no room", "paid-out-77")
"""What only an operator may read: the tool, its arguments, its errors and its output."""


@wb.tool(effect="irreversible", risk="costly", preview=lambda account, **_: f"pays {account}")
def wire_transfer(account: str, usd: float) -> str:
    """Send money from an account."""
    if usd < 1:
        raise ValueError(f"no room on {account}")
    return f"paid-out-77 {account}"


def pay(name: str, usd: float, **more: Any) -> wb.Step:
    """Make a step that sends money."""
    args = {"account": "AT-611904", "usd": usd}
    title = f"Pay AT-611904 by {name}"
    return wb.Step(id=name, tool="wire_transfer", title=title, args=args, **more)


@pytest.fixture
def run(lab: Lab, world: World) -> str:
    """Make a run with a failed, a finished, a changed and an open call of a tool that is hidden."""
    bench = lab.bench(wire_transfer, policy=wb.Policy())
    late = pay("late", 9.0, after=["a"])
    gone = pay("gone", 9.0, after=["late"])
    last = step("last", "send", after=["paid"])
    steps = [pay("bad", 0.5), pay("paid", 9.0), step("a"), late, gone, last]
    made = bench.start(
        plan=wb.Plan(goal="use wire_transfer once", steps=steps),
        on_failure="continue",
        rules=[wb.Rule("ask", "wire_transfer", where={"account": "AT-611904"})],
    )
    eventually(made, lambda view: len(view.open_requests) == 3)
    for request in made.inbox:
        if request.step in ("bad", "paid"):
            request.approve()
    eventually(made, lambda view: {r.opened.step for r in view.open_requests} == {"late", "last"})
    with made.editing(reason="no more wire_transfer") as draft:
        draft.remove("gone")
    made.resume()
    eventually(made, lambda view: view.state == "waiting")
    lab.close()
    return made.id


@pytest.fixture
def notes(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let notes of kernels lie in a folder of this test."""
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder))


def look(lab: Lab, run: str, **options: Any) -> wb.Run:
    """Take hold of the run with a workbench whose principal may only think and send."""
    rights = Rights(person=(wb.Grant("think"), wb.Grant("send")))
    return lab.bench(wire_transfer, rights=rights, policy=wb.Policy(), **options).look(run)


def leave(run: wb.Run) -> Looking:
    """Leave the note that a kernel leaves, and look as the Jupyter server does."""
    bench, place = run.bench, run.bench.journal.path
    assert place is not None
    rows = [declared_row(tool) for tool in bench.tools]
    who = (bench.viewer, bench.agent, bench.on_behalf_of)
    leave_note(place, rows, as_json(bench._parts, *who, ()))
    return Looking(Journals(None))


def silent(*shown: Any) -> bool:
    """Say whether none of the secrets is in what is shown."""
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in shown)
    return not [secret for secret in SECRETS if secret in text]


def test_the_inbox_of_a_plain_viewer_names_no_hidden_tool(lab: Lab, run: str) -> None:
    """`bench.inbox` and `run.inbox` say that a call of a tool that is not shown waits, and nothing
    of it; what is known is shown whole; the operator reads all [REL-13, ASYN-11]."""
    plain, operator = look(lab, run, viewer="plain"), look(lab, run)
    for inbox in (plain.bench.inbox, plain.inbox):
        texts = [t for one in inbox for t in (repr(one), str(one), one._repr_html_())]
        texts += [str(one.facts) for one in inbox] + [str(one.args) for one in inbox]
        assert silent(repr(inbox), *texts)
        assert sorted(one.tool for one in inbox) == ["(a tool that is not shown)", "send"]
        assert next(one for one in inbox if one.tool == "send").args == {"name": "last"}
    assert "AT-611904" in "".join(map(str, operator.bench.inbox))


def test_who_may_not_know_a_call_cannot_answer_it(lab: Lab, run: str) -> None:
    """A plain viewer's answer to what they are not shown is refused and says who can; the operator
    answers it [REL-13, AUTH-7]."""
    plain = look(lab, run, viewer="plain")
    hidden = next(one for one in plain.inbox if one.step == "late")
    for answer in (hidden.approve, hidden.deny, hidden.arm):
        with pytest.raises(CommandRefused, match="not shown here"):
            answer()
    request = next(one for one in look(lab, run).inbox if one.step == "late")
    assert request.view.opened.token
    with pytest.raises(WorkbenchError, match=r"takes one of 'operator', 'plain', not"):
        lab.bench(viewer="everyone")


def test_text_html_and_frames_are_the_viewers_own(lab: Lab, run: str) -> None:
    """A workbench for a plain viewer shows its runs so everywhere by default: as text, as the saved
    notebook's HTML, in lists and frames [REL-13]."""
    plain = look(lab, run, viewer="plain")
    shown = [repr(plain), str(plain), plain.html(), *plain.questions()]
    shown += [plain.trace().to_csv(), plain.audit().to_csv(), plain.bench.runs().to_csv()]
    shown += [plain.bench.overview().to_csv(), plain.bench.audit().to_csv()]
    forms, _ = plain._repr_mimebundle_()
    assert silent(*shown, *(str(form) for form in forms.values()))
    assert "a tool that is not shown" in str(plain)
    assert "AT-611904" in plain.text(viewer="operator")
    assert "wire_transfer" in str(look(lab, run))


def test_the_widget_of_a_plain_viewer_is_sent_no_hidden_tool(lab: Lab, run: str) -> None:
    """No batch, header or tool row of the widget's feed holds anything of a hidden call, however
    old, and no token to answer it; the operator's has all of it [REL-13]."""
    plain = look(lab, run, viewer="plain")
    bench = plain.bench
    feed = Feed(
        bench.journal, run, bench.tool_map(), bench.clock, bench.stakes_of, visible=bench.visible
    )
    bench.rules.add(wb.Rule("deny", "wire_transfer", freeze=True, why="no wire_transfer"))
    header, full = feed.header(), feed.full()
    assert silent(header, full)
    assert [row["tool"] for row in full["frozen"]] == ["(a tool that is not shown)"]
    steps = {row["id"]: row for row in full["steps"]}
    assert steps["late"]["tool"] == "(a tool that is not shown)"
    assert (steps["last"]["tool"], steps["last"]["args"]) == ("send", {"name": "last"})
    tokens = {row["step"]: bool(row["token"]) for row in full["requests"]}
    assert tokens == {"late": False, "last": True}
    kinds = [row["kind"] for row in full["trace"] if row["step"] == "paid"]
    assert {"call.intended", "call.succeeded"} <= set(kinds)
    operator = json.dumps(Feed(bench.journal, run, bench.tool_map(), bench.clock).full())
    assert all(secret in operator for secret in SECRETS)


def test_a_plain_viewer_is_told_nothing_of_the_past_and_reads_why(
    lab: Lab, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every question about the past, changes and terms of a run is refused in the widget of a plain
    viewer with a sentence that says who can look; the operator's is answered [REL-13]."""
    questions = [
        {"about": "places"},
        {"about": "place", "seq": 1},
        {"about": "undo", "seq": 1},
        {"about": "compare", "other": run},
        {"about": "changes", "number": 2},
        {"about": "terms"},
    ]
    told: dict[str, list[dict[str, Any]]] = {"plain": [], "operator": []}
    for viewer, said in told.items():
        widget = RunWidget(look(lab, run, viewer=viewer))
        monkeypatch.setattr(widget, "send", said.append)
        for number, asked in enumerate(questions):
            widget._tell(number, asked)
        widget.close()
    assert [(one["answer"], one["error"]) for one in told["plain"]] == [(None, WITHHELD)] * 6
    assert "viewer='operator'" in WITHHELD
    assert [one["error"] for one in told["operator"]] == [None] * 6
    (removed,) = told["operator"][4]["answer"]["steps"]
    assert (removed["step"], removed["how"]) == ("gone", "removed")


def test_a_plain_viewer_saves_no_picture(
    lab: Lab, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook of a plain viewer keeps the run as text and page without anything of a hidden
    call, and no picture; an operator's keeps a picture, too [REL-13] [ASYN-15]."""
    monkeypatch.setattr("workbench.widgets.show.in_kernel", lambda: True)
    forms, metadata = look(lab, run, viewer="plain")._repr_mimebundle_()
    assert silent(forms, metadata)
    assert SAVED_RUN not in metadata
    assert "a tool that is not shown" in forms["text/html"]
    _, metadata = look(lab, run)._repr_mimebundle_()
    assert "wire_transfer" in json.dumps(metadata[SAVED_RUN])


def test_following_batches_are_silent_too(lab: Lab, run: str) -> None:
    """What a plain viewer's page is sent later, also after it was cut off, names nothing, and says
    as much of what they may know [REL-13]."""
    operator = look(lab, run).bench.open(run)
    bench = operator.bench
    feed = Feed(bench.journal, run, bench.tool_map(), bench.clock, visible=bench.visible)
    first = feed.full()
    again = Feed(bench.journal, run, bench.tool_map(), bench.clock, visible=bench.visible)
    assert again.begin_behind(first["n"], feed.seq)
    next(one for one in operator.inbox if one.step == "late").deny("account AT-611904 is closed")
    next(one for one in operator.inbox if one.step == "last").approve()
    eventually(operator, lambda view: view.final)
    for one in (feed, again):
        rows: list[Any] = []
        while (batch := one.next()) is not None:
            assert silent(batch)
            rows += batch["trace"]
        assert any(row["step"] == "last" and row["kind"] == "call.succeeded" for row in rows)
        assert any(row["step"] == "late" for row in rows)


@pytest.mark.usefixtures("notes")
def test_the_panel_of_a_plain_viewer_names_no_hidden_tool(lab: Lab, run: str) -> None:
    """Every list and row that the server gives to who may not see all is silent about hidden tools,
    by the rights that the kernel's note says; who may see all is shown all [REL-13]."""
    looking = leave(look(lab, run))
    journal = looking.list_journals()[0]["id"]
    for sees_all in (False, True):
        shown = [
            looking.list_runs(10, sees_all=sees_all),
            looking.inbox(sees_all=sees_all),
            looking.feed(journal, run, sees_all=sees_all).full(),
            looking.trace(journal, run, 0, 1000, sees_all=sees_all),
            looking.trace(journal, run, 9, 3, sees_all=sees_all),
            looking.said(CommandRefused("no wire_transfer"), journal, run, sees_all=sees_all),
        ]
        assert [silent(one) for one in shown] == [not sees_all] * len(shown)
    assert "send" in json.dumps(looking.inbox(sees_all=False))
    looking.journals.close()


@pytest.mark.usefixtures("notes")
def test_a_workbench_for_a_plain_viewer_is_plain_in_the_panel(lab: Lab, run: str) -> None:
    """`Workbench(viewer="plain")` holds in the panel as well, whoever looks [REL-13]."""
    looking = leave(look(lab, run, viewer="plain"))
    journal = looking.list_journals()[0]["id"]
    assert silent(looking.list_runs(10), looking.inbox(), looking.feed(journal, run).full())
    looking.journals.close()


@pytest.mark.usefixtures("notes")
@pytest.mark.parametrize("said", ["nothing", "another principal", "nonsense"])
def test_of_an_unknown_principal_nothing_is_named(lab: Lab, run: str, said: str) -> None:
    """Where nobody has said what a run's principal may know, who may not see all is shown no tool
    at all; a note that makes no sense says nothing [REL-13]."""
    made = look(lab, run)
    bench, place = made.bench, made.bench.journal.path
    assert place is not None
    terms = as_json(bench._parts, "operator", "somebody", "else", ())
    broken = {"agent": bench.agent, "person": bench.on_behalf_of, "rights": "all"}
    given = {"nothing": None, "another principal": terms, "nonsense": broken}[said]
    leave_note(place, [declared_row(tool) for tool in bench.tools], given)
    looking = Looking(Journals(None))
    inbox = looking.inbox(sees_all=False)["requests"]
    assert silent(inbox)
    assert {row["tool"] for row in inbox} == {"(a tool that is not shown)"}
    assert looking.feed(journal_id(place), run, sees_all=False).full()["tools"] == []
    looking.journals.close()


def test_who_is_told_by_a_hook_is_told_of_no_hidden_tool(lab: Lab, run: str) -> None:
    """The notice that a webhook or a mail gets from a workbench for a plain viewer says that
    something waits, and nothing of a tool that the principal may not know [REL-13, ASYN-16]."""
    told: list[Asking] = []
    plain = look(lab, run, viewer="plain", notify=[told.append])
    plain.bench.open(run)
    end = time.monotonic() + 20
    while {one.tool for one in told} != {"(a tool that is not shown)", "send"}:
        assert time.monotonic() < end, told
        plain.bench.journal.turned.wait(0.05)
    assert silent(*map(repr, told))


def test_going_back_shows_no_hidden_call(lab: Lab, run: str) -> None:
    """What going back, a fork or a comparison would do, and where outputs come from, is told a
    plain viewer without tool, arguments and outputs of hidden calls, with the same outcomes; the
    operator reads all [REL-13, COMP-8]."""
    plain, operator = look(lab, run, viewer="plain"), look(lab, run)

    def told(one: wb.Run) -> list[str]:
        ways = one.fork_preview(at="start"), one.compare(one), one.provenance().to_csv()
        return [str(one.undo_preview()), *map(str, ways)]

    assert silent(*told(plain))
    assert [silent(text) for text in told(operator)] == [False] * 4
    assert plain.undo_preview().outcomes == operator.undo_preview().outcomes
    assert "a tool that is not shown" in str(plain.undo_preview())
