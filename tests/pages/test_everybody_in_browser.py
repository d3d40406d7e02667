"""Each page can be used by everybody: axe finds nothing wrong, on a dark phone as well."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.pages.browser import is_as_wide_as_its_window, new_page, violations

pytestmark = pytest.mark.browser
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_axe_finds_nothing_wrong_with_any_page(
    demo: Any,
    browser: Browser,
    place: str,
    collect: Any,
    board: str,
    report: dict[str, Any],
    look: dict[str, Any],
):
    collection = await collect(3)
    pages = {
        "/": "#home",
        "/reports": "#list",
        "/reports/new": "#making",
        f"/reports/{report['id']}": "#report",
        "/collections": "#list",
        f"/collections/{collection}": "#collection",
        "/dashboards": "#list",
        f"/dashboards/{board}": "#dashboard",
    }
    page, seen = await new_page(browser, reduced_motion="reduce", **look)
    wrong = {}
    for address, content in pages.items():
        await page.goto(f"http://{place}{address}")
        await expect(page.locator(content)).to_be_visible()
        found = await violations(page)
        if not await is_as_wide_as_its_window(page):
            found.append("wider than its window")
        if found:
            wrong[address] = found
    assert wrong == {}
    assert [one for one in seen.wrong if not one.endswith("/graphql")] == []


async def test_who_is_not_signed_in_can_sign_in_on_every_page(browser: Browser, place: str):
    page, _ = await new_page(browser)
    for address in ("/", "/reports", "/reports/new", "/collections", "/dashboards"):
        await page.goto(f"http://{place}{address}")
        await expect(page.locator("#notice")).to_contain_text("Sign in to see ")
        await expect(page.get_by_label("Token")).to_be_visible()
    assert await violations(page) == []
