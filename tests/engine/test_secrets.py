"""Secrets: for one person, tool and call; and never in anything that is kept or shown."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.engine.harness import Lab, World, eventually, plan
from workbench.credentials import keys, path_of
from workbench.errors import NotFound, ToolError
from workbench.feed import Feed
from workbench.host.notices import asking_of
from workbench.oversight.terms import as_json, declared_row
from workbench.report import event_text, run_html, run_text
from workbench.tools.inject import SecretValue
from workbench.tools.masking import Mask
from workbench.widgets.show import mimebundle

CANARY = 'kanarie-"7/f2k9+qx\u00e9'
Token = wb.Secret["token"]


class Watcher(wb.BuiltinPlanner):
    """A planner that keeps what it is shown, as a model's input."""

    def __init__(self) -> None:
        super().__init__(workspace=Path("/"))
        self.seen: list[Any] = []

    async def propose(self, context: Any, *more: Any, **named: Any) -> Any:
        self.seen.append(context)
        return await super().propose(context, *more, **named)


def everything(run: wb.Run, folder: Path) -> str:
    """All that is kept or shown of a run, as one text."""
    shown = [run_text(run.view), run_html(run.view), repr(mimebundle(run)), repr(run.results)]
    shown += [event_text(record) for record in run.events()]
    shown += [record.event.model_dump_json() for record in run.events()]
    frames = (run.trace(), run.audit(), run.audit(events=True), run.bench.audit())
    more = (run.rights_report(), run.leftovers_report(), run.forecast(), run.bench.overview())
    shown += [frame.to_csv() for frame in (*frames, *more)]
    shown += [sent(run), repr(run.view), repr(run.bench)]
    run.bench.export_audit(folder / "audit.jsonl")
    shown += [file.read_bytes().decode("latin-1") for file in folder.iterdir() if file.is_file()]
    return "\n".join(shown)


def sent(run: wb.Run) -> str:
    """All that a page and a hook are sent of a run as it stands now, and what a note says."""
    bench = run.bench
    batch = Feed(bench.journal, run.id, bench.tool_map(), bench.clock, bench.stakes_of).full()
    asked = [asking_of(run.id, one, bench.risks()) for one in run.view.open_requests]
    rows = [declared_row(tool) for tool in bench.tools]
    terms = as_json(bench._parts, bench.viewer, bench.agent, bench.on_behalf_of, ())
    return (
        json.dumps([batch, rows, terms], ensure_ascii=False) + repr(asked) + repr(run.questions())
    )


def leaks(text: str) -> list[str]:
    """The forms of the canary in a text, also as its bytes read in another way."""
    forms = [form for form, _ in Mask([SecretValue("token", CANARY)])._pairs]
    forms += [form.encode().decode("latin-1") for form in forms]
    return [form for form in forms if form in text]


def loud(world: World) -> list[wb.Tool]:
    """Tools that give their secret away in every way they can."""

    @wb.tool(effect="irreversible")
    def prints(token: Token) -> str:
        sys.stdout.write("halves " + token.reveal()[:7])
        sys.stdout.write(token.reveal()[7:] + " end\n")
        print("error", token.reveal(), file=sys.stderr)
        return "printed"

    @wb.tool(effect="irreversible")
    def returns(token: Token) -> dict:
        return {"echo": [f"Bearer {token.reveal()}"], token.reveal(): 1, "fine": "kept"}

    @wb.tool(effect="irreversible")
    async def returns_much(token: Token) -> str:
        return ("x" * 70_000) + token.reveal()

    @wb.tool(effect="irreversible")
    def raises(token: Token) -> str:
        raise ValueError(f"401 for https://api.example.org/?key={token.reveal()}")

    def image(token: Token) -> str:
        return f"before {token.reveal()}"

    def seen(token: Token) -> str:
        return f"would send {token.reveal()}"

    @wb.tool(effect="reversible", undo=lambda: None, before=image, preview=seen, risk="shared")
    def overwrites(token: Token) -> str:
        return token.reveal()

    @wb.tool(effect="irreversible", runs_in="process")
    def elsewhere(token: Token) -> str:
        print("in a process:", token.reveal())
        return token.reveal()

    return [prints, returns, returns_much, raises, overwrites, elsewhere]


