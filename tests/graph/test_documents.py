"""Documents that clients name by their hash: kept for a while, checked, or trusted from a list."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import redis.asyncio
from pydantic import ValidationError

from domain.bus import bus
from domain.settings import Settings, settings
from graph.http import documents
from graph.http.documents import Documents, hash_of
from tests.graph import small_schema
from tests.graph.http import sockets
from tests.graph.http.sockets import hear, say, socket
from tests.graph.server import GRAPHQL, PLAIN, error, post, serve
from tests.graph.small_schema import small_app

NOT_FOUND = {"code": "PERSISTED_QUERY_NOT_FOUND", "message": "PersistedQueryNotFound"}
HELLO_YOU = {"hello": "hello you"}


def fresh(text: str = "{ hello }") -> str:
    """The same document, as nobody has sent it before."""
    return f"# {uuid4().hex}\n{text}"


def named(text: str, **more: Any) -> dict[str, Any]:
    """How Apollo names a document."""
    persisted = {"version": 1, "sha256Hash": hash_of(text)}
    return {"extensions": {"persistedQuery": persisted}, **more}


def by_id(text: str, **more: Any) -> dict[str, Any]:
    """How GraphQL over HTTP names a document."""
    return {"documentId": f"sha256:{hash_of(text)}", **more}


@asynccontextmanager
async def another_process(
    client: httpx2.AsyncClient, known: Documents | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """The same API in a process that has kept nothing itself."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(small_app(documents=known)),
        base_url="http://testserver",
        headers=client.headers,
    ) as made:
        yield made


def refusal(response: httpx2.Response) -> dict[str, Any]:
    found = error(response)
    return {"code": found["code"], "message": found["message"]}


async def test_a_hash_that_nobody_has_sent_the_text_of_is_told(client):
    text = fresh()
    asked = await post(client, named(text), Accept=PLAIN)
    assert (asked.status_code, refusal(asked)) == (200, NOT_FOUND)
    newer = await post(client, named(text), Accept=GRAPHQL)
    assert (newer.status_code, refusal(newer)) == (400, NOT_FOUND)
    by_event = await post(client, named(text), Accept="text/event-stream")
    assert (by_event.status_code, refusal(by_event)) == (400, NOT_FOUND)


@pytest.mark.parametrize("name", [named, by_id])
async def test_a_text_that_was_sent_with_its_hash_is_known_by_it(client, name: Any):
    text = fresh("query($n: String!) { hello(name: $n) }")
    ann = {"variables": {"n": "Ann"}}
    sent = await post(client, name(text, query=text, **ann))
    assert sent.json()["data"] == {"hello": "hello Ann"}

    bob = await post(client, name(text, variables={"n": "Bob"}))
    assert bob.json()["data"] == {"hello": "hello Bob"}


async def test_another_process_knows_it_too(client):
    text = fresh()
    await post(client, named(text, query=text))
    async with another_process(client) as other:
        assert (await post(other, named(text))).json()["data"] == HELLO_YOU


async def test_a_hash_by_get_is_answered_and_can_be_kept(client):
    text = fresh()
    extensions = json.dumps(named(text)["extensions"])
    browser = {"Accept": "*/*"}
    unknown = await client.get("/graphql", params={"extensions": extensions}, headers=browser)
    assert refusal(unknown) == NOT_FOUND
    assert unknown.headers["cache-control"] == "no-store"

    given = {"query": text, "extensions": extensions}
    assert (await client.get("/graphql", params=given)).json()["data"] == HELLO_YOU
    known = await client.get("/graphql", params={"extensions": extensions}, headers=browser)
    assert known.json()["data"] == HELLO_YOU
    assert known.headers["etag"]
    by_its_id = await client.get("/graphql", params=by_id(text), headers={"Accept": "text/html"})
    assert by_its_id.json()["data"] == HELLO_YOU


