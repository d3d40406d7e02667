"""The explorer as a browser sees it: the real API, a real Chromium."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import text

from domain import db, ids
from domain.bus import bus
from domain.people import tokens
from graph.http.explorer.examples import EXAMPLES
from tests.pages.browser import PageLog, is_as_wide_as_its_window, new_page, violations

pytestmark = pytest.mark.browser
LINT = """() => document.querySelectorAll(".CodeMirror")
    .forEach((one) => one.CodeMirror.performLint())"""


async def opened(browser: Browser, place: str, **options: Any) -> tuple[Page, PageLog]:
    """The page in a browser that has never seen it, loaded to its end."""
    page, seen = await new_page(browser, **options)
    await page.goto(f"http://{place}/explorer")
    await expect(page.locator(".graphiql-query-editor .CodeMirror")).to_be_visible()
    return page, seen


def tab(page: Page, name: str) -> Locator:
    """A tab by its title."""
    return page.locator(".graphiql-tab-button").get_by_text(name, exact=True)


async def run(page: Page, name: str) -> None:
    """Open an example's tab and run it."""
    await tab(page, name).click()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text(name)
    await page.locator(".graphiql-execute-button").click()


async def expect_answer(page: Page, *parts: str) -> str:
    """What the answer says, once it says all of this."""
    response = page.locator(".graphiql-response .CodeMirror-code")
    for part in parts:
        await expect(response).to_contain_text(part, timeout=10_000)
    return await response.inner_text()


async def newest_execution() -> Any:
    async with db.owner_transaction() as session:
        return (
            await session.execute(
                text("SELECT id FROM report_executions ORDER BY created_at DESC LIMIT 1")
            )
        ).scalar_one()


async def becomes(execution: Any, change: str) -> None:
    """What the engine would do to an execution, and tell of it."""
    async with db.owner_transaction() as session:
        await session.execute(
            text(f"UPDATE report_executions SET {change} WHERE id = :id"), {"id": execution}
        )
        bus.changed(session, execution)


async def test_the_first_job_runs_tab_by_tab(demo, browser: Browser, place: str):
    page, seen = await opened(browser, place)
    await expect(page.locator("#session")).to_have_text("Signed in as alice@example.comSign out")

    await run(page, "Templates")
    await expect_answer(page, '"slug": "audience-overlap"')
    await run(page, "Instances")
    await expect_answer(page, '"name": "Acme"')
    await run(page, "CreateReport")
    await expect_answer(page, '"reportCreate"', '"name": "Campaign performance"')
    await run(page, "RunReport")
    await expect_answer(page, '"status": "PENDING"', '"phase": "WAITING"')

    execution = await newest_execution()
    await run(page, "WatchExecution")
    await expect_answer(page, ids.encode("exec", execution), '"phase": "WAITING"')
    running = "phase = 'at_amc', status = 'running', started_at = now(), amc_status = 'RUNNING'"
    await becomes(execution, running)
    await expect_answer(page, '"phase": "AT_AMC"', '"amcStatus": "RUNNING"')
    over = "phase = 'done', due_at = NULL, completed_at = now()"
    await becomes(execution, f"{over}, status = 'completed', outcome = 'EMPTY', row_count = 0")
    await expect_answer(page, '"status": "COMPLETED"', '"outcome": "EMPTY"')
    await expect(page.locator(".graphiql-execute-button")).to_have_attribute(
        "aria-label", re.compile("Execute")
    )

    assert seen.wrong == []
    assert seen.places == {place}
    assert f"ws://{place}/graphql" in seen.asked


async def test_the_bar_shows_what_the_last_operation_cost(demo, browser: Browser, place: str):
    page, seen = await opened(browser, place)
    cost = page.locator("#cost")
    await expect(cost).to_be_hidden()
    await run(page, "Instances")
    await expect_answer(page, '"name": "Acme"')
    told = await cost.inner_text()
    used, most, limit = (int(one.replace(",", "")) for one in re.findall(r"[0-9,]+", told)[:3])
    assert 0 < used <= most <= limit
    answer = await expect_answer(page, '"extensions"', f'"actual": {used}', f'"requested": {most}')
    assert f'"limit": {limit}' in answer
    assert seen.wrong == []


async def test_the_past_is_collected_tab_by_tab(demo, browser, place, report, work_until_done):
    page, seen = await opened(browser, place)
    await run(page, "PlanCollection")
    await expect_answer(page, '"executions": 8', '"isCollected": false')
    await run(page, "StartCollection")
    await expect_answer(page, '"collectionStart"', '"targetWeeks": 8', '"name": "Campaigns of the')
    await run(page, "WatchCollection")
    await expect_answer(page, '"status": "PENDING"', '"progressPercentage": 0', '"pending": 8')

    await work_until_done()

    await expect_answer(page, '"status": "COMPLETED"', '"progressPercentage": 100')
    await expect_answer(page, '"completed": 8', '"outcome": "DATA"')
    await run(page, "ReadAggregates")
    await expect_answer(page, '"aggregates"', '"state": "DATA"', '"name": "clicks"')
    assert seen.wrong == []


