"""The pages as a browser sees them: the real API, a real Chromium."""

from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect

from tests.collections.collections import ACT, fail_week, mend
from tests.pages.browser import PageLog, new_page, sign_in

pytestmark = pytest.mark.browser

REMEMBER_KINDS = """
    window.kindsSeen = new Set();
    new MutationObserver(() =>
        document.querySelectorAll("#strip .cell").forEach(
            (cell) => window.kindsSeen.add(cell.className.replace("cell is-", "")))
    ).observe(document, {subtree: true, childList: true, attributes: true});
"""


async def opened(browser: Browser, url: str, **options: Any) -> tuple[Page, PageLog]:
    """A page in a browser that has never seen it."""
    page, seen = await new_page(browser, **{"reduced_motion": "reduce", **options})
    await page.add_init_script(REMEMBER_KINDS)
    await page.goto(url)
    return page, seen


def cells(page: Page, kind: str) -> Locator:
    """The cells of the strip that are of a kind."""
    return page.locator(f"#strip .cell.is-{kind}")


async def test_a_collection_is_watched_until_it_is_complete(
    demo, browser, place, collect, work_until_done
):
    page, seen = await opened(browser, f"http://{place}/collections/{await collect(5)}")
    await expect(page.locator("#title")).to_have_text("Campaigns of the week")
    await expect(cells(page, "pending")).to_have_count(5)
    await expect(page.locator("#line")).to_have_text("Live")

    await work_until_done()

    await expect(page.locator("#status")).to_have_text("Completed")
    await expect(page.locator("#done")).to_have_text("5 of 5 weeks · 100 %")
    await expect(page.locator("#line")).to_have_text("Over")
    await expect(page.locator("#facts")).to_contain_text("Ended")
    await expect(cells(page, "data")).to_have_count(5)
    await expect(page.locator("#actions button")).to_have_count(0)
    assert {"pending", "running", "data"} <= set(await page.evaluate("[...kindsSeen]"))
    assert seen.wrong == []
    assert seen.places == {place}
    assert f"ws://{place}/graphql" in seen.asked


async def test_the_strip_begins_with_the_oldest_week_and_the_keys_walk_along_it(
    demo, browser, place, collect, ask
):
    collection = await collect(4)
    read = "query($id: ID!) { collection(id: $id) { weeks { startDate } } }"
    newest_first = [one["startDate"] for one in (await ask(read, id=collection))["weeks"]]
    page, _ = await opened(browser, f"http://{place}/collections/{collection}")
    first, last = page.locator("#strip .cell").first, page.locator("#strip .cell").last

    await first.focus()
    oldest = await page.locator("#detail").inner_text()
    await page.keyboard.press("End")
    await expect(last).to_be_focused()
    newest = await page.locator("#detail").inner_text()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#strip .cell").nth(2)).to_be_focused()

    assert str(int(newest_first[-1][8:])) in oldest
    assert str(int(newest_first[0][8:])) in newest
    assert oldest.endswith(": pending.")


async def test_a_week_that_failed_says_why_and_is_tried_again(
    demo, browser, place, collect, mended, work_until_done
):
    collection = await collect(3)
    await fail_week(collection, 1, "AMC_REFUSED")
    page, seen = await opened(browser, f"http://{place}/collections/{collection}")
    await work_until_done()
    await expect(page.locator("#status")).to_have_text("Partial")
    await cells(page, "failed").hover()
    await expect(page.locator("#detail")).to_contain_text("It failed on purpose.")

    await mend()
    await page.get_by_role("button", name="Retry failed").click()
    await expect(page.locator("#line")).to_have_text("Live")
    await work_until_done()
    await expect(page.locator("#status")).to_have_text("Completed")
    await expect(cells(page, "data")).to_have_count(3)
    assert seen.wrong == []


async def test_a_collection_is_paused_resumed_and_cancelled_by_buttons(
    demo, browser, place, collect, do, work_until_done
):
    page, seen = await opened(browser, f"http://{place}/collections/{await collect(3)}")
    page.on("dialog", lambda question: question.accept())
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#status")).to_have_text("Paused")
    await do()
    await expect(page.locator("#facts")).to_contain_text("3 × Somebody to resume the collection.")
    await page.get_by_role("button", name="Resume").click()
    await expect(page.locator("#status")).to_have_text("Running")
    await page.get_by_role("button", name="Cancel").click()
    await work_until_done()
    await expect(page.locator("#status")).to_have_text("Cancelled")
    await expect(cells(page, "skipped")).to_have_count(3)
    assert seen.wrong == []


async def test_whoever_may_only_look_has_nothing_to_press(browser, place, collect, bob):
    page, _ = await opened(browser, f"http://{place}/collections/{await collect(3)}")
    await expect(page.locator("#notice")).to_have_text("Sign in to see this collection.")
    await sign_in(page, bob)
    await expect(page.locator("#status")).to_have_text("Pending")
    await expect(page.locator("#actions button")).to_have_count(0)


async def test_a_stranger_sees_that_there_is_nothing(browser, place, collect, charlie):
    page, _ = await opened(browser, f"http://{place}/collections/{await collect(3)}")
    await sign_in(page, charlie)
    await expect(page.locator("#notice")).to_contain_text("There is no collection")
    await expect(page.locator("#collection")).to_be_hidden()


async def test_a_line_that_broke_is_opened_again_and_tells_what_was_missed(
    demo, browser, place, collect, ask
):
    collection = await collect(3)
    lines: list[WebSocketRoute] = []

    async def pass_on(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    page, _ = await new_page(browser)
    await page.route_web_socket("**/graphql", pass_on)
    await page.goto(f"http://{place}/collections/{collection}")
    await expect(page.locator("#line")).to_have_text("Live")

    await lines[0].close(code=1012)
    await expect(page.locator("#line")).to_have_text("Reconnecting …")
    await ask(ACT["pause"], id=collection)
    await expect(page.locator("#status")).to_have_text("Paused")
    await expect(page.locator("#line")).to_have_text("Live")
    assert len(lines) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_page_is_as_light_or_dark_as_the_system_until_somebody_chooses(
    demo, browser, place, collect, scheme: str
):
    page, _ = await opened(
        browser, f"http://{place}/collections/{await collect(3)}", color_scheme=scheme
    )
    assert await is_light(page) == (scheme == "light")
    await page.locator("#theme").click()
    assert await is_light(page) == (scheme == "dark")
    await page.reload()
    assert await is_light(page) == (scheme == "dark")


async def is_light(page: Page) -> bool:
    """Whether the page's ground is nearer to white."""
    shade = await page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    return bool(sum(shade[:3]) / 3 > 128)
