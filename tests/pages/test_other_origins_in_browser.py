"""A page of another origin in a real Chromium: what it may do with CORS_ORIGINS, and without."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.graph import small_schema
from tests.graph.server import serve
from tests.pages.browser import new_page

pytestmark = pytest.mark.browser

# What a frontend does: each function tells what came of it.
CLIENT = """
window.ask = async ([api, authorization, query]) => {
  try {
    const response = await fetch(`http://${api}/graphql`, {
      method: "POST",
      credentials: "include",
      headers: { "Content-Type": "application/json", Authorization: authorization },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = await response.json();
    const id = Boolean(response.headers.get("X-Request-ID"));
    return errors ? { errors, id } : { data, id };
  } catch (error) {
    return String(error);
  }
};
window.events = async ([api, authorization, query]) => {
  try {
    const response = await fetch(`http://${api}/graphql`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "text/event-stream",
        Authorization: authorization,
      },
      body: JSON.stringify({ query }),
    });
    return await response.text();
  } catch (error) {
    return String(error);
  }
};
window.watch = ([api, authorization, query]) =>
  new Promise((done) => {
    const heard = [];
    const line = new WebSocket(`ws://${api}/graphql`, "graphql-transport-ws");
    const say = (message) => line.send(JSON.stringify(message));
    line.onopen = () => say({ type: "connection_init", payload: { authorization } });
    line.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "connection_ack")
        say({ id: "1", type: "subscribe", payload: { query } });
      if (message.type === "next") heard.push(message.payload.data);
      if (message.type === "complete") line.close();
    };
    line.onclose = ({ code }) => done({ code, heard });
  });
"""


async def page_of_theirs(request: Request) -> Response:
    return HTMLResponse(f"<!doctype html><title>Theirs</title><script>{CLIENT}</script>")


Opened = Callable[..., AbstractAsyncContextManager[tuple[Page, str]]]


@pytest.fixture
def opened(browser: Browser) -> Opened:
    """Opens their page, beside an API that lets its origin in or does not."""

    @asynccontextmanager
    async def open_(*, let_in: bool) -> AsyncIterator[tuple[Page, str]]:
        theirs = Starlette(routes=[Route("/", page_of_theirs)])
        async with serve(theirs) as their_place:
            origin = f"http://{their_place}"
            allowed = [origin] if let_in else []
            async with serve(small_schema.small_app(*allowed)) as api:
                page, _ = await new_page(browser)
                await page.goto(origin)
                yield page, api

    return open_


async def test_a_page_of_a_named_origin_asks_changes_and_watches(
    opened: Opened, authorization: str
):
    async with opened(let_in=True) as (page, api):

        async def do(what: str, query: str) -> Any:
            return await page.evaluate(what, [api, authorization, query])

        assert await do("ask", "{ hello }") == {"data": {"hello": "hello you"}, "id": True}

        before = small_schema.counted
        assert (await do("ask", "mutation { count }"))["data"] == {"count": before + 1}

        refused = await page.evaluate("ask", [api, "Bearer x", "{ hello }"])
        assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

        ticks = [{"ticks": 0}, {"ticks": 1}, {"ticks": 2}]
        assert await do("watch", "subscription { ticks }") == {"code": 1005, "heard": ticks}
        assert (await do("events", "subscription { ticks }")).count("event: next") == 3


async def test_a_page_of_another_origin_is_shut_out(opened: Opened, authorization: str):
    async with opened(let_in=False) as (page, api):

        async def do(what: str, query: str) -> Any:
            return await page.evaluate(what, [api, authorization, query])

        before = small_schema.counted
        for query in ("{ hello }", "mutation { count }"):
            assert await do("ask", query) == "TypeError: Failed to fetch"
        assert small_schema.counted == before
        assert await do("events", "subscription { ticks }") == "TypeError: Failed to fetch"
        assert await do("watch", "subscription { ticks }") == {"code": 1006, "heard": []}