async def test_a_report_that_is_being_collected_is_not_offered_again(demo, browser, place, collect):
    collection = await collect(52)
    page, _ = await opened(browser, place)
    await run(page, "WatchCollection")
    await expect_answer(page, '"status": "PENDING"', '"pending": 52')
    await run(page, "StartCollection")
    await expect_answer(page, "each is being collected already: run CreateReport first.")

    await run(page, "CreateReport")
    await expect_answer(page, '"reportCreate"')
    await run(page, "StartCollection")
    answer = await expect_answer(page, '"collectionStart"', '"targetWeeks": 8')
    assert collection not in answer


@pytest.mark.parametrize(
    ("example", "advice"),
    [
        ("ReadRows", "There is no execution yet: run RunReport first."),
        ("StartCollection", "run CreateReport first."),
        ("WatchCollection", "There is no collection yet: run StartCollection first."),
    ],
)
async def test_an_example_without_its_row_says_what_to_run_first(
    demo, browser, place, example: str, advice: str
):
    page, _ = await opened(browser, place)
    await run(page, example)
    await expect_answer(page, advice)


async def test_the_documentation_is_there_for_who_is_signed_in(demo, browser, place):
    page, seen = await opened(browser, place)
    await page.get_by_label("Show Documentation Explorer").click()
    panel = page.locator(".graphiql-doc-explorer")
    await expect(panel).to_contain_text("subscription")
    assert seen.wrong == []


async def test_somebody_else_signs_in_with_a_token(browser, place):
    page, _ = await opened(browser, place)
    place_of_session = page.locator("#session")
    await expect(place_of_session).to_contain_text("Not signed in")
    await run(page, "Instances")
    await expect_answer(page, '"code": "UNAUTHENTICATED"')

    await page.get_by_label("Token").fill(tokens.issue("alice@example.com", "alice@example.com"))
    await page.get_by_role("button", name="Sign in").click()
    await expect(place_of_session).to_contain_text("Signed in as alice@example.com")
    await page.get_by_label("Show Documentation Explorer").click()
    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("subscription")
    await run(page, "Instances")
    await expect_answer(page, '"name": "Acme"')

    await page.get_by_role("button", name="Sign out").click()
    await expect(place_of_session).to_contain_text("Not signed in")


async def test_a_token_among_the_headers_goes_along_on_sockets_too(browser, place, ask, report):
    started = await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    page, _ = await opened(browser, place)
    await run(page, "WatchExecution")
    await expect_answer(page, "Nobody is signed in")

    await page.get_by_role("button", name="Headers").click()
    await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").click()
    token = tokens.issue("alice@example.com", "alice@example.com")
    await page.keyboard.insert_text(json.dumps({"Authorization": f"Bearer {token}"}))
    await page.locator(".graphiql-execute-button").click()
    await expect_answer(page, started["id"], '"phase": "WAITING"')


async def test_examples_that_were_closed_can_be_opened_again(demo, browser, place):
    page, seen = await opened(browser, place)
    await page.get_by_label("Close Tab").first.click()
    await expect(tab(page, "Templates")).to_have_count(0)

    await page.locator(".examples").get_by_role("button", name="Templates").click()
    await expect(tab(page, "Templates")).to_have_count(1)
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("query Templates")
    assert seen.wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_as_light_or_dark_as_the_system(demo, browser, place, scheme: str):
    page, _ = await opened(browser, place, color_scheme=scheme)
    shades = await page.evaluate(
        """() => [".bar", ".graphiql-container"].map((name) =>
             getComputedStyle(document.querySelector(name)).backgroundColor.match(/\\d+/g).map(Number))"""
    )
    for shade in shades:
        assert (sum(shade[:3]) / 3 > 128) == (scheme == "light")


async def test_on_a_phone_the_query_and_the_answer_stand_below_each_other(demo, browser, place):
    page, seen = await opened(browser, place, viewport={"width": 390, "height": 844})
    assert await is_as_wide_as_its_window(page)
    await page.locator(".graphiql-execute-button").click()
    await expect_answer(page, '"slug": "audience-overlap"')
    answer = await page.locator(".graphiql-response").bounding_box()
    query = await page.locator(".graphiql-query-editor").bounding_box()
    assert answer is not None
    assert query is not None
    assert answer["y"] > query["y"] + query["height"]
    assert min(answer["width"], query["width"]) > 300

    await page.get_by_label("Show Examples").click()
    await expect(page.locator(".examples")).to_be_visible()
    assert await is_as_wide_as_its_window(page)
    assert seen.wrong == []


async def test_help_closes_by_escape_and_the_bar_is_for_everybody(demo, browser, place):
    page, seen = await opened(browser, place)
    await page.get_by_text("Help", exact=True).click()
    await expect(page.locator(".help-text")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(".help-text")).to_be_hidden()
    assert await violations(page, ".bar") == []
    assert seen.wrong == []


async def test_no_example_is_underlined(demo, browser, place):
    page, _ = await opened(browser, place)
    await expect(page.locator(".graphiql-query-editor .cm-property").first).to_be_visible()
    for example in EXAMPLES:
        await tab(page, example["name"]).click()
        await expect(page.locator(".graphiql-query-editor")).to_contain_text(example["name"])
        await page.evaluate(LINT)
        await expect(page.locator(".CodeMirror-lint-mark"), example["name"]).to_have_count(0)
