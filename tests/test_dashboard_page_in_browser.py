"""A dashboard's page as a browser sees it: the real API but for the numbers, which are made up."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from domain.access import Viewer
from graph.app import app
from tests import painted, web
from tests.boards import CHANGE, DELETE
from tests.browsing import Seen, new_page, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
async def place(alice: Viewer) -> AsyncIterator[str]:
    """The real API, which Alice can sign in to."""
    async with web.serve(app) as address:
        yield address


async def opened(browser: Browser, url: str, **options: Any) -> tuple[Page, Seen, list[Any]]:
    """The page, what went on, and the variables it read the dashboard with."""
    page, seen = await new_page(browser, **options)
    asked: list[Any] = []

    async def answer(route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        if "ReadDashboard" not in body.get("query", ""):
            await route.continue_()
            return
        asked.append(body["variables"])
        made = painted.dashboard(body["variables"]["theme"].lower())
        await route.fulfill(json={"data": {"dashboard": made}})

    await page.route("**/graphql", answer)
    await page.goto(url)
    return page, seen, asked


async def test_a_dashboard_is_drawn(demo, browser, place, board):
    page, seen, _ = await opened(browser, f"http://{place}/dashboards/{board}")
    await expect(page.locator("#title")).to_have_text("Campaign performance")
    await expect(page.locator(".widget")).to_have_count(10)
    await expect(page.locator(".chart svg")).to_have_count(3)
    await expect(page.get_by_role("img", name="Cost and clicks: line chart")).to_be_visible()

    cost = page.locator(".is-metric_card", has_text="Cost")
    await expect(cost.locator(".value")).to_have_text("$18,423.50")
    await expect(cost.locator(".change")).to_have_text("▲ 15.1% more than the period before")
    await expect(cost.locator(".notes")).to_contain_text("77 of 84 days known · provisional")
    await expect(page.locator("tbody tr")).to_have_count(12)
    await expect(page.locator("tbody tr").nth(3)).to_contain_text("not collected")
    await expect(page.locator(".empty strong").first).to_have_text("No data yet")
    await expect(page.get_by_text("The report it shows is not shared with you.")).to_be_visible()
    assert seen.wrong == []
    assert seen.places == {place}


async def test_what_people_wrote_is_text(demo, browser, place, board):
    page, seen, _ = await opened(browser, f"http://{place}/dashboards/{board}")
    await expect(page.locator(".words")).to_contain_text("may <i>still</i> change.")
    await page.locator(".chart").nth(1).locator("path[aria-roledescription=bar]").first.hover()
    await expect(page.locator(".tip")).to_contain_text("Campaign <b>1</b>")
    assert await page.locator(".words i, .tip b b").count() == 0
    assert seen.wrong == []


async def test_other_days_are_asked_for_and_stand_in_the_address(demo, browser, place, board):
    page, _, asked = await opened(browser, f"http://{place}/dashboards/{board}")
    await expect(page.locator(".widget")).to_have_count(10)
    assert (asked[-1]["range"], asked[-1]["level"]) == (None, None)

    await page.locator("#weeks").select_option("26")
    await page.locator("#level").select_option("MONTHLY")
    await page.reload()
    await expect(page.locator(".widget")).to_have_count(10)
    assert page.url.endswith("?weeks=26&level=MONTHLY")
    assert (asked[-1]["range"], asked[-1]["level"]) == ({"periods": 6}, "MONTHLY")


async def test_a_dashboard_that_changed_is_read_again_until_it_is_deleted(
    demo, browser, place, board, ask
):
    page, _, asked = await opened(browser, f"http://{place}/dashboards/{board}")
    await expect(page.locator(".chart svg")).to_have_count(3)
    await page.evaluate("document.querySelector('.chart svg').id = 'kept'")

    async with page.expect_request(lambda request: "ReadDashboard" in (request.post_data or "")):
        await ask(CHANGE, id=board, version=1, change={"name": "Another"})
    await expect(page.locator("[aria-busy]")).to_have_count(0)
    await expect(page.locator("#kept")).to_be_visible()  # what is the same is not drawn again
    assert len(asked) == 2

    await ask(DELETE, id=board)
    await expect(page.locator("#notice")).to_have_text("This dashboard has been deleted.")


async def test_a_stranger_sees_that_there_is_nothing(browser, place, board, charlie):
    page, _, asked = await opened(browser, f"http://{place}/dashboards/{board}")
    await expect(page.locator("#notice")).to_have_text("Sign in to see this dashboard.")
    await sign_in(page, charlie)
    await expect(page.locator("#notice")).to_contain_text("There is no dashboard")
    assert asked == []


async def test_charts_are_as_dark_as_the_page(demo, browser, place, board):
    page, _, asked = await opened(
        browser, f"http://{place}/dashboards/{board}", color_scheme="dark"
    )
    await expect(page.locator(".chart [data-theme=dark]")).to_have_count(3)
    await page.locator("#theme").click()
    await expect(page.locator(".chart [data-theme=light]")).to_have_count(3)
    assert [one["theme"] for one in asked] == ["DARK", "LIGHT"]


async def test_a_phone_has_one_column(demo, browser, place, board):
    page, _, _ = await opened(
        browser, f"http://{place}/dashboards/{board}", viewport={"width": 390, "height": 844}
    )
    await expect(page.locator(".chart svg")).to_have_count(3)
    lefts = "[...document.querySelectorAll('.widget')].map((one) => one.offsetLeft)"
    assert len(set(await page.evaluate(lefts))) == 1
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_on_paper_it_is_white_and_has_nothing_to_press(demo, browser, place, board):
    page, _, _ = await opened(browser, f"http://{place}/dashboards/{board}", color_scheme="dark")
    await expect(page.locator(".chart svg")).to_have_count(3)
    await page.emulate_media(media="print")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"
    for name in (".bar", "#controls"):
        await expect(page.locator(name)).to_be_hidden()
