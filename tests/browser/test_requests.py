"""What waits for the person: allowing, refusing, editing, and settling a doubt."""

from __future__ import annotations

import pytest

from tests.browser.lab import Notebook, expect, open_gate

MAIL = "step('mail', 'send_mail', 'mail the report', to='boss@example.org', body={body!r})"


@pytest.fixture
def asked(notebook: Notebook, start, request) -> str:
    """Start a run that asks before it sends a mail; gives the run's id."""
    body = request.node.name
    run = start(
        f"step('sum', 'add', a=1, b=2), {MAIL.format(body=body)}, step('end', 'say', text='x')"
    )
    expect(notebook.at("request")).to_have_count(1)
    expect(notebook.widget).to_have_attribute("data-state", "waiting")
    return run


def mails(notebook: Notebook, body: str) -> list[str]:
    """Give the mails that went out with this text."""
    path = notebook.folder / "mails.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line for line in lines if body in line]


def events(bench, run: str, kind: str) -> list:
    """Give the events of one kind."""
    return [record.event for record in bench.look(run).events() if record.kind == kind]


def test_a_mail_is_sent_by_two_deliberate_presses(
    notebook: Notebook, asked: str, journal, request
) -> None:
    """What is public and cannot be undone takes two presses with a pause between; the focus never
    goes there, Enter never allows it, and the journal says who allowed what [AUTH-7 begun]."""
    approve, confirm = notebook.at("approve"), notebook.at("confirm")
    card = notebook.at("request")
    expect(card).to_contain_text("outward, cannot be undone")
    expect(card).to_contain_text("boss@example.org")
    notebook.picture("request")
    expect(approve).not_to_be_focused()
    approve.focus()
    notebook.page.keyboard.press("Enter")
    expect(confirm).to_have_count(0)
    approve.click()
    expect(confirm).to_have_attribute("aria-disabled", "true")
    expect(confirm).not_to_be_focused()
    confirm.click(force=True)
    notebook.picture("request-confirm")
    expect(confirm).not_to_have_attribute("aria-disabled", "true")
    confirm.focus()
    notebook.page.keyboard.press("Enter")
    assert mails(notebook, request.node.name) == []
    confirm.click()
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    expect(card).to_have_count(0)
    assert mails(notebook, request.node.name) == [f"boss@example.org: {request.node.name}"]
    with journal(notebook) as bench:
        (answer,) = events(bench, asked, "request.answered")
        (opened,) = events(bench, asked, "request.opened")
        sent = events(bench, asked, "call.intended")[1]
    assert (answer.by, answer.surface, answer.verdict) == ("person", "widget", "approve")
    assert sent.args_digest == opened.args_digest
    assert sent.allowed_by == "answer of person"


def test_a_refusal_carries_its_reason(notebook: Notebook, asked: str, journal, request) -> None:
    """Refuse asks why and what then; nothing is sent, and reason and person are in the journal
    [HARN-15] [AUTH-7 begun]."""
    notebook.press("refuse")
    notebook.at("refuse-reason").fill("The numbers are not final.")
    notebook.press("refuse-stop")
    notebook.picture("request-refuse")
    notebook.press("refuse-confirm")
    expect(notebook.widget).to_have_attribute("data-state", "stopped")
    expect(notebook.at("step-mail")).to_have_attribute("data-state", "denied")
    assert mails(notebook, request.node.name) == []
    with journal(notebook) as bench:
        (answer,) = events(bench, asked, "request.answered")
    assert (answer.verdict, answer.reason, answer.then) == (
        "deny",
        "The numbers are not final.",
        "stop",
    )


def test_refuse_and_freeze_is_seen_in_every_run(notebook: Notebook, asked: str, journal) -> None:
    """The form says what is frozen before it is pressed; then the run is held, the freeze stands
    above its plan, and another run is held where it would ask about its mail; lifted there like any
    other, that one goes on [REL-4, COMP-10]."""
    notebook.press("refuse")
    notebook.at("refuse-reason").fill("no mail today")
    notebook.press("refuse-freeze")
    expect(notebook.at("refuse-does")).to_contain_text("no run of this journal calls send_mail")
    notebook.picture("refuse-freeze")
    notebook.press("refuse-confirm")
    expect(notebook.widget).to_have_attribute("data-state", "paused")
    expect(notebook.at("frozen")).to_contain_text("not send_mail. no mail today by you")
    other = f"bench.start(plan=chain({MAIL.format(body='other')}), key='other')"
    assert notebook.python(f"{other}.wait_until('paused')") == "paused"
    notebook.press("lift", "lift-confirm")
    expect(notebook.at("frozen")).to_have_count(0)
    notebook.python(f"{other}.resume()")
    assert notebook.python(f"{other}.wait_until('waiting')") == "waiting"
    notebook.python(f"{other}.stop()")
    with journal(notebook) as bench:
        (answer,) = events(bench, asked, "request.answered")
        stood = {one.id: one.by for one in bench.rules.history()}
    assert (answer.then, stood[answer.rule_id]) == ("freeze", "person")


