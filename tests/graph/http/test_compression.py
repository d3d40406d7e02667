"""Answers are compressed as the client likes, kept by it, and streams flow as they are."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable

import brotli
import httpx2
import pytest
import zstandard

from graph.app import app
from tests.graph.server import GRAPHQL, PLAIN, post
from tests.graph.small_schema import HELLO

LONG = {"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": "long " * 1000}}
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda packed: bytes(zstandard.ZstdDecompressor().decompressobj().decompress(packed)),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}


@pytest.fixture
async def client(place: str, authorization: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who asks a real server, and can unpack nothing unless a test says so."""
    headers = {"Authorization": authorization, "Accept-Encoding": "identity"}
    async with httpx2.AsyncClient(base_url=f"http://{place}", headers=headers) as made:
        yield made


@pytest.fixture
async def real() -> AsyncIterator[httpx2.AsyncClient]:
    """The real application."""
    transport = httpx2.ASGITransport(app)
    headers = {"Accept-Encoding": "identity"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://localhost:8000", headers=headers
    ) as made:
        yield made


async def packed(
    client: httpx2.AsyncClient, method: str, path: str, **given: object
) -> tuple[httpx2.Response, bytes]:
    """The answer, and the bytes as they were sent."""
    async with client.stream(method, path, **given) as response:  # type: ignore[arg-type]
        return response, b"".join([chunk async for chunk in response.aiter_raw()])


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0", "gzip"),
        ("br;q=0.5", "br"),
    ],
)
@pytest.mark.parametrize("accept", [PLAIN, GRAPHQL])
async def test_an_answer_is_packed_as_the_client_likes(client, accept, accepted, chosen):
    plain = await post(client, LONG, Accept=accept)
    headers = {"Accept": accept, "Accept-Encoding": accepted}
    response, sent = await packed(client, "POST", "/graphql", json=LONG, headers=headers)

    assert response.headers["content-encoding"] == chosen
    assert response.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert int(response.headers["content-length"]) == len(sent) < len(plain.content) / 10
    assert UNPACK[chosen](sent) == plain.content


@pytest.mark.parametrize("accepted", ["", "identity", "deflate", "gzip;q=0", "*;q=0"])
async def test_who_can_unpack_nothing_gets_the_answer_as_it_is(client, accepted: str):
    response = await post(client, LONG, **{"Accept-Encoding": accepted})
    assert "content-encoding" not in response.headers
    assert response.json()["data"]["hello"].startswith("hello long")


async def test_a_small_answer_is_left_alone(client):
    response = await post(client, HELLO, **{"Accept-Encoding": "gzip, br, zstd"})
    assert "content-encoding" not in response.headers
    assert response.json()["data"] == {"hello": "hello you"}


async def test_events_arrive_as_they_happen_and_as_they_are(client):
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip, br, zstd"}
    query = {"query": "subscription { forever }"}
    async with (
        asyncio.timeout(10),
        client.stream("POST", "/graphql", json=query, headers=headers) as response,
    ):
        assert "content-encoding" not in response.headers
        first = await anext(response.aiter_raw())
        assert first.startswith(b'event: next\ndata: {"data":{"forever":1}')
        assert first.endswith(b"}\n\n")


@pytest.mark.parametrize("path", ["/schema.graphql", "/"])
async def test_the_schema_and_the_pages_are_packed(real, path: str):
    plain = await real.get(path)
    response, sent = await packed(real, "GET", path, headers={"Accept-Encoding": "zstd"})
    assert response.headers["content-encoding"] == "zstd"
    assert "Accept-Encoding" in response.headers["vary"]
    assert len(sent) < len(plain.content) / 2
    assert UNPACK["zstd"](sent) == plain.content


async def test_the_schema_is_sent_once_to_who_keeps_it(real):
    first = await real.get("/schema.graphql", headers={"Accept-Encoding": "gzip"})
    kept = {"If-None-Match": first.headers["etag"]}
    for accepted in ("gzip", "br", "identity"):
        again = await real.get("/schema.graphql", headers={"Accept-Encoding": accepted, **kept})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    other = await real.get("/schema.graphql", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_an_answer_by_get_is_sent_once_to_who_keeps_it(client):
    asked = {"query": LONG["query"], "variables": json.dumps(LONG["variables"])}
    first = await client.get("/graphql", params=asked)
    assert first.headers["cache-control"] == "private, no-cache"
    assert {"Accept", "Authorization"} <= set(first.headers["vary"].split(", "))

    etag = first.headers["etag"]
    for known in (etag, etag.removeprefix("W/"), f'"a", {etag}', "*"):
        again = await client.get("/graphql", params=asked, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert {"Accept", "Authorization"} <= set(again.headers["vary"].split(", "))

    changed = {**asked, "variables": '{"n": "Ann"}'}
    fresh = await client.get("/graphql", params=changed, headers={"If-None-Match": etag})
    assert fresh.json()["data"] == {"hello": "hello Ann"}


async def test_nothing_is_kept_of_an_answer_with_errors_or_by_post(client):
    failed = await client.get("/graphql", params={"query": "{ bug }"})
    assert failed.headers["cache-control"] == "no-store"
    assert "etag" not in failed.headers
    assert "etag" not in (await post(client, HELLO)).headers
