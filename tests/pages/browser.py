"""A real Chromium, and a log of what it does."""

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from domain.people import tokens
from domain.viewer import Viewer

VENDOR = Path(__file__).parent / "vendor"
AXE = gzip.decompress((VENDOR / "axe.js.gz").read_bytes()).decode()
FOUND = """async (part) => (await axe.run(part, {resultTypes: ["violations"]})).violations
    .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html).join(" ")}`)"""
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


async def violations(page: Page, part: str = "html") -> list[str]:
    """What axe finds wrong with the page, or a part of it, for people who cannot see or point."""
    await page.evaluate(AXE)
    found: list[str] = await page.evaluate(FOUND, part)
    return found


async def is_as_wide_as_its_window(page: Page) -> bool:
    """Whether nothing of the page is beside its window."""
    wide = "document.documentElement.scrollWidth <= innerWidth"
    return bool(await page.evaluate(wide))