def test_a_canary_is_found_nowhere(lab: Lab, world: World, tmp_path: Path, capfd, caplog) -> None:
    """Tools print, return and raise their secret, and show it in previews and images: no journal,
    artifact, trace, export, log, output, page, notice, planner input or error has it
    [AUTH-13, REL-14]."""
    caplog.set_level(logging.DEBUG)
    tools, planner = loud(world), Watcher()
    steps = [wb.Step(id=tool.name, tool=tool.name, args={}) for tool in tools]
    bench = lab.bench(
        *tools,
        secrets={"token": CANARY},
        policy=wb.Policy(),
        planner=planner,
        on_behalf_of="ada",
    )
    run = bench.start(plan=plan(*steps), on_failure="continue")
    answered: set[str] = set()
    pages: list[str] = []
    while run.wait_until("waiting") == "waiting":
        for request in run.inbox:
            assert CANARY not in request.view.model_dump_json()
            answered.add(request.tool)
            pages.append(sent(run))
            request.approve()
    with pytest.raises(wb.errors.RunFailed) as failed:
        run.wait(20)
    assert len(answered) == len(steps)
    assert run.output("returns")["fine"] == "kept"
    assert run.output("returns")["echo"] == ["Bearer <secret token>"]
    assert run.output("returns_much").endswith("x<secret token>")
    assert run.output("overwrites") == run.output("elsewhere") == "<secret token>"
    printed = "".join(capfd.readouterr())
    assert "halves <secret token> end" in printed
    assert "in a process: <secret token>" in printed
    for text in (
        everything(run, tmp_path),
        "".join(pages),
        printed,
        caplog.text,
        repr(planner.seen),
        f"{failed.value!r} {failed.value} {failed.value.exceptions!r}",
    ):
        assert leaks(text) == []


LOUD = '''
import sys

import workbench as wb


@wb.tool(effect="irreversible")
def tells(token: wb.Secret["token"]) -> str:
    """Tell it in every way."""
    print("here it is:", token.reveal())
    print("and here:", token.reveal(), file=sys.stderr)
    return token.reveal()


@wb.tool(effect="irreversible")
def fails(token: wb.Secret["token"]) -> str:
    """Fail with it."""
    raise ValueError(token.reveal())


tools = [tells, fails]
'''


