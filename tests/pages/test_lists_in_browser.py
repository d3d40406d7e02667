"""The lists: search, filters, sorting and pages are in the URL; and the first page."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.graph.front_door import CREATE
from tests.pages.browser import new_page

pytestmark = pytest.mark.browser


async def names(page: Page) -> list[str]:
    """The names of the rows, from top to bottom."""
    return await page.locator("#rows tbody th a").all_inner_texts()


@pytest.fixture
async def thirty(ask: Any, report_input: dict[str, Any], sent: list[Any]) -> None:
    """Thirty reports, which is more than a page has."""
    for number in range(30):
        await ask(CREATE, report={**report_input, "name": f"Report {number:02}"})


async def test_a_list_is_searched_sorted_and_turned_over_and_the_url_says_so(
    demo: Any, browser: Browser, place: str, thirty: None
):
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/reports")
    await expect(page.locator("#count")).to_have_text("30 reports")
    assert await names(page) == [f"Report {number:02}" for number in range(29, 4, -1)]

    await page.get_by_role("button", name="Next page").click()
    await expect(page.locator("#rows tbody tr")).to_have_count(5)
    assert await names(page) == [f"Report {number:02}" for number in range(4, -1, -1)]
    await page.go_back()
    await expect(page.locator("#rows tbody tr")).to_have_count(25)

    await page.get_by_role("button", name="Name").click()
    await expect(page.locator("#rows tbody th a").first).to_have_text("Report 00")
    await expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "ascending"
    )
    await page.get_by_label("Search reports").fill("report 1")
    await expect(page.locator("#count")).to_have_text("10 reports")
    assert await names(page) == [f"Report {number}" for number in range(10, 20)]
    assert page.url.endswith("/reports?sort=NAME&q=report+1")

    await page.reload()
    await expect(page.locator("#count")).to_have_text("10 reports")
    await expect(page.get_by_label("Search reports")).to_have_value("report 1")
    await page.get_by_label("Last result").select_option("failed")
    await expect(page.locator("#rows")).to_contain_text("No report fits.")
    await page.get_by_role("button", name="Show all").click()
    await expect(page.locator("#count")).to_have_text("30 reports")
    assert page.url.endswith("/reports")
    assert seen.wrong == []


async def test_collections_are_listed_live_and_lead_to_their_pages(
    demo: Any, browser: Browser, place: str, collect: Any, work_until_done: Any
):
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/collections")
    await expect(page.get_by_role("link", name="Go to the reports")).to_be_visible()
    await expect(page.locator("#line")).to_have_text("Live")

    collection = await collect(3)
    row = page.locator("#rows tbody tr")
    await expect(row).to_contain_text("Pending")
    await expect(row).to_contain_text("0 of 3 weeks")
    await work_until_done()
    await expect(row).to_contain_text("Completed")
    await expect(row).to_contain_text("3 of 3 weeks")

    await page.get_by_label("Show").select_option("open")
    await expect(page.locator("#rows")).to_contain_text("No collection fits.")
    await page.get_by_role("button", name="Show all").click()
    await row.get_by_role("link").click()
    await expect(page).to_have_url(f"http://{place}/collections/{collection}")
    assert seen.wrong == []


async def test_the_first_page_shows_what_there_is_and_follows_collections(
    demo: Any, browser: Browser, place: str, collect: Any, board: str, work_until_done: Any
):
    await collect(3)
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/")
    await expect(page.locator("#underway li")).to_contain_text("0 of 3 weeks")
    await expect(page.locator("#now")).to_contain_text("1 collection under way")
    await expect(page.locator("#reports li")).to_contain_text("Campaigns of the week")
    await expect(page.locator("#dashboards li")).to_have_text("Board")
    await work_until_done()
    await expect(page.locator("#underway")).to_have_text("No collection is under way.")
    await page.get_by_role("link", name="The API explorer").click()
    await expect(page).to_have_url(f"http://{place}/explorer")
    assert seen.wrong == []
