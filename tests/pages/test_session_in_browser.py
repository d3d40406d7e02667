"""Signing in: errors are mended where they are shown."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from domain.viewer import Viewer
from tests.pages.browser import new_page, sign_in

pytestmark = pytest.mark.browser
SESSION = "#session"


async def try_token(page: Page, token: str) -> None:
    """Sign in with any text."""
    await page.get_by_label("Token").fill(token)
    await page.get_by_role("button", name="Sign in").click()


async def test_after_a_wrong_token_another_one_is_asked_for(
    browser: Browser, place: str, board: str, alice: Viewer
):
    page, _ = await new_page(browser)
    await page.goto(f"http://{place}/dashboards/{board}")
    await try_token(page, "no token at all")
    await expect(page.locator(SESSION).get_by_role("alert")).to_contain_text("Not signed in. ")
    await expect(page.locator("#notice")).to_have_text("Sign in to see this dashboard.")

    await sign_in(page, alice)
    await expect(page.locator("#title")).to_have_text("Board")
    await expect(page.locator(SESSION)).to_have_text(f"Signed in as {alice.email}Sign out")


async def test_who_signs_out_is_told_so_and_nothing_reconnects(
    demo: Any, browser: Browser, place: str, board: str
):
    page, _ = await new_page(browser)
    async with page.expect_websocket() as coming:
        await page.goto(f"http://{place}/dashboards/{board}")
    line = await coming.value
    await expect(page.locator("#line")).to_have_text("Live")
    async with line.expect_event("close"):
        await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("#notice")).to_have_text("Sign in to see this dashboard.")
    await expect(page.locator("#dashboard")).to_be_hidden()
    await expect(page.locator("#line")).to_have_text("")

    await page.get_by_role("button", name="Use alice@example.com").click()
    await expect(page.locator("#title")).to_have_text("Board")
    await expect(page.locator("#line")).to_have_text("Live")


async def test_a_server_that_does_not_answer_signs_nobody_out(
    demo: Any, browser: Browser, place: str, board: str
):
    page, _ = await new_page(browser)

    async def lose(route: Route) -> None:
        await route.abort()

    await page.route("**/graphql", lose)
    await page.goto(f"http://{place}/reports")
    await expect(page.locator(SESSION)).to_contain_text("The server does not answer.")
    await page.unroute("**/graphql", lose)
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(SESSION)).to_contain_text("Signed in as alice@example.com")
    await expect(page.locator("#list")).to_be_visible()