def test_refusing_and_going_on_skips_what_needs_it(notebook: Notebook, asked: str) -> None:
    """After a refusal the run can go on without the step; what needs it is left out [HARN-15]."""
    notebook.press("refuse", "refuse-confirm")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    expect(notebook.at("step-mail")).to_have_attribute("data-state", "denied")
    expect(notebook.at("step-end")).to_have_attribute("data-state", "skipped")
    notebook.picture("refused")


def test_edited_arguments_are_what_is_done(
    notebook: Notebook, asked: str, journal, request
) -> None:
    """Arguments edited in the request are the ones that are used, and the approval covers exactly
    those [AUTH-7 begun] [PLAN-9]."""
    notebook.press("edit-request")
    notebook.at("arg-to").fill("team@example.org")
    expect(notebook.at("approve")).to_contain_text("as edited")
    notebook.picture("request-edit")
    notebook.press("approve")
    expect(notebook.at("confirm")).not_to_have_attribute("aria-disabled", "true")
    notebook.press("confirm")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert mails(notebook, request.node.name) == [f"team@example.org: {request.node.name}"]
    with journal(notebook) as bench:
        sent = events(bench, asked, "call.intended")[1]
        (opened,) = events(bench, asked, "request.opened")
    assert sent.args.value["to"] == "team@example.org"
    assert sent.args_digest != opened.args_digest


def test_an_answer_from_a_cell_takes_the_card_away(notebook: Notebook, asked: str, request) -> None:
    """The first answer counts, whichever way it comes; the card goes at once, half pressed or not
    [AUTH-7 begun]."""
    notebook.press("approve")
    expect(notebook.at("confirm")).to_have_count(1)
    notebook.add("run.inbox[0].deny('by a cell')")
    expect(notebook.at("request")).to_have_count(0)
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert mails(notebook, request.node.name) == []


def test_a_plan_edit_makes_the_question_moot(notebook: Notebook, asked: str, request) -> None:
    """When the step is edited its request goes, and the changed step asks again, with the arguments
    that it has now [AUTH-7 begun] [PLAN-10]."""
    notebook.press("edit-plan", "draft-open-mail")
    notebook.at("draft").get_by_test_id("arg-to").fill("all@example.org")
    notebook.press("apply")
    expect(notebook.at("request")).to_have_count(0)
    notebook.press("resume")
    expect(notebook.at("request")).to_contain_text("all@example.org")
    assert mails(notebook, request.node.name) == []


def test_what_costs_money_takes_the_amount_typed(notebook: Notebook, start, journal) -> None:
    """A costly step is allowed by typing its amount [AUTH-7 begun]."""
    run = start("step('buy', 'order', 'order paper', item='paper', usd=12.5)")
    notebook.press("approve")
    amount = notebook.at("confirm-amount")
    shown = amount.get_attribute("placeholder") or ""
    amount.fill("1")
    expect(notebook.at("confirm")).to_have_attribute("aria-disabled", "true")
    amount.fill(shown)
    expect(notebook.at("confirm")).not_to_have_attribute("aria-disabled", "true")
    notebook.picture("request-amount")
    amount.press("Enter")
    expect(notebook.widget).to_have_attribute("data-state", "waiting")
    notebook.press("confirm")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    assert float(shown) == 12.5
    with journal(notebook) as bench:
        assert bench.look(run).usage["usd"] == 12.5


def test_a_doubt_is_settled_by_a_choice(notebook: Notebook, start, journal) -> None:
    """A call that may have happened is shown as in doubt, never as done, and asks what is true; the
    choice is what the run goes on with [PLAN-13] [CONC-8]."""
    run = start(
        "step('fax', 'fax', 'fax it', text='hello', gate='fax'), step('end', 'say', text='x')"
    )
    expect(notebook.at("step-fax")).to_have_attribute("data-state", "in_doubt")
    card = notebook.at("request")
    expect(card).to_have_attribute("data-kind", "doubt")
    expect(card).to_contain_text("no answer within 0.1 s")
    expect(notebook.at("refuse")).to_have_count(0)
    expect(notebook.at("step-end")).to_have_attribute("data-state", "pending")
    notebook.picture("doubt")
    open_gate(notebook, "fax")
    notebook.press("choice-done")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    expect(notebook.at("step-fax")).to_have_attribute("data-state", "succeeded")
    with journal(notebook) as bench:
        kinds = [record.kind for record in bench.look(run).events() if record.step == "fax"]
    assert kinds.count("call.intended") == 1
    assert "call.confirmed" in kinds


