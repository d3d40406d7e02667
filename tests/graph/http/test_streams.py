"""Subscriptions over plain HTTP: as server-sent events, or as parts of a multipart answer."""

import asyncio
import email
import email.policy
import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from domain.people import tokens
from graph.http import streams
from tests.graph import small_schema
from tests.graph.server import GRAPHQL, PLAIN, post
from tests.graph.small_schema import HELLO, SECRET

EVENTS = {"Accept": "text/event-stream"}


async def test_a_subscription_is_also_a_stream_of_events(client):
    response = await post(client, {"query": "subscription { ticks(until: 2) }"}, **EVENTS)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert "\r" not in response.text
    first, second, end = (one.split("\ndata: ") for one in response.text.split("\n\n")[:-1])
    assert [first[0], second[0], end] == ["event: next", "event: next", ["event: complete", ""]]
    assert [json.loads(one[1])["data"] for one in (first, second)] == [{"ticks": 0}, {"ticks": 1}]


@pytest.mark.parametrize("accept", ["text/event-stream", f"{PLAIN}, text/event-stream"])
async def test_a_mutation_by_get_is_not_run_as_a_stream_either(client, accept: str):
    before = small_schema.counted
    query = {"query": "mutation { count }"}
    response = await client.get("/graphql", params=query, headers={"Accept": accept})

    assert "errors" in response.text
    assert small_schema.counted == before


async def test_a_client_that_lists_events_after_json_gets_json(client):
    accept = f"{GRAPHQL}, {PLAIN}, text/event-stream, multipart/mixed"
    response = await post(client, HELLO, Accept=accept)
    assert response.json()["data"] == {"hello": "hello you"}


async def test_a_bug_in_a_stream_of_events_says_nothing(client):
    response = await post(client, {"query": "subscription { broken }"}, **EVENTS)
    assert "INTERNAL_SERVER_ERROR" in response.text
    assert response.headers["x-request-id"] in response.text
    assert SECRET not in response.text


@pytest.fixture
async def late_token(monkeypatch: pytest.MonkeyPatch) -> str:
    """A token that ends as soon as the request has begun."""
    short = tokens.issue("somebody", "s@example.com", lifetime=timedelta(seconds=60))
    ended = (await tokens.verify(short)).expires_at + timedelta(seconds=1)

    monkeypatch.setattr("graph.http.signing_in.moments", SimpleNamespace(now=lambda: ended))
    return short


async def test_a_stream_of_events_ends_with_its_token(client, late_token: str):
    response = await post(
        client,
        {"query": "subscription { ticks(until: 50) }"},
        Authorization=f"Bearer {late_token}",
        **EVENTS,
    )
    assert response.text.count("event: next") == 1
    assert "complete" not in response.text


PARTS = {"Accept": "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"}


def parts(response: httpx2.Response) -> list[Any]:
    """The JSON of each part, read by a parser that knows multipart and not us."""
    head = f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + response.content, policy=email.policy.HTTP)
    assert message.is_multipart()
    assert message.defects == []
    found = list(message.iter_parts())
    assert {one.get_content_type() for one in found} == {"application/json"}
    return [json.loads(one.get_payload(decode=True)) for one in found]


async def test_a_subscription_is_also_a_multipart_answer(client):
    response = await post(client, {"query": "subscription { ticks(until: 2) }"}, **PARTS)

    kind = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0"
    assert response.headers["content-type"] == kind
    assert response.text.endswith("\r\n--graphql--\r\n")
    beat, *events = parts(response)
    assert beat == {}
    assert [one["payload"]["data"] for one in events] == [{"ticks": 0}, {"ticks": 1}]


@pytest.mark.parametrize(
    "accept",
    [
        'multipart/mixed;subscriptionSpec="1.0", application/json',
        "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,"
        "application/json;q=0.9",
    ],
)
async def test_parts_are_sent_to_every_client_that_prefers_them(client, accept: str):
    query = {"query": "subscription { ticks(until: 1) }"}
    response = await post(client, query, Accept=accept)
    (event,) = parts(response)[1:]
    assert event["payload"]["data"] == {"ticks": 0}


