"""The insights of a dashboard as a browser shows them: notes, what they rest on, and marks."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from jobs.insights import make_insights
from tests.dashboards.dashboards import WIDGETS, at
from tests.insights.insights import keep_weeks, weeks
from tests.numbers.numbers import chart
from tests.pages.browser import new_page

pytestmark = pytest.mark.browser


async def test_a_note_says_why_and_its_week_is_marked_on_the_chart(
    demo: Any, browser: Browser, place: str, ask: Any, board: str, report: Any, sent: list[Any]
):
    await keep_weeks(report["id"], weeks())
    shown = {"metrics": ["sales"], "level": "WEEKLY", "range": {"periods": 52}}
    line = {**chart(report["id"], "Weeks", "LINE", **shown), "position": at(0, 0, 12, 5)}
    await ask(WIDGETS, id=board, version=1, change={"add": [line]})
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/dashboards/{board}")
    panel = page.locator("#insights")
    # The first sight of a page takes long where much else is done at once.
    await expect(panel).to_contain_text("The numbers are being looked at", timeout=30_000)

    (subject,) = {one for job, one in sent if job == "make_insights"}
    await make_insights.fn.__wrapped__(subject)
    note = panel.locator("li").filter(has_text="Sales fell to 2,686 USD in the week of 1 June")
    await expect(note).to_contain_text("Anomaly · right in 97 of 100 such cases")
    picture = page.get_by_role("img", name="Weeks: line chart")
    await expect(
        picture.locator(".mark-text text").filter(has_text=re.compile("^1$"))
    ).to_be_visible()
    await expect(picture).to_have_accessible_name(re.compile("Mark 1: Sales fell to 2,686 USD"))

    await note.get_by_text("Why do you say so?").click()
    reasons = note.locator("dl")
    await expect(reasons).to_contain_text("robust residual (Hampel, MAD)")
    await expect(reasons).to_contain_text("Expected3,988.52")
    await expect(reasons).to_contain_text("the week of 1 Jun 2026")
    assert seen.wrong == []