@pytest.mark.crash
def test_a_run_in_a_process_of_its_own_tells_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detached run takes its secret from its environment: neither its log, nor the journal and
    the files beside it, nor what the starting process shows has it [AUTH-13]."""
    (tmp_path / "loud_tools.py").write_text(LOUD)
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(tmp_path)]))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TOKEN", CANARY)
    options = {"planner": None, "tools_from": ["loud_tools:tools"], "rule_files": ()}
    steps = [wb.Step(id=name, tool=name) for name in ("tells", "fails")]
    policy = wb.Policy(allow=["tells", "fails"])
    with wb.Workbench(tmp_path / "runs.db", policy=policy, **options) as bench:
        run = bench.start(plan=plan(*steps), mode="detached", on_failure="continue")
        assert run.wait_until("failed", timeout_s=60) == "failed"
        assert run.output("tells") == "<secret token>"
        log = tmp_path / f"runs.db.{run.id}.log"
        end = time.monotonic() + 20
        while "here it is: <secret token>" not in log.read_text():
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        assert leaks(everything(run, tmp_path)) == []
    del sys.modules["loud_tools"]


def test_two_tools_of_one_provider_have_their_own(lab: Lab, world: World) -> None:
    """Each tool gets the secret of its own scope for the person it acts for, and neither the
    other's, nor another person's [REL-14]."""
    got: dict[str, str] = {}

    @wb.tool(effect="read")
    def read_mail(token: Token) -> str:
        got["read"] = token.reveal()
        return "read"

    @wb.tool(effect="read")
    def list_mail(token: Token) -> str:
        got["list"] = token.reveal()
        return "listed"

    secrets = {("ada", "read_mail", "token"): "for-reading", ("bob", "list_mail", "token"): "bobs"}
    tools = [read_mail, list_mail]
    bench = lab.bench(*tools, secrets=secrets, on_behalf_of="ada")
    run = bench.start(plan=plan(wb.Step(id="a", tool="read_mail", args={})))
    run.wait(20)
    other = bench.start(plan=plan(wb.Step(id="a", tool="list_mail", args={})))
    eventually(other, lambda view: view.state == "paused")
    assert "needs the secret 'token'" in other.view.reason
    assert got == {"read": "for-reading"}
    other.stop()


def test_the_most_specific_key_counts() -> None:
    """Person and tool, then tool, then person, then the name; for one key the order of the
    sources [REL-14]."""
    everywhere = {
        "token": "by name",
        ("send", "token"): "by tool",
        ("ada", "*", "token"): "by person",
        ("ada", "send", "token"): lambda: "exact",
    }
    secrets = wb.Secrets({"token": "first source"}, everywhere)
    assert secrets.find("ada", "send", "token") == "exact"
    assert secrets.find("bob", "send", "token") == "by tool"
    assert secrets.find("ada", "other", "token") == "by person"
    assert secrets.find("bob", "other", "token") == "first source"
    assert secrets.find("ada", "send", "unknown") is None
    assert [path_of(key) for key in keys("p", "t", "n")] == ["p/t/n", "t/n", "p/*/n", "n"]
    assert "exact" not in repr(secrets)


def test_the_environment_can_be_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """`SEND__TOKEN` is for one tool, `TOKEN` for all [REL-14]."""
    monkeypatch.setenv("SEND__TOKEN", "for send")
    monkeypatch.setenv("TOKEN", "for all")
    secrets = wb.Secrets(wb.Secrets.environment())
    assert secrets.find("ada", "send", "token") == "for send"
    assert secrets.find("ada", "other", "token") == "for all"


def test_a_file_must_be_private(lab: Lab, world: World, tmp_path: Path) -> None:
    """A file of secrets is read at each call; one that others can read makes the run pause and
    name it, and once it is mended the run goes on [AUTH-13]."""
    got: list[str] = []

    @wb.tool(effect="read")
    def use(token: Token) -> str:
        got.append(token.reveal())
        return "used"

    file = tmp_path / "secrets.env"
    file.write_text("# mine\nother/token=no\nexport use/token = 'for \"use\"'\ntoken=any\n")
    file.chmod(0o644)
    bench = lab.bench(use, secrets=wb.Secrets(wb.Secrets.file(file)))
    run = bench.start(plan=plan(wb.Step(id="a", tool="use", args={})))
    eventually(run, lambda view: view.state == "paused")
    assert f"chmod 600 {file}" in run.view.reason
    assert "for" not in got
    file.chmod(0o600)
    run.resume()
    run.wait(20)
    assert got == ['for "use"']
    file.write_text('token="changed"')
    bench.start(plan=plan(wb.Step(id="a", tool="use", args={}))).wait(20)
    assert got[-1] == "changed"
    secrets = wb.Secrets(wb.Secrets.file(file))
    for text in ('"a"b"', '"a" "b"'):
        file.write_text(f"token={text}\n")
        with pytest.raises(
            NotFound, match=r"'token' in .* is not one text in quotation marks"
        ) as bad:
            secrets.find("ada", "use", "token")
        assert text not in str(bad.value)
    file.write_text('token="a\\"b"\n')
    assert secrets.find("ada", "use", "token") == 'a"b'
    with pytest.raises(NotFound, match="cannot be read"):
        wb.Secrets(wb.Secrets.file(tmp_path / "none")).find("ada", "use", "token")


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give the real keyring package with a backend that keeps passwords in a file."""
    import keyring
    from keyrings.alt.file import PlaintextKeyring

    class InFolder(PlaintextKeyring):
        file_path = str(tmp_path / "ring.cfg")

    before = keyring.get_keyring()
    keyring.set_keyring(InFolder())
    yield keyring
    keyring.set_keyring(before)


