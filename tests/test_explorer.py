"""The explorer: what it is made of, whom it signs in, and what a browser sees."""

import gzip
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import graphql
import httpx2
import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect
from sqlalchemy import text

from domain import bus, db, ids, tokens
from domain.access import Viewer
from domain.settings import settings
from graph import explorer
from graph.app import app
from graph.explorer.examples import EXAMPLES
from graph.schema import schema
from tests import web

MEGABYTE = 1_000_000
CHROMIUM = "/usr/bin/chromium"  # Debian's; CI installs it, and without it these tests fail
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VENDOR = Path(explorer.__file__).parent / "vendor"
SOURCES = json.loads((VENDOR / "sources.json").read_text())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_an_example_is_valid_against_the_schema(example: dict[str, Any]):
    document = graphql.parse(example["query"])
    assert graphql.validate(graphql.build_schema(schema.as_str()), document) == []

    operation = document.definitions[0]
    assert isinstance(operation, graphql.OperationDefinitionNode)
    assert operation.name is not None
    assert operation.name.value == example["name"]
    asked = {one.variable.name.value for one in operation.variable_definitions or ()}
    assert asked == set(example["variables"])


async def test_the_schema_can_be_asked_for_without_an_error():
    for deprecated in (True, False):
        query = graphql.get_introspection_query(input_value_deprecation=deprecated)
        assert (await schema.execute(query)).errors is None


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["stored"])
def test_a_foreign_file_is_what_its_package_has(source: dict[str, Any]):
    packed = (VENDOR / source["stored"]).read_bytes()
    content = gzip.decompress(packed)

    assert hashlib.sha256(content).hexdigest() == source["sha256"]
    assert len(content) == source["bytes"]
    assert len(packed) < MEGABYTE


def test_every_foreign_file_has_its_origin_and_licence():
    stored = {one["stored"] for one in SOURCES}
    assert {one.name for one in VENDOR.glob("*.gz")} == stored
    licences = (VENDOR / "LICENCES.txt").read_text()
    for one in SOURCES:
        assert f"{one['package']} {one['version']}" in licences


@asynccontextmanager
async def asking(client: str = "127.0.0.1", **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, client=(client, 50000))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://localhost:8000", headers=headers
    ) as made:
        yield made


def links(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+)"', html)


async def test_the_page_is_made_of_files_of_ours_that_never_change():
    async with asking() as client:
        page = await client.get("/")
        files = [one for one in links(page.text) if not one.startswith("data:")]
        assert len([one for one in files if one.startswith("/explorer/")]) == 8
        assert all(one.startswith("/") for one in files)
        for name in files:
            found = await client.get(name)
            assert found.status_code == 200
            if name.startswith("/explorer/"):
                assert "immutable" in found.headers["cache-control"]
                assert found.headers["content-encoding"] == "gzip"
                assert found.headers["vary"] == "Accept-Encoding"
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


async def test_who_cannot_unpack_gets_the_same_file_unpacked():
    async with asking(**{"Accept-Encoding": "identity"}) as client:
        for asset in explorer.ASSETS:
            found = await client.get(f"/explorer/{asset.name}")
            assert "content-encoding" not in found.headers
            assert found.content == gzip.decompress(asset.packed)
            assert found.headers["content-type"] == asset.media_type


@pytest.mark.parametrize("name", ["nothing.js", "page.html", "..%2F__init__.py", "LICENCES.txt"])
async def test_nothing_else_is_served(name: str):
    async with asking() as client:
        assert (await client.get(f"/explorer/{name}")).status_code == 404


async def test_the_schema_is_a_file_that_is_not_sent_twice():
    async with asking() as client:
        first = await client.get("/schema.graphql")
        again = await client.get(
            "/schema.graphql", headers={"If-None-Match": first.headers["etag"]}
        )
    assert graphql.build_schema(first.text).query_type
    assert (again.status_code, again.content) == (304, b"")


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's settings: Alice is its user."""
    changed = settings.model_copy(update={"demo_user": "alice@example.com"})
    monkeypatch.setattr(explorer, "settings", changed)


def session(html: str) -> dict[str, str] | None:
    found = re.search(r'id="settings">(.*?)</script>', html)
    assert found
    signed: dict[str, str] | None = json.loads(found[1])["session"]
    return signed


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.1.2.3:1", "[::1]:8000"])
async def test_the_demos_page_is_signed_in_on_its_own_machine(demo, host: str):
    async with asking(Host=host) as client:
        signed = session((await client.get("/")).text)
    assert signed is not None
    claims = await tokens.verify(signed["token"])
    assert (claims.subject, signed["user"]) == ("alice@example.com", "alice@example.com")


STRANGERS: dict[str, tuple[str, dict[str, str]]] = {
    "from elsewhere": ("10.1.2.3", {}),
    "from a public address": ("203.0.113.9", {}),
    "by another name": ("127.0.0.1", {"Host": "evil.example.com:8000"}),
    "by a name like ours": ("127.0.0.1", {"Host": "localhost.example.com"}),
    "by a broken name": ("127.0.0.1", {"Host": "[::1"}),
    "through a proxy": ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}),
    "through a proxy that says it is local": ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
    "through a proxy by the standard": ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}),
    "through another proxy": ("127.0.0.1", {"X-Real-IP": "203.0.113.9"}),
    "through a tunnel": ("127.0.0.1", {"CF-Connecting-IP": "203.0.113.9"}),
    "through a gateway": ("127.0.0.1", {"Via": "1.1 gateway"}),
    "through something that forwards": ("127.0.0.1", {"X-Forwarded-Host": "localhost"}),
}


