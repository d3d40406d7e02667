"""A dashboard's page as a browser sees it: the real API, with numbers as collected."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import text

from domain import db, ids
from domain.aggregates import aggregates
from tests.dashboards.dashboards import DELETE, READ, WIDGETS, at, card, note
from tests.graph.front_door import CREATE
from tests.numbers.numbers import chart, keep, week
from tests.pages.browser import PageLog, new_page, sign_in, violations

pytestmark = pytest.mark.browser

CAMPAIGNS = {"<b>Autumn</b>": 5, "Brand": 3, "Catalogue": 1, "Deals": 1, None: 2}
HALF = ("cost", "clicks")


async def opened(browser: Browser, url: str, **options: Any) -> tuple[Page, PageLog]:
    """The page, with all of its charts drawn."""
    page, seen = await new_page(browser, **options)
    await page.goto(url)
    await expect(page.locator(".chart svg")).to_have_count(4)
    return page, seen


@pytest.fixture
async def numbers(report: dict[str, Any]) -> None:
    """Eight weeks: one is withheld, one is missing, and the newest may still change."""
    for number in range(36, 44):
        state = {38: "SUPPRESSED", 41: "MISSING"}.get(number)
        values = {
            name: {"cost": f"{100 * part + number}.5", "clicks": 10 * part * (number - 30)}
            for name, part in CAMPAIGNS.items()
        }
        whole = {"cost": f"{1202.5 + 5 * number:.2f}", "clicks": 120 * (number - 30)}
        by = {} if state else {"campaign": values}
        await keep(report["id"], week(number), state or whole, by, is_provisional=number == 43)


@pytest.fixture
async def filled(
    ask: Any, board: str, report: dict[str, Any], report_input: dict[str, Any], numbers: None
) -> str:
    """A dashboard with a widget of each type, and one without any numbers."""
    bare = (await ask(CREATE, report={**report_input, "name": "Nothing yet"}))["id"]
    mine = report["id"]
    shown = {"sources": [{"reportId": mine}], "metrics": ["cost"], "range": {"periods": 4}}
    by = {"dimension": "campaign", "top": 3}
    widgets = [
        note("Read <b>me</b>", display={"text": "It may <i>still</i> change."}, position=at(0, 0)),
        card(mine, "Cost", dataSource={**shown, "comparison": "PREVIOUS_PERIOD"}, position=at(3)),
        card(mine, "Clicks", dataSource={**shown, "metrics": ["clicks"]}, position=at(6)),
        card(bare, "Nothing", position=at(9)),
        {**chart(mine, "Weeks", "LINE", metrics=HALF), "position": at(0, 2, 8, 5)},
        {**chart(mine, "Campaigns", metrics=["clicks"], **by), "position": at(8, 2, 4, 5)},
        {**chart(mine, "Shares", "PIE", **by), "position": at(0, 7, 6, 5)},
        {
            **chart(mine, "Table <i>of</i> campaigns", metrics=HALF, **by),
            "type": "TABLE",
            "chartType": None,
            "position": at(6, 7, 6, 5),
        },
        {
            **chart(mine, "Each campaign", "LINE", overTime=True, **by),
            "position": at(0, 12, 12, 5),
        },
    ]
    change = {"add": widgets}
    await ask(WIDGETS, id=board, version=1, change=change)
    return board


async def correct(report: str, cost: str) -> None:
    """The newest week has other numbers, and dashboards are told, as a worker does."""
    async with db.worker_transaction() as session:
        await session.execute(
            text(
                "UPDATE report_data_aggregates SET metrics = "
                "metrics || jsonb_build_object('cost', CAST(:cost AS text)) "
                "WHERE aggregation_key = '2026-W43' AND dimension_key = ''"
            ),
            {"cost": cost},
        )
        await aggregates.tell_dashboards(session, ids.decode("rpt", report), None)


async def test_every_widget_shows_its_numbers_or_why_it_has_none(demo, browser, place, filled):
    page, seen = await opened(browser, f"http://{place}/dashboards/{filled}")
    await expect(page.locator("#title")).to_have_text("Board")
    await expect(page.locator("#asOf")).to_contain_text("Numbers as of 1 Nov 2026, ")

    cost = widget(page, "Cost")
    await expect(cost.locator(".value")).to_have_text("$4,232.50")
    await expect(cost.locator(".change")).to_have_text("▲ 1.6% more than the period before")
    await expect(cost.locator(".notes")).to_contain_text("21 of 28 days known")
    await expect(page.locator("#everywhere")).to_contain_text("provisional: it may still change")
    await expect(widget(page, "Clicks").locator(".value")).to_have_text("4,200")
    bare = widget(page, "Nothing").locator(".empty")
    await expect(bare).to_contain_text("No data yet")
    await expect(bare).to_contain_text("No data of 'Nothing yet' has been collected yet.")

    await expect(page.get_by_role("img", name="Weeks: line chart, 31 Aug")).to_be_visible()
    bars = widget(page, "Campaigns").locator("path[aria-roledescription=bar]")
    await expect(bars).to_have_count(5)
    await expect(widget(page, "Weeks").locator("path[aria-roledescription=point]")).to_have_count(
        14
    )
    assert await rows(widget(page, "Table <i>of</i> campaigns")) == [
        ["Campaign", "Cost", "Clicks"],
        ["<b>Autumn</b>", "$3,240.00", "2,850"],
        ["Brand", "$2,040.00", "1,710"],
        ["Catalogue", "$840.00", "570"],
        ["(withheld by privacy)", "$1,440.00", "1,140"],
        ["(other)", "$840.00", "570"],
        ["Total", "$8,400.00", "6,840"],
    ]

    await expect(page.locator(".words")).to_have_text("It may <i>still</i> change.")
    await bars.first.hover()
    await expect(page.locator(".tip")).to_contain_text("Of <b>Autumn</b>")
    assert await page.locator("#dashboard :is(i, b), .tip b b").count() == 0
    assert seen.wrong == []
    assert seen.places == {place}


def widget(page: Page, title: str) -> Locator:
    """The widget of this title."""
    named = page.get_by_role("heading", name=title, exact=True)
    return page.locator(".widget").filter(has=named)


async def rows(shown: Locator) -> list[list[str]]:
    """A table's cells as they are read."""
    return [
        await one.locator("th, td").all_inner_texts() for one in await shown.locator("tr").all()
    ]


