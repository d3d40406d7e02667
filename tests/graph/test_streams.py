"""Server-sent events: a subscription, or anything else, as a stream."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.people import tokens
from tests.graph import small_schema
from tests.graph.server import GRAPHQL, PLAIN, post
from tests.graph.small_schema import HELLO, SECRET

EVENTS = {"Accept": "text/event-stream"}


async def test_a_subscription_is_also_a_stream_of_events(client):
    response = await post(client, {"query": "subscription { ticks(until: 2) }"}, **EVENTS)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert "\r" not in response.text
    assert response.text == (
        'event: next\ndata: {"data":{"ticks":0}}\n\n'
        'event: next\ndata: {"data":{"ticks":1}}\n\n'
        "event: complete\ndata: \n\n"
    )


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
    assert response.json() == {"data": {"hello": "hello you"}}


async def test_a_bug_in_a_stream_of_events_says_nothing(client):
    response = await post(client, {"query": "subscription { broken }"}, **EVENTS)
    assert "INTERNAL_SERVER_ERROR" in response.text
    assert response.headers["x-request-id"] in response.text
    assert SECRET not in response.text


async def test_a_stream_of_events_ends_with_its_token(client, monkeypatch: pytest.MonkeyPatch):
    short = tokens.issue("somebody", "s@example.com", lifetime=timedelta(seconds=60))
    claims = await tokens.verify(short)
    ended = claims.expires_at + timedelta(seconds=1)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Later":
            return cls.fromtimestamp(ended.timestamp(), tz or UTC)

    monkeypatch.setattr("graph.http.signing_in.datetime", Later)
    response = await post(
        client,
        {"query": "subscription { ticks(until: 50) }"},
        Authorization=f"Bearer {short}",
        **EVENTS,
    )
    assert response.text.count("event: next") == 1
    assert "complete" not in response.text
