"""A person's first five minutes: from `/` to a result, a collection and a dashboard."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.pages.browser import new_page

pytestmark = pytest.mark.browser


async def test_a_newcomer_makes_a_report_and_all_that_follows_without_typing_an_id(
    demo: Any, browser: Browser, place: str, instance: Any, sent: list[Any], work_until_done: Any
):
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/")
    await expect(page.locator("#now")).to_have_text("Nothing yet.")
    await page.get_by_role("link", name="Make the first report").click()

    await page.get_by_role("radio", name="Campaign performance").check()
    await expect(page.get_by_label("Name")).to_have_value("Campaign performance")
    await page.get_by_role("button", name="Make and run it").click()

    await expect(page.locator("#title")).to_have_text("Campaign performance")
    await expect(page.locator("#result")).to_contain_text("The rows will be here as soon as")
    await work_until_done()
    await expect(page.locator("#result tbody tr").first).to_be_visible()
    await expect(page.locator("#runs tbody tr")).to_contain_text("Completed")

    await page.get_by_role("button", name="Collect the past").click()
    await page.get_by_label("How far back").select_option("4")
    await expect(page.locator("#planned")).to_contain_text("4 queries at Amazon")
    await page.get_by_role("button", name="Start").click()
    await expect(page.locator("#status")).to_have_text("Pending")
    await work_until_done()
    await expect(page.locator("#status")).to_have_text("Completed")

    await page.get_by_role("link", name="Campaign performance").click()
    await page.locator("#dashboards").get_by_role("button", name="Campaign performance").click()
    await expect(page.locator("#widgets .widget").first).to_be_visible()
    await expect(page.locator(".chart svg").first).to_be_visible()

    await page.get_by_role("link", name="amc-reports").click()
    for part in ("#reports", "#dashboards"):
        await expect(page.locator(f"{part} li")).to_have_count(1)
    await expect(page.locator("#underway")).to_have_text("No collection is under way.")
    # Who leaves a page ends its requests.
    assert [one for one in seen.wrong if not one.endswith("/graphql")] == []
    assert seen.places == {place}


@pytest.mark.parametrize(
    ("where", "advice"),
    [
        ("", "Make the first report"),
        ("reports", "Make the first report"),
        ("collections", "Go to the reports"),
        ("dashboards", "Go to the reports"),
    ],
)
async def test_an_empty_page_says_what_to_do(
    demo: Any, browser: Browser, place: str, instance: Any, where: str, advice: str
):
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/{where}")
    await expect(page.get_by_role("link", name=advice)).to_be_visible()
    assert seen.wrong == []