async def test_what_changes_is_seen_without_a_reload(demo, browser, place, filled, report, ask):
    page, seen = await opened(browser, f"http://{place}/dashboards/{filled}")
    await expect(page.locator("#line")).to_have_text("Live")
    await page.evaluate("window.isTheSame = true")
    clicks = widget(page, "Campaigns").locator(".chart svg")
    await clicks.evaluate("(drawn) => { drawn.id = 'kept'; }")

    await correct(report["id"], "2417.5")
    await expect(widget(page, "Cost").locator(".value")).to_have_text("$5,232.50")
    await expect(page.locator("[aria-busy]")).to_have_count(0)
    await expect(page.locator("#kept")).to_be_visible()  # what is the same is not drawn again

    key, beside = [
        one["id"]
        for one in (await ask(READ, id=filled))["widgets"]
        if one["title"] in {"Cost", "Clicks"}
    ]
    moved = [{"id": key, "position": at(6)}, {"id": beside, "position": at(3)}]
    await ask(WIDGETS, id=filled, version=2, change={"move": moved})
    await expect(page.locator("h2")).to_contain_text(["Read <b>me</b>", "Clicks", "Cost"])
    assert await left(page, "Clicks") < await left(page, "Cost")
    assert await page.evaluate("window.isTheSame")
    assert seen.wrong == []

    await ask(DELETE, id=filled)
    await expect(page.locator("#notice")).to_have_text("This dashboard has been deleted.")


async def left(page: Page, title: str) -> float:
    """How far a widget is from the left."""
    box = await widget(page, title).bounding_box()
    assert box is not None
    return box["x"]


async def test_a_phone_by_night_has_one_dark_column_of_the_days_that_are_asked_for(
    demo, browser, place, filled
):
    phone = {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}
    page, seen = await opened(browser, f"http://{place}/dashboards/{filled}", **phone)
    await expect(page.locator(".chart [data-theme=dark]")).to_have_count(4)
    lefts = "[...document.querySelectorAll('.widget')].map((one) => one.offsetLeft)"
    assert len(set(await page.evaluate(lefts))) == 1
    assert await page.evaluate("document.documentElement.scrollWidth") == 390

    await page.locator("#theme").click()
    await expect(page.locator(".chart [data-theme=light]")).to_have_count(4)
    await page.locator("#weeks").select_option("4")
    days = widget(page, "Weeks").locator(".chart [role=img]")
    await expect(days).to_have_attribute("aria-label", re.compile("line chart, 28 Sep"))
    await page.reload()
    assert page.url.endswith("?weeks=4")
    await expect(days).to_have_attribute("aria-label", re.compile("line chart, 28 Sep"))
    assert seen.wrong == []


