"""Questions on the page of a dashboard, as a browser shows them."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.dashboards.dashboards import WIDGETS, at
from tests.numbers.numbers import chart
from tests.pages.browser import new_page
from tests.questions.ground import known_report

pytestmark = pytest.mark.browser


async def test_a_question_is_asked_chosen_followed_and_judged(
    demo: Any,
    browser: Browser,
    place: str,
    ask: Any,
    board: str,
    own_template: Any,
    report_input: Any,
    sent: list[Any],
):
    report = await known_report(ask, own_template, report_input)
    shown = {"metrics": ["sales"], "level": "MONTHLY"}
    line = {**chart(report["id"], "Sales", "BAR", **shown), "position": at(0, 0, 12, 5)}
    await ask(WIDGETS, id=board, version=1, change={"add": [line]})
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/dashboards/{board}")
    panel = page.locator("#questions")
    box = panel.get_by_label("Ask about these numbers")

    await box.fill("How much did brand cost in March?")
    await box.press("Enter")
    await panel.get_by_role("button", name="Brand Exact").click()
    first = panel.locator(".answers > li").first
    await expect(first).to_contain_text("Cost of Brand Exact was $1,711.25 in March 2026.")
    await box.fill("and in May?")
    await panel.get_by_role("button", name="Ask").click()
    await expect(first).to_contain_text("in May 2026")
    right = first.get_by_role("button", name="Right")
    await right.click()
    await expect(right).to_have_attribute("aria-pressed", "true")
    await box.fill("sales of <b>Foobar</b>")
    await box.press("Enter")
    await expect(first).to_contain_text("I do not know “b” here.")
    assert await panel.locator("b").count() == 0
    assert seen.wrong == []