@pytest.mark.parametrize(("client", "headers"), STRANGERS.values(), ids=STRANGERS)
async def test_nobody_else_is_given_a_token(demo, client: str, headers: dict[str, str]):
    async with asking(client, **headers) as asked:
        page = await asked.get("/")
    assert page.status_code == 200
    assert session(page.text) is None
    assert "eyJ" not in page.text


async def test_without_a_demo_nobody_is_given_a_token():
    async with asking() as client:
        assert session((await client.get("/")).text) is None


@dataclass
class Seen:
    """What went on while a page was open."""

    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda line: self.asked.append(line.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("requestfailed", lambda request: self.wrong.append(request.url))
        page.on(
            "console",
            lambda said: self.wrong.append(said.text) if said.type == "error" else None,
        )


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
async def place(alice: Viewer) -> AsyncIterator[str]:
    async with web.serve(app) as address:
        yield address


async def opened(browser: Browser, place: str, **options: Any) -> tuple[Page, Seen]:
    """The page in a browser that has never seen it, loaded to its end."""
    context: BrowserContext = await browser.new_context(
        viewport={"width": 1440, "height": 860}, **options
    )
    page, seen = await context.new_page(), Seen()
    seen.watch(page)
    await page.goto(f"http://{place}/")
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


async def answer(page: Page, *parts: str) -> str:
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


@pytest.mark.browser
async def test_the_first_job_runs_tab_by_tab(demo, browser: Browser, place: str):
    page, seen = await opened(browser, place)
    await expect(page.locator("#session")).to_have_text("Signed in as alice@example.comSign out")

    await run(page, "Templates")
    await answer(page, '"slug": "audience-overlap"')
    await run(page, "Instances")
    await answer(page, '"name": "Acme"')
    await run(page, "CreateReport")
    await answer(page, '"reportCreate"', '"name": "Campaign performance"')
    await run(page, "RunReport")
    await answer(page, '"status": "PENDING"', '"phase": "WAITING"')

    execution = await newest_execution()
    await run(page, "WatchExecution")
    await answer(page, ids.encode("exec", execution), '"phase": "WAITING"')
    running = "phase = 'at_amc', status = 'running', started_at = now(), amc_status = 'RUNNING'"
    await becomes(execution, running)
    await answer(page, '"phase": "AT_AMC"', '"amcStatus": "RUNNING"')
    over = "phase = 'done', due_at = NULL, completed_at = now()"
    await becomes(execution, f"{over}, status = 'completed', outcome = 'EMPTY', row_count = 0")
    await answer(page, '"status": "COMPLETED"', '"outcome": "EMPTY"')
    await expect(page.locator(".graphiql-execute-button")).to_have_attribute(
        "aria-label", re.compile("Execute")
    )

    assert seen.wrong == []
    assert {url.partition("://")[2].partition("/")[0] for url in seen.asked} - {""} == {place}
    assert f"ws://{place}/graphql" in seen.asked


@pytest.mark.browser
async def test_an_example_without_its_row_says_what_to_run_first(demo, browser, place):
    page, _ = await opened(browser, place)
    await run(page, "ReadRows")
    await answer(page, "There is no execution yet: run RunReport first.")


@pytest.mark.browser
async def test_the_documentation_is_there_for_who_is_signed_in(demo, browser, place):
    page, seen = await opened(browser, place)
    await page.get_by_label("Show Documentation Explorer").click()
    panel = page.locator(".graphiql-doc-explorer")
    await expect(panel).to_contain_text("subscription")
    assert seen.wrong == []


@pytest.mark.browser
async def test_somebody_else_signs_in_with_a_token(browser, place):
    page, _ = await opened(browser, place)
    place_of_session = page.locator("#session")
    await expect(place_of_session).to_contain_text("Not signed in")
    await run(page, "Instances")
    await answer(page, '"code": "UNAUTHENTICATED"')

    await page.get_by_label("Token").fill(tokens.issue("alice@example.com", "alice@example.com"))
    await page.get_by_role("button", name="Sign in").click()
    await expect(place_of_session).to_contain_text("Signed in as alice@example.com")
    await page.get_by_label("Show Documentation Explorer").click()
    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("subscription")
    await run(page, "Instances")
    await answer(page, '"name": "Acme"')

    await page.get_by_role("button", name="Sign out").click()
    await expect(place_of_session).to_contain_text("Not signed in")


@pytest.mark.browser
async def test_a_token_among_the_headers_goes_along_on_sockets_too(browser, place, ask, report):
    started = await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    page, _ = await opened(browser, place)
    await run(page, "WatchExecution")
    await answer(page, "Nobody is signed in")

    await page.get_by_role("button", name="Headers").click()
    await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden)").click()
    token = tokens.issue("alice@example.com", "alice@example.com")
    await page.keyboard.insert_text(json.dumps({"Authorization": f"Bearer {token}"}))
    await page.locator(".graphiql-execute-button").click()
    await answer(page, started["id"], '"phase": "WAITING"')


@pytest.mark.browser
async def test_examples_that_were_closed_can_be_opened_again(demo, browser, place):
    page, seen = await opened(browser, place)
    await page.get_by_label("Close Tab").first.click()
    await expect(tab(page, "Templates")).to_have_count(0)

    await page.locator(".examples").get_by_role("button", name="Templates").click()
    await expect(tab(page, "Templates")).to_have_count(1)
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("query Templates")
    assert seen.wrong == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_as_light_or_dark_as_the_system(demo, browser, place, scheme: str):
    page, _ = await opened(browser, place, color_scheme=scheme)
    shades = await page.evaluate(
        """() => [".bar", ".graphiql-container"].map((name) =>
             getComputedStyle(document.querySelector(name)).backgroundColor.match(/\\d+/g).map(Number))"""
    )
    for shade in shades:
        assert (sum(shade[:3]) / 3 > 128) == (scheme == "light")