@pytest.mark.parametrize(
    "accept",
    [
        "multipart/mixed;deferSpec=20220824,application/json",
        "multipart/mixed",
        "multipart/mixed;subscriptionSpec=2.0",
        "application/json, multipart/mixed;subscriptionSpec=1.0",
        "multipart/mixed;subscriptionSpec=1.0;q=0",
    ],
)
async def test_who_does_not_ask_for_parts_gets_none(client, accept: str):
    assert (await post(client, HELLO, Accept=accept)).json()["data"] == {"hello": "hello you"}
    refused = await post(client, {"query": "subscription { ticks }"}, Accept=accept)
    assert refused.status_code == 400
    assert "subscriptionSpec=1.0" in refused.json()["errors"][0]["message"]


async def test_queries_and_mutations_are_answered_whole(client):
    assert (await post(client, HELLO, **PARTS)).json()["data"] == {"hello": "hello you"}
    before = small_schema.counted
    answer = await post(client, {"query": "mutation { count }"}, **PARTS)
    assert answer.json()["data"] == {"count": before + 1}
    wrong = await post(client, {"query": "{"}, **PARTS)
    assert wrong.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_subscription_that_is_refused_says_so_in_a_part(client):
    response = await post(client, {"query": "subscription { ticsk }"}, **PARTS)
    (event,) = parts(response)[1:]
    assert event["payload"]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_refusal_and_a_bug_are_told_in_parts_as_elsewhere(client):
    refused = parts(await post(client, {"query": "subscription { refused }"}, **PARTS))[-1]
    assert refused["payload"]["errors"][0]["message"] == "Not any more."
    response = await post(client, {"query": "subscription { broken }"}, **PARTS)
    found = parts(response)[-1]["payload"]["errors"][0]
    assert found["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert found["extensions"]["requestId"] == response.headers["x-request-id"]
    assert SECRET not in response.text


async def test_parts_arrive_as_they_happen_and_the_line_shows_that_it_lives(
    place: str, authorization: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(streams.Parts, "heartbeat_interval", 0.02)
    headers = {"Authorization": authorization, "Accept-Encoding": "gzip, br, zstd", **PARTS}
    body = {"query": "subscription { forever }"}
    seen = ""
    async with (
        asyncio.timeout(10),
        httpx2.AsyncClient(base_url=f"http://{place}", headers=headers) as asking,
        asking.stream("POST", "/graphql", json=body) as response,
    ):
        assert "content-encoding" not in response.headers
        assert response.headers["x-accel-buffering"] == "no"
        async for text in response.aiter_text():
            seen += text
            if seen.count("\r\n\r\n{}\r\n--graphql") >= 3:
                break
    assert '\r\n\r\n{"payload":{"data":{"forever":1},' in seen


async def test_parts_end_with_their_token_and_say_so(client, late_token: str):
    response = await post(
        client,
        {"query": "subscription { ticks(until: 50) }"},
        Authorization=f"Bearer {late_token}",
        **PARTS,
    )
    *events, last = parts(response)
    assert len(events) < 5
    assert last["payload"] is None
    assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert last["errors"][0]["extensions"]["requestId"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    "query",
    [
        "{ hello ... @defer { thing { name } } }",
        'query($now: Boolean!) { ... @defer(if: $now, label: "later") { hello } }',
        "{ thing { things @stream(initialCount: 1) { name } } }",
    ],
)
@pytest.mark.parametrize("accept", [PLAIN, "multipart/mixed;deferSpec=20220824,application/json"])
async def test_an_answer_in_pieces_is_refused_with_what_to_do_instead(
    client, query: str, accept: str
):
    response = await post(client, {"query": query}, Accept=accept)
    found = response.json()["errors"][0]
    assert found["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "operation of its own" in found["message"]
