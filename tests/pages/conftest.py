"""Fixtures of the tests of the pages."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from domain.settings import settings
from domain.viewer import Viewer
from graph.http import html
from tests.pages.browser import CHROMIUM, FLAGS


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's settings: Alice is its user."""
    changed = settings.model_copy(update={"demo_user": "alice@example.com"})
    monkeypatch.setattr(html, "settings", changed)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser for one test."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
def place(alice: Viewer, api_place: str) -> str:
    """Where the real API answers, which Alice can sign in to."""
    return api_place
