"""Fixtures of the tests of the pages."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from domain.viewer import Viewer
from tests.pages.browser import CHROMIUM, FLAGS


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A running Chromium, one for each test process."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """A new browser, which ends with the test."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest.fixture
def place(alice: Viewer, api_place: str) -> str:
    """The address of the real API, which Alice can sign in to."""
    return api_place
