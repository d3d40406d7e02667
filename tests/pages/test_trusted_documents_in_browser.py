"""Our pages and the explorer in a browser, where the server runs only documents of a list."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from domain.viewer import Viewer
from graph.app import application
from graph.http import own_documents
from graph.http.documents import Documents
from graph.schema import schema
from tests.graph.server import serve
from tests.pages.browser import new_page

pytestmark = pytest.mark.browser


@pytest.fixture
async def place(alice: Viewer) -> AsyncIterator[str]:
    """The real API, which runs nothing but what our own pages ask."""
    documents = Documents(own_documents.documents(), only_trusted=True)
    async with serve(application(schema, known=documents)) as address:
        yield address


async def test_the_page_of_a_collection_works(demo, browser: Browser, place: str, collect: Any):
    page, seen = await new_page(browser)
    page.on("dialog", lambda question: question.accept())
    await page.goto(f"http://{place}/collections/{await collect(3)}")
    await expect(page.locator("#session")).to_contain_text("Signed in as alice@example.com")
    for button, status in (("Pause", "Paused"), ("Resume", "Running"), ("Cancel", "ancelled")):
        await page.get_by_role("button", name=button).click()
        await expect(page.locator("#status")).to_contain_text(status)
    assert seen.wrong == []


async def test_the_page_of_a_dashboard_works(demo, browser: Browser, place: str, board: str):
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/dashboards/{board}")
    await expect(page.locator("#session")).to_contain_text("Signed in as alice@example.com")
    await expect(page.locator("#line")).to_have_text("Live")
    assert seen.wrong == []


async def test_the_explorer_runs_its_examples_and_says_why_it_runs_no_others(
    demo, browser: Browser, place: str
):
    page, seen = await new_page(browser)
    await page.goto(f"http://{place}/explorer")
    response = page.locator(".graphiql-response .CodeMirror-code")
    run = page.locator(".graphiql-execute-button")
    await page.locator(".graphiql-tab-button").get_by_text("Templates", exact=True).click()
    await run.click()
    await expect(response).to_contain_text('"slug": "audience-overlap"')

    await page.get_by_label("Show Documentation Explorer").click()
    await expect(page.locator(".graphiql-doc-explorer-root-type").first).to_have_text("query")
    assert seen.wrong == []

    await page.locator(".graphiql-query-editor .CodeMirror").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("{ viewer { name } ")
    await run.click()
    await expect(response).to_contain_text("DOCUMENT_NOT_TRUSTED")
