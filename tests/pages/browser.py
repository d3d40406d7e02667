"""A real Chromium, and a log of what it does."""

from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from domain.people import tokens
from domain.viewer import Viewer

CHROMIUM = "/usr/bin/chromium"  # Debian's Chromium, which CI installs. Without it these tests fail.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class PageLog:
    """Requests and errors of a page."""

    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def places(self) -> set[str]:
        """Hosts and ports of all requests."""
        return {url.partition("://")[2].partition("/")[0] for url in self.asked} - {""}

    def watch(self, page: Page) -> None:
        """Log requests and errors from now on."""
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda line: self.asked.append(line.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("requestfailed", lambda request: self.wrong.append(request.url))
        page.on(
            "console",
            lambda said: self.wrong.append(said.text) if said.type == "error" else None,
        )


async def new_page(browser: Browser, **options: Any) -> tuple[Page, PageLog]:
    """An empty page in a new browser, with its log."""
    options = {"viewport": {"width": 1440, "height": 860}, **options}
    context: BrowserContext = await browser.new_context(**options)
    page, seen = await context.new_page(), PageLog()
    seen.watch(page)
    return page, seen


async def sign_in(page: Page, viewer: Viewer) -> None:
    """Sign in through the form, with a token."""
    await page.get_by_label("Token").fill(tokens.issue(viewer.email, viewer.email))
    await page.get_by_role("button", name="Sign in").click()