def test_the_keyring_is_asked_by_name(lab: Lab, ring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real keyring gives a call its secret, under user names of person, tool and name: two tools
    of one provider have each their own, and another person none; without the package the error
    says what to install [AUTH-13, REL-14]."""
    got: list[str] = []

    @wb.tool(effect="read")
    def use(token: Token) -> None:
        got.append(token.reveal())

    @wb.tool(effect="read")
    def other(token: Token) -> None:
        got.append(token.reveal())

    ring.set_password("workbench", "ada/use/token", "ring-secret-7711")
    ring.set_password("workbench", "ada/other/token", "ring-secret-8822")
    secrets = wb.Secrets(wb.Secrets.keyring())
    bench = lab.bench(use, other, secrets=secrets, on_behalf_of="ada")
    steps = [wb.Step(id=name, tool=name, args={}) for name in ("use", "other")]
    bench.start(plan=plan(*steps)).wait(20)
    assert sorted(got) == ["ring-secret-7711", "ring-secret-8822"]
    ring.set_password("workbench", "ada/use/token", "changed")
    assert secrets.find("ada", "use", "token") == "changed"
    assert secrets.find("bob", "use", "token") is None
    lab.close()
    saved = b"".join(path.read_bytes() for path in lab.place.parent.glob("runs.db*"))
    assert b"ring-secret" not in saved
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(NotFound, match=r"\[keyring\]"):
        secrets.find("ada", "use", "token")


def test_a_secret_is_dropped_after_its_call(lab: Lab, world: World) -> None:
    """A tool that keeps the secret's handle cannot use it after the call, and each call asks the
    source anew [REL-14]."""
    kept: list[SecretValue] = []
    asked: list[str] = []

    @wb.tool(effect="read")
    def keeps(token: Token) -> str:
        kept.append(token)
        return token.reveal()[:2]

    def source(name: str) -> str:
        asked.append(name)
        return f"secret-{len(asked)}"

    bench = lab.bench(keeps, secrets=source)
    steps = [wb.Step(id="a", tool="keeps", args={}), wb.Step(id="b", tool="keeps", after=["a"])]
    bench.start(plan=plan(*steps)).wait(20)
    assert len(asked) == 2
    for value in kept:
        with pytest.raises(ToolError, match="after the call"):
            value.reveal()
    assert repr(kept[0]) == "<secret token>"


def test_short_secrets_do_not_garble_outputs(lab: Lab, world: World) -> None:
    """A secret of three characters is not looked for: it would be found in any text [AUTH-13]."""

    @wb.tool(effect="read")
    def use(token: Token) -> str:
        return "an ordinary text"

    run = lab.bench(use, secrets={"token": "ord"}).start(plan=plan(wb.Step(id="a", tool="use")))
    assert run.wait(20) == "an ordinary text"


def test_bytes_that_hold_a_secret_are_refused(lab: Lab, world: World) -> None:
    """A table with a secret in a cell cannot be masked: it is refused by name [AUTH-13]."""

    @wb.tool(effect="read")
    def table(token: Token) -> pd.DataFrame:
        return pd.DataFrame({"header": [f"Bearer {token.reveal()}"]})

    run = lab.bench(table, secrets={"token": "kanarie-table"}).start(
        plan=plan(wb.Step(id="a", tool="table"))
    )
    with pytest.raises(wb.errors.RunFailed, match="holds a secret: <secret token>"):
        run.wait(20)