async def test_a_hash_gives_nobody_the_right_to_more_than_the_text_would(client):
    mutation = fresh("mutation { count }")
    await post(client, named(mutation, query=mutation))
    before = small_schema.counted
    extensions = json.dumps(named(mutation)["extensions"])
    by_get = await client.get("/graphql", params={"extensions": extensions})
    assert by_get.status_code == 405
    assert small_schema.counted == before

    large = fresh(
        "query($n: Int) { " + "thing { page(first: $n) { " * 3 + "name" + " } }" * 3 + " }"
    )
    deep = fresh(small_schema.doubled(30))
    for text in (large, deep, fresh("{ helo }")):
        sent = await post(client, named(text, query=text))
        again = await post(client, named(text))
        assert refusal(again) == refusal(sent)
        assert refusal(sent)["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_nobody_asks_for_hashes_without_signing_in(client):
    text = fresh()
    await post(client, named(text, query=text))
    assert (await post(client, named(text), Authorization="")).status_code == 401
    other = fresh()
    await post(client, named(other, query=other), Authorization="Bearer x")
    assert refusal(await post(client, named(other))) == NOT_FOUND


@pytest.mark.parametrize(
    "wrong",
    [
        named("{ hello }", query="{ thing { name } }"),
        by_id("{ hello }", query="{ thing { name } }"),
        {**named("{ hello }"), **by_id("{ thing { name } }")},
        {"documentId": hash_of("{ hello }")},
        {"documentId": "sha256:abc"},
        {"documentId": f"sha256:{hash_of('x').upper()}"},
        {"documentId": "md5:d41d8cd98f00b204e9800998ecf8427e"},
        {"documentId": 5},
        {"documentId": ""},
        {"extensions": {"persistedQuery": None}},
        {"extensions": {"persistedQuery": []}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": hash_of("x")}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "abc"}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}},
    ],
)
async def test_what_names_no_document_is_told_so(client, wrong: dict[str, Any]):
    response = await post(client, wrong)
    assert response.status_code == 400
    assert error(response)["code"] == "BAD_USER_INPUT"


async def test_what_does_not_parse_is_not_kept(client):
    text = fresh("{")
    assert refusal(await post(client, named(text, query=text)))["code"].startswith("GRAPHQL")
    assert refusal(await post(client, named(text))) == NOT_FOUND


async def test_a_document_that_is_too_long_is_answered_and_not_kept(client):
    text = fresh("{ hello }" + " " * documents.LONGEST)
    assert (await post(client, named(text, query=text))).json()["data"] == HELLO_YOU
    assert refusal(await post(client, named(text))) == NOT_FOUND


async def test_a_process_keeps_the_documents_that_were_used_last(client, monkeypatch):
    monkeypatch.setattr(documents, "HERE", 2)
    monkeypatch.setattr(documents, "SLOTS", 1)  # so that Redis has only the last
    first, second, third = fresh(), fresh(), fresh()
    for text in (first, second):
        await post(client, named(text, query=text))
    await post(client, named(first))  # used, so the second is the oldest
    await post(client, named(third, query=third))

    assert (await post(client, named(first))).json()["data"] == HELLO_YOU
    assert refusal(await post(client, named(second))) == NOT_FOUND


async def test_redis_keeps_no_more_than_it_has_slots_and_for_a_day(client, monkeypatch):
    monkeypatch.setattr(documents, "SLOTS", 3)
    texts = [fresh() for _ in range(20)]
    for text in texts:
        await post(client, named(text, query=text))
    connection = redis.asyncio.Redis.from_url(settings.redis_url)
    try:
        places = [f"amc-reports:kept:document:{number}" for number in range(3)]
        kept = {text.decode() for text in await connection.mget(places) if text}
        assert 1 <= len(kept) <= 3
        assert kept <= set(texts)
        left = [await connection.ttl(place) for place in places]
        assert all(seconds == -2 or 0 < seconds <= documents.KEPT for seconds in left)
    finally:
        await connection.aclose()


async def test_what_redis_says_is_checked_before_it_is_run(client):
    text = fresh()
    await bus.keep(documents._slot(hash_of(text)), "mutation { count }", 60)
    before = small_schema.counted
    assert refusal(await post(client, named(text))) == NOT_FOUND
    assert small_schema.counted == before


async def test_without_redis_each_process_keeps_what_it_is_sent(client, monkeypatch):
    gone = redis.asyncio.Redis(port=1, socket_connect_timeout=0.1)
    monkeypatch.setattr(bus, "_redis", lambda: gone)
    text = fresh()
    assert refusal(await post(client, named(text))) == NOT_FOUND
    assert (await post(client, named(text, query=text))).json()["data"] == HELLO_YOU
    assert (await post(client, named(text))).json()["data"] == HELLO_YOU


async def test_a_socket_takes_hashes_too(place, greeting):
    text, watch = fresh(), fresh("subscription { ticks(until: 1) }")
    async with socket(place, greeting) as line:
        await say(line, id="1", type="subscribe", payload=named(text))
        refused = await hear(line)
        assert (refused["id"], refused["type"]) == ("1", "error")
        assert refused["payload"][0]["message"] == "PersistedQueryNotFound"
        assert refused["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        assert refused["payload"][0]["extensions"]["requestId"]

        for payload in (named(text, query=text), named(text), by_id(text)):
            await say(line, id="1", type="subscribe", payload=payload)
            assert (await hear(line))["payload"]["data"] == HELLO_YOU
            assert (await hear(line))["type"] == "complete"

        for payload in (named(watch, query=watch), by_id(watch)):
            await say(line, id="2", type="subscribe", payload=payload)
            assert (await hear(line))["payload"]["data"] == {"ticks": 0}
            assert (await hear(line))["type"] == "complete"


async def test_a_socket_that_has_not_signed_in_finds_no_documents(place):
    async with socket(place) as line:
        await say(line, id="1", type="subscribe", payload=named(fresh()))
        assert (await sockets.closing(line))[0] == 4401


@pytest.mark.parametrize("payload", [{}, {"query": None}, {"extensions": {}}, {"documentId": 5}])
async def test_a_message_that_names_no_document_ends_the_socket(place, greeting, payload: Any):
    async with socket(place, greeting) as line:
        await say(line, id="1", type="subscribe", payload=payload)
        assert (await sockets.closing(line))[0] == 4400


# A list of documents to trust.

TRUSTED = "{ hello }"
NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"


async def test_a_document_of_the_list_needs_never_be_sent(client):
    async with another_process(client, Documents({hash_of(TRUSTED): TRUSTED})) as listed:
        assert (await post(listed, by_id(TRUSTED))).json()["data"] == HELLO_YOU
        assert (await post(listed, named(TRUSTED))).json()["data"] == HELLO_YOU
        assert (await post(listed, {"query": "{ thing { name } }"})).json()["data"]


@pytest.fixture
def only() -> Documents:
    """Documents of which only these are run."""
    watch = "subscription { ticks(until: 1) }"
    return Documents({hash_of(one): one for one in (TRUSTED, watch)}, only_trusted=True)


async def test_nothing_else_is_run_where_only_the_list_is_trusted(client, only: Documents):
    async with another_process(client, only) as strict:
        for body in (by_id(TRUSTED), named(TRUSTED), {"query": TRUSTED}):
            assert (await post(strict, body)).json()["data"] == HELLO_YOU

        before = small_schema.counted
        other = "mutation { count }"
        for body in ({"query": other}, named(other, query=other), named(other), by_id(other)):
            response = await post(strict, body)
            assert response.status_code == 403
            assert error(response)["code"] == NOT_TRUSTED
            assert "list" in error(response)["message"]
        by_get = await strict.get("/graphql", params={"query": "{ __typename }"})
        assert error(by_get)["code"] == NOT_TRUSTED
        assert small_schema.counted == before


async def test_sockets_and_streams_run_nothing_else_either(client, greeting, only: Documents):
    watch, other = "subscription { ticks(until: 1) }", "subscription { forever }"
    async with serve(small_app(documents=only)) as place, socket(place, greeting) as line:
        await say(line, id="1", type="subscribe", payload={"query": other})
        assert (await hear(line))["payload"][0]["extensions"]["code"] == NOT_TRUSTED
        await say(line, id="1", type="subscribe", payload=by_id(watch))
        assert (await hear(line))["payload"]["data"] == {"ticks": 0}

    async with another_process(client, only) as strict:
        for accept in ("text/event-stream", "multipart/mixed;subscriptionSpec=1.0"):
            refused = await post(strict, {"query": other}, Accept=accept)
            assert error(refused)["code"] == NOT_TRUSTED
            assert '"ticks":0' in (await post(strict, by_id(watch), Accept=accept)).text


async def test_what_others_have_sent_is_not_trusted(client, only: Documents):
    text = fresh()
    await post(client, named(text, query=text))
    async with another_process(client, only) as strict:
        assert error(await post(strict, named(text)))["code"] == NOT_TRUSTED


def test_a_list_is_read_with_or_without_the_prefix(tmp_path: Path):
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({f"sha256:{hash_of('{ a }')}": "{ a }", hash_of("{ b }"): "{ b }"}))
    assert documents.read(file) == {hash_of("{ a }"): "{ a }", hash_of("{ b }"): "{ b }"}


@pytest.mark.parametrize(
    "content", ["", "[]", '{"a": 5}', json.dumps({hash_of("{ a }"): "{ b }"}), None]
)
def test_a_list_that_cannot_be_trusted_stops_the_start(tmp_path: Path, content: str | None):
    file = tmp_path / "documents.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValueError, match=r"TRUSTED_DOCUMENTS: .*documents\.json"):
        documents.read(file)


def test_a_server_that_trusts_only_a_list_needs_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRUSTED_DOCUMENTS_ONLY", "true")
    with pytest.raises(ValidationError, match="needs the list that TRUSTED_DOCUMENTS names"):
        Settings()
    monkeypatch.setenv("TRUSTED_DOCUMENTS", __file__)
    assert Settings().trusted_documents == Path(__file__)