def test_what_is_final_lists_its_objects_and_takes_two_steps(
    notebook: Notebook, start, journal
) -> None:
    """A final step lists what it is done to; the first press only arms it, the second one stands
    elsewhere, is dead for a while, and neither is on Enter [REL-1] [REL-3] [REL-12]."""
    (notebook.folder / "things.txt").write_text("old a\nold b\nnew\n")
    run = start("step('drop', 'drop', 'delete unused', text='old')")
    card = notebook.at("request")
    expect(card).to_have_attribute("data-gate", "two_step")
    for item in (
        "old a",
        "old b",
        "2 objects",
        "cannot be undone",
        "none declared",
        "irreversible",
    ):
        expect(card).to_contain_text(item)
    notebook.at("approve").press("Enter")
    notebook.press("approve")
    expect(notebook.at("armed")).to_contain_text("Armed")
    expect(notebook.at("confirm")).to_have_attribute("aria-disabled", "true")
    notebook.picture("request-armed")
    expect(notebook.at("confirm")).not_to_have_attribute("aria-disabled", "true")
    notebook.at("confirm").press("Enter")
    expect(notebook.widget).to_have_attribute("data-state", "waiting")
    notebook.press("confirm")
    expect(notebook.widget).to_have_attribute("data-state", "succeeded")
    with journal(notebook) as bench:
        (armed,) = events(bench, run, "request.armed")
        assert armed.surface == "widget"


def test_what_is_alike_is_answered_in_one_go(notebook: Notebook, start, journal) -> None:
    """Requests of one light class stand together, each can be taken out, and each has an answer of
    its own [REL-9]."""
    steps = [f"wb.Step(id='s{n}', tool='share', args={{'text': 't{n}'}})" for n in range(4)]
    notebook.add(f"run = bench.start(plan=wb.Plan(goal='Share', steps=[{', '.join(steps)}]))\nrun")
    expect(notebook.widget).to_have_attribute("data-live", "true")
    run = notebook.widget.get_attribute("data-run") or ""
    expect(notebook.at("batch-approve")).to_contain_text("4 of 4")
    notebook.at("batch-s1").uncheck()
    expect(notebook.at("batch-approve")).to_contain_text("3 of 4")
    notebook.picture("batch")
    notebook.press("batch-approve")
    expect(notebook.at("request")).to_contain_text("t1")
    with journal(notebook) as bench:
        answers = events(bench, run, "request.answered")
        assert sorted(answer.step for answer in answers) == ["s0", "s2", "s3"]
    notebook.press("refuse", "refuse-stop", "refuse-confirm")
    expect(notebook.widget).to_have_attribute("data-state", "stopped")


def test_a_word_on_a_step_comes_back_as_a_difference_and_only_that_asks_again(
    notebook: Notebook, journal
) -> None:
    """A comment on one of two steps that ask is said in the view; the planner's revision is shown
    as a difference while the run is held, and after that only the changed step asks anew: the other
    question is the same one. A step is refused, and what the planner gives instead asks. Each row
    of the trace takes one line, also that of the planner [PLAN-10] [REL-24]."""
    notebook.add(
        "planned = wb.Workbench('planned.db', tools=TOOLS, planner=Obliging())\n"
        "run = planned.start(plan=wb.Plan(goal='Two to ask', steps=[\n"
        "    step('mail', 'send_mail', to='a@example.org', body='hello'),\n"
        "    step('two', 'share', text='a long text')]))\nrun"
    )
    open_ones = "{one.step: one.id for one in run.inbox}"
    expect(notebook.at("request")).to_have_count(2)
    before = notebook.python(open_ones)
    notebook.press("step-two", "comment-step")
    notebook.at("comment-text").fill("short")
    notebook.picture("comment")
    notebook.press("comment-confirm")
    expect(notebook.at("changes")).to_have_attribute("data-held", "true")
    expect(notebook.at("changed-two")).to_contain_text('text "a long text" "short"')
    assert notebook.python(open_ones) == {"mail": before["mail"]}
    notebook.picture("revised")
    notebook.press("resume")
    expect(notebook.at("request")).to_have_count(2)
    after = notebook.python(open_ones)
    assert after["mail"] == before["mail"]
    assert after["two"] != before["two"]
    notebook.press("refuse-step")
    notebook.at("refuse-step-text").fill("nobody reads it")
    notebook.press("refuse-step-confirm")
    expect(notebook.at("changed-two-instead")).to_have_attribute("data-how", "added")
    expect(notebook.at("step-two")).to_have_attribute("data-state", "denied")
    notebook.press("resume")
    expect(notebook.at("step-two-instead")).to_have_attribute("data-state", "asking")
    assert notebook.python(open_ones)["mail"] == before["mail"]
    notebook.press("step-two")
    expect(notebook.widget.locator(".wb-trace")).to_contain_text("the planner obliging proposed")
    heights = "rows => rows.map(row => Math.round(row.getBoundingClientRect().height))"
    assert set(notebook.widget.locator(".wb-row").evaluate_all(heights)) == {24}
    notebook.at("terms").locator("summary").click()
    expect(notebook.at("terms")).to_contain_text("you on two: refused: nobody reads it")
    notebook.at("decide-subject").fill("length")
    notebook.at("decide-choice").fill("short")
    notebook.press("decide-confirm")
    expect(notebook.at("decisions")).to_contain_text("length: short")
    assert notebook.python("[(d.by, d.choice) for d in run.decisions]") == [["person", "short"]]
    notebook.at("autonomy-choice").select_option("read_only")
    notebook.press("autonomy-set")
    expect(notebook.at("autonomy")).to_have_attribute("data-autonomy", "read_only")
    notebook.press("stop", "stop-pointless", "stop-confirm")
    expect(notebook.widget).to_have_attribute("data-state", "abandoned")
