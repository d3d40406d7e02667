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
SPRING = [{"dimension": "campaign", "values": ["Spring"]}]
NOT_SPRING = [{"dimension": "campaign", "values": ["Spring"], "exclude": True}]


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


async def test_a_filtered_chart_is_marked_by_what_is_said_of_its_numbers_alone(
    demo: Any, browser: Browser, place: str, ask: Any, board: str, report: Any, sent: list[Any]
):
    await keep_weeks(report["id"], weeks())
    shown = {"metrics": ["sales"], "level": "WEEKLY", "range": {"periods": 52}}
    charts = [
        chart(report["id"], name, "LINE", **shown, filters=filters)
        for name, filters in (("All", []), ("Spring", SPRING), ("Autumn", NOT_SPRING))
    ]
    added = [{**one, "position": at(0, 5 * row, 12, 5)} for row, one in enumerate(charts)]
    await ask(WIDGETS, id=board, version=1, change={"add": added})
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/dashboards/{board}")
    panel = page.locator("#insights")
    await expect(panel).to_contain_text("The numbers are being looked at", timeout=30_000)

    (subject,) = {one for job, one in sent if job == "make_insights"}
    await make_insights.fn.__wrapped__(subject)
    await expect(panel).to_contain_text("Sales without Spring fell to 1,536 USD")
    for name, text in (("All", "Sales fell"), ("Autumn", "Sales without Spring fell")):
        picture = page.get_by_role("img", name=f"{name}: line chart")
        await expect(picture).to_have_accessible_name(re.compile(f"Mark [1-9]: {text}"))
    spring = page.get_by_role("img", name="Spring: line chart")
    await expect(spring).not_to_have_accessible_name(re.compile("Mark"))
    assert seen.wrong == []


async def test_the_page_of_a_report_says_what_stands_out(
    demo: Any, browser: Browser, place: str, report: Any, sent: list[Any]
):
    await keep_weeks(report["id"], weeks())
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/reports/{report['id']}")
    heading = page.get_by_role("heading", name="Result of the newest run")
    await expect(heading).to_be_visible(timeout=30_000)
    while not (todo := [one for job, one in sent if job == "make_insights"]):
        await page.wait_for_timeout(100)
    await make_insights.fn.__wrapped__(todo[0])
    note = page.locator("#insights li").filter(has_text="Sales fell to 2,686 USD")
    await expect(note).to_be_visible(timeout=30_000)
    assert seen.wrong == []
