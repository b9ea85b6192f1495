import re
from html.parser import HTMLParser

import workbench as wb
from workbench import events as e
from workbench.report import run_html, run_text
from workbench.values import Stored

EVIL = '<script>alert(1)</script><img src=x onerror="a()"> & \'" \x1b[2J \u202e \ud800'


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


ALLOWED = {
    "section",
    "p",
    "small",
    "strong",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
ALLOWED |= {"span", "br", "ul", "li"}


def test_a_saved_run_reads_without_script(paused):
    """The fallback has states in words, unanswered requests, and a time [PLAN-17, REL-11]."""
    read = Reader(run_html(paused.view))
    assert set(read.tags) <= ALLOWED
    assert read.attributes <= {"style", "scope", "aria-hidden", "aria-label"}
    for part in (
        "✓ done",
        "○ next",
        "! waits for you",
        "unanswered: send mail",
        "boss@example.org",
    ):
        assert part in read.text
    assert "As of 2026-06-03 14:00:02 UTC" in read.text
    assert "secret-token" not in read.text


def test_screen_readers_get_headers(paused):
    """Tables have captions and header cells; icons are silent, words are not [PLAN-17]."""
    html = run_html(paused.view)
    assert html.count("<caption") == html.count("<table") == 2
    assert 'scope="col"' in html
    assert 'scope="row"' in html
    assert '<span aria-hidden="true">✓</span> done' in html


def test_hostile_text_in_every_field_is_escaped(story):
    """No text of a model, a tool or a person becomes markup, in any field [REL-18]."""
    story.view.run = EVIL
    story.create(goal=EVIL)
    story.plan(
        wb.Step(id="a", tool=EVIL, title=EVIL, why=EVIL),
        wb.Step(id="b", tool="t", title=EVIL),
        wb.Step(id="c", tool="t", title=EVIL),
        author=EVIL,
        reason=EVIL,
    )
    story.add(e.RunStarted())
    story.intend("b").succeed("b", output=Stored(value=EVIL, summary=EVIL))
    story.add(e.StepDenied(step="c", by=EVIL, reason=EVIL))
    every = {"title": EVIL, "why": EVIL, "tool": EVIL, "preview": EVIL, "if_refused": EVIL}
    story.ask("a", **every, args={EVIL: EVIL, "n": [EVIL]}, evidence={EVIL: EVIL})
    story.ask(None, about="question", choices={EVIL: EVIL}, request=EVIL, title=EVIL)
    story.add(e.RunPaused(by=EVIL, reason=EVIL))
    html = run_html(story.view)
    read = Reader(html)
    assert set(read.tags) <= ALLOWED
    assert read.attributes <= {"style", "scope", "aria-hidden", "aria-label"}
    assert read.text.count("<script>alert(1)</script>") >= 14
    assert not re.search("[\x00-\x08\x1b\u202e\ud800]", html)
    html.encode()


def test_a_long_plan_is_cut_but_not_what_matters(story):
    """Of thousands of steps the saved page and the text list some, and all that wait [ASYN-15]."""
    story.create().plan(*(wb.Step(id=f"s{n}", tool="t") for n in range(3000)))
    story.add(e.RunStarted())
    story.ask("s2500")
    for text in (run_html(story.view), run_text(story.view)):
        assert "s199" in text
        assert "s200" not in text
        assert "s2500" in text
        assert "… 2,799 steps more" in text


def test_empty_and_ended_runs_have_words(story, eventful):
    """A run without a plan, a finished and a failed one each say so [PLAN-17]."""
    assert "There is no plan yet." in run_html(story.view)
    assert "Result: {&quot;rows&quot;: 2}" in run_html(eventful.view)
    story.create().plan(wb.Step(id="a", tool="t"))
    story.add(e.RunStarted())
    story.add(e.RunFailed(errors={"": "the budget is spent"}))
    assert "Error: the budget is spent" in run_html(story.view)
