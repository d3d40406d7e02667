"""Pages of other origins: let in where CORS_ORIGINS names them, and nowhere else."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from websockets.exceptions import InvalidStatus

from domain.settings import Settings
from graph.app import application
from graph.http.edge import Application
from graph.schema import schema
from tests.graph.http.sockets import hear, socket, subscribe
from tests.graph.server import error, post, serve
from tests.graph.small_schema import HELLO, small_app

THEIRS = "https://app.example.com"
STRANGE = "https://app.example.com.evil.test"
WITH_TOKEN = "authorization,content-type"


def asking(app: Any, **headers: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://testserver",
        headers=headers,
    )


@pytest.fixture
async def client(authorization: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody whose browser shows a page of an origin that is let in."""
    async with asking(small_app(THEIRS), Authorization=authorization, Origin=THEIRS) as made:
        yield made


async def preflight(client: httpx2.AsyncClient, origin: str = THEIRS) -> httpx2.Response:
    return await client.options(
        "/graphql",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": WITH_TOKEN,
        },
    )


async def test_a_page_of_a_named_origin_may_send_a_token_and_read_the_answer(client):
    asked = await preflight(client)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == THEIRS
    assert asked.headers["access-control-allow-credentials"] == "true"
    assert asked.headers["access-control-allow-headers"] == WITH_TOKEN
    assert "POST" in asked.headers["access-control-allow-methods"]

    answer = await post(client, HELLO)
    assert answer.json()["data"] == {"hello": "hello you"}
    assert answer.headers["access-control-allow-origin"] == THEIRS
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("origin", [STRANGE, "null", "http://app.example.com", f"{THEIRS}:8443"])
async def test_another_origin_is_not_let_in(client, origin: str):
    asked = await preflight(client, origin)
    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers

    answer = await post(client, HELLO, Origin=origin)
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


async def test_nobody_is_let_in_by_default(authorization):
    async with asking(small_app(), Authorization=authorization) as client:
        asked = await preflight(client)
        answer = await post(client, HELLO, Origin=THEIRS)

    assert asked.status_code == 405
    for found in (asked, answer):
        assert not [name for name in found.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b" " * 1_000_001, {}, 413),
        (b'{"query": "{ hello }"}', {"Authorization": "Bearer x"}, 401),
    ],
)
async def test_a_page_can_read_why_it_is_refused(client, body: bytes, headers: Any, status: int):
    answer = await post(client, body, **headers)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == THEIRS
    assert error(answer)["code"]


async def test_a_page_can_read_that_something_went_wrong():
    async def broken(request: Request) -> Response:
        raise RuntimeError

    app = Application([Route("/files/{token}", broken)], [THEIRS])
    async with asking(app, Origin=THEIRS) as client:
        answer = await client.get("/files/x")
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == THEIRS
    assert answer.headers["x-request-id"]


async def test_our_own_html_stays_closed_to_other_origins(demo):
    async with asking(application(schema, [THEIRS]), Origin=THEIRS) as client:
        explorer, sdl = await client.get("/"), await client.get("/schema.graphql")
    assert explorer.status_code == sdl.status_code == 200
    assert "access-control-allow-origin" not in explorer.headers
    assert sdl.headers["access-control-allow-origin"] == THEIRS


async def test_a_downloaded_file_is_the_pages_to_read():
    async def file(request: Request) -> Response:
        return PlainTextResponse("a,b", headers={"Content-Disposition": 'attachment; filename="a"'})

    app = Application([Route("/files/{token}", file)], [THEIRS])
    async with asking(app, Origin=THEIRS) as client:
        answer = await client.get("/files/x")
    assert answer.headers["access-control-allow-origin"] == THEIRS
    assert "Content-Disposition" in answer.headers["access-control-expose-headers"]


async def test_a_named_origin_may_open_a_socket_and_no_other(greeting):
    async with serve(small_app(THEIRS)) as place:
        async with socket(place, greeting, origin=THEIRS) as line:
            await subscribe(line, "{ hello }")
            assert (await hear(line))["payload"]["data"] == {"hello": "hello you"}
        with pytest.raises(InvalidStatus, match="403"):
            async with socket(place, greeting, origin=STRANGE):
                pass
    async with serve(small_app()) as place:
        with pytest.raises(InvalidStatus, match="403"):
            async with socket(place, greeting, origin=THEIRS):
                pass


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", ()),
        ("https://app.example.com", ("https://app.example.com",)),
        (
            "http://localhost:5173, https://APP.example.com/,https://a.b:443,http://[::1]:3000",
            (
                "http://localhost:5173",
                "https://app.example.com",
                "https://a.b",
                "http://[::1]:3000",
            ),
        ),
    ],
)
def test_origins_are_read_as_browsers_send_them(
    monkeypatch: pytest.MonkeyPatch, given: str, read: tuple[str, ...]
):
    monkeypatch.setenv("CORS_ORIGINS", given)
    assert Settings().cors_origins == read


@pytest.mark.parametrize(
    "given",
    ["*", "https://*.example.com", "app.example.com", "https://a.b/path", "null", "http://"],
)
def test_what_is_no_origin_stops_the_start(monkeypatch: pytest.MonkeyPatch, given: str):
    monkeypatch.setenv("CORS_ORIGINS", given)
    with pytest.raises(ValidationError, match="cors_origins"):
        Settings()


def test_why_a_star_is_refused_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CORS_ORIGINS", "https://app.example.com,*")
    with pytest.raises(ValidationError, match="every page could act for whoever is signed in"):
        Settings()