async def test_on_paper_it_is_white_and_has_nothing_to_press(demo, browser, place, filled):
    page, _ = await opened(browser, f"http://{place}/dashboards/{filled}", color_scheme="dark")
    await page.emulate_media(media="print", color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate(ground) == "rgb(255, 255, 255)"
    for name in (".bar", "#controls"):
        await expect(page.locator(name)).to_be_hidden()
    await expect(page.locator(".chart svg:visible")).to_have_count(4)
    turned = "getComputedStyle(document.querySelector('.chart [data-theme=dark]')).filter"
    assert "invert(1)" in await page.evaluate(turned)


async def test_a_stranger_sees_that_there_is_nothing(browser, place, board, charlie):
    page, _ = await new_page(browser)
    await page.goto(f"http://{place}/dashboards/{board}")
    await expect(page.locator("#notice")).to_have_text("Sign in to see this dashboard.")
    await sign_in(page, charlie)
    await expect(page.locator("#notice")).to_contain_text("There is no dashboard")
    await expect(page.locator("#dashboard")).to_be_hidden()


async def test_a_dashboard_is_downloaded_as_it_is_shown(demo, browser, place, filled, do):
    page, seen = await opened(browser, f"http://{place}/dashboards/{filled}?weeks=4")
    await page.get_by_text("Download", exact=True).click()
    async with page.expect_download() as coming:
        async with page.expect_response(lambda one: "MakeExport" in (one.request.post_data or "")):
            await page.locator("#exports").get_by_role("button", name="CSV").click()
        await do()
    file = await coming.value
    assert file.suggested_filename == "Board 2026-09-28 to 2026-10-25.csv"
    await expect(page.locator("#exported")).to_have_text("The CSV is ready. Without numbers: 1.")
    # The browser ends a navigation whose answer is a file, and saves that.
    assert [one for one in seen.wrong if "/exports/" not in one] == []


async def test_days_periods_and_filters_are_chosen_in_the_url(demo, browser, place, filled):
    page, seen = await opened(browser, f"http://{place}/dashboards/{filled}")
    table = widget(page, "Table <i>of</i> campaigns")
    await page.locator("#dimension").select_option("campaign")
    await page.locator("#value").fill("Brand")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#chosen")).to_contain_text("Campaign: only Brand")
    await expect(table.locator("tbody tr")).to_have_count(1)
    assert page.url.endswith("?only.campaign=Brand")

    await page.locator("#weeks").select_option("days")
    await page.locator("#from").fill("2026-09-28")
    await page.locator("#to").fill("2026-10-11")
    weeks = widget(page, "Weeks").locator(".chart [role=img]")
    await expect(weeks).to_have_attribute("aria-label", re.compile("28 Sep – 11 Oct 2026"))
    await page.reload()
    await expect(weeks).to_have_attribute("aria-label", re.compile("28 Sep – 11 Oct 2026"))
    await expect(page.locator("#from")).to_have_value("2026-09-28")

    await page.get_by_label("Remove the filter Campaign: only Brand").click()
    await expect(table.locator("tbody tr")).to_have_count(5)
    await page.go_back()
    await expect(table.locator("tbody tr")).to_have_count(1)
    assert [one for one in seen.wrong if not one.endswith("/graphql")] == []


async def test_a_chart_is_read_by_keyboard_as_a_table_and_as_a_file(
    demo, browser, place, filled, do
):
    page, seen = await opened(browser, f"http://{place}/dashboards/{filled}")
    weeks = widget(page, "Weeks")
    await page.get_by_role("group", name="Weeks. The arrow keys read the values.").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".tip")).to_contain_text("Cost, 31 Aug, 31 Aug – 6 Sep 2026: $")
    await page.keyboard.press("End")
    await expect(weeks.locator("[aria-live]")).to_contain_text("Clicks")

    as_table = weeks.get_by_role("button", name="Weeks as a table")
    await as_table.click()
    await expect(weeks.locator("tbody tr")).to_have_count(8)
    await expect(weeks.locator(".chart")).to_be_hidden()
    assert await violations(page) == []
    await as_table.click()
    await expect(weeks.locator(".chart")).to_be_visible()

    await weeks.get_by_label("Download Weeks").click()
    async with page.expect_download() as coming:
        async with page.expect_response(lambda one: "MakeExport" in (one.request.post_data or "")):
            await weeks.get_by_role("button", name="SVG").click()
        await do()
    assert (await coming.value).suggested_filename.endswith(".svg")
    assert [one for one in seen.wrong if "/exports/" not in one] == []
