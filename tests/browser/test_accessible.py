"""The view in every state, for those who listen, for those who type, and for those who are new."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Complaints
from tests.browser.lab import browser_page
from tests.browser.recorded import ROOT, STATES, only_loopback, served, show

AXE = (ROOT / "extensions" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
VIEW = "[data-testid=workbench-run]"
FEW = 5
"""Buttons that a person may have before them while nothing is asked and nothing was opened."""


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def browser(home: str) -> Iterator[Browser]:
    with browser_page() as page:
        assert page.context.browser is not None
        yield page.context.browser


@pytest.fixture(scope="module", params=STATES)
def page(
    request: pytest.FixtureRequest, home: str, browser: Browser, complaints: Complaints
) -> Iterator[Page]:
    """A page without JupyterLab, in one state after the other."""
    page = browser.new_page(reduced_motion="reduce")
    complaints.listen(page)
    page.route("**/*", only_loopback)
    show(page, home, STATES[request.param])
    yield page
    page.close()


def faults(page: Page, within: str = VIEW) -> list[str]:
    """Let axe-core look at a part of the page; gives what it finds, one line each."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("within => axe.run(within)", within)
    assert found["passes"]
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def test_axe_finds_nothing(page: Page) -> None:
    """No state of the view has a fault that axe-core knows, in any theme [PLAN-17]."""
    assert faults(page) == []


def test_at_rest_there_are_at_most_five_buttons(page: Page, request) -> None:
    """While nothing is asked, opened or edited, at most five buttons stand on the page besides the
    rows of plan and trace; an open request has its own way out beside its verb [REL-23]."""
    state = STATES[request.node.callspec.params["page"]]
    buttons = page.locator(f"{VIEW} button:not(.wb-step, .wb-row)")
    asked = page.locator(f"{VIEW} .wb-card button").count()
    assert state.act is not None or buttons.count() - asked <= FEW
    for card in page.locator(f"{VIEW} .wb-card").all():
        assert state.act is not None or card.locator("button").count() <= FEW


def test_nothing_moves_where_motion_is_not_wanted(page: Page) -> None:
    """With reduced motion no element of the view has a transition or an animation [PLAN-17]."""
    moving = page.evaluate(
        """view => [...document.querySelectorAll(`${view}, ${view} *`)].filter(one => {
            const style = getComputedStyle(one);
            const lasts = times => times.split(', ').some(time => parseFloat(time) > 0);
            return style.animationName !== 'none' || lasts(style.transitionDuration);
        }).map(one => one.className)""",
        VIEW,
    )
    assert moving == []


def test_every_control_is_reached_by_tab_in_the_order_of_the_page(page: Page, request) -> None:
    """Tab goes through every control of the view once, and out of it: nothing that can be pressed
    is left out, nothing holds the focus [PLAN-17]."""
    if request.node.callspec.params["page"] == "gone":
        pytest.skip("its clock stands still")
    wanted: list[str] = page.evaluate(
        """view => [...document.querySelectorAll(`${view} :is(button, input, select, textarea,
            summary, [tabindex='0'])`)].filter(one => one.tabIndex >= 0 && one.checkVisibility())
            .filter(one => one.type !== 'radio' || one.checked)
            .map((one, number) => (one.dataset.number = String(number)))""",
        VIEW,
    )
    page.evaluate("document.body.prepend(document.createElement('button'))")
    page.locator("button").first.focus()
    reached: list[str] = []
    for _ in range(min(len(wanted), 60)):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.number ?? null"))
    assert reached == wanted[:60]


def test_tab_leads_into_ten_thousand_rows(
    home: str, browser: Browser, complaints: Complaints
) -> None:
    """A list of which a window is drawn has one stop for Tab, wherever it is scrolled to, and arrow
    keys go on from there [PLAN-17]."""
    page = browser.new_page()
    show(page, home, STATES["long"])
    for box, row in ((".wb-trace-rows", ".wb-row"), (".wb-plan .wb-scroll", ".wb-step")):
        for place in ("0", "box.scrollHeight / 2", "box.scrollHeight"):
            page.locator(box).evaluate(f"box => box.scrollTo(0, {place})")
            page.evaluate("() => new Promise(done => requestAnimationFrame(done))")
            assert page.locator(f"{row}[tabindex='0']").count() == 1
            assert page.locator(row).count() < 100
        page.locator(f"{row}[tabindex='0']").focus()
        for key in ("Home", "ArrowDown", "End", "ArrowUp"):
            page.keyboard.press(key)
            page.wait_for_function(
                "row => document.activeElement.matches(`${row}[tabindex='0']`)", arg=row
            )
    page.close()


def test_the_tool_sees_a_fault(home: str, browser: Browser, complaints: Complaints) -> None:
    """A button without a name, put into the view, is found: the other tests can fail."""
    page = browser.new_page()
    show(page, home, STATES["running"])
    page.evaluate(f"document.querySelector('{VIEW}').append(document.createElement('button'))")
    assert any(fault.startswith("button-name") for fault in faults(page))
    page.close()
