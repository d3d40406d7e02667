"""GraphQL over a websocket: strict, and nobody's mistake is another's loss."""

import json
from typing import Any

import pytest

from tests.graph.http import sockets
from tests.graph.http.sockets import hear, say, socket, subscribe
from tests.graph.small_schema import SECRET, doubled


async def test_a_socket_carries_queries_and_subscriptions_side_by_side(place, greeting):
    async with socket(place, greeting) as line:
        await subscribe(line, "subscription { forever }", id="f")
        await subscribe(line, "subscription { ticks(until: 2) }", id="t")
        await subscribe(line, "{ hello }", id="q")
        heard = [await hear(line) for _ in range(6)]

    of = {name: [one for one in heard if one["id"] == name] for name in "ftq"}
    assert [one["payload"]["data"] for one in of["f"]] == [{"forever": 1}]
    assert [one["type"] for one in of["t"]] == ["next", "next", "complete"]
    assert of["q"][0]["payload"]["data"] == {"hello": "hello you"}


MALFORMED = {
    "a list": [],
    "a text": "x",
    "a number": 5,
    "null": None,
    "no type": {},
    "an unknown type": {"type": "start"},
    "a type that is a list": {"type": ["subscribe"]},
    "no payload": {"id": "1", "type": "subscribe"},
    "payload null": {"id": "1", "type": "subscribe", "payload": None},
    "payload a text": {"id": "1", "type": "subscribe", "payload": "{ hello }"},
    "an object as id": {"id": {}, "type": "subscribe", "payload": {"query": "{ hello }"}},
    "a number as id": {"id": 1, "type": "subscribe", "payload": {"query": "{ hello }"}},
    "an empty id": {"id": "", "type": "subscribe", "payload": {"query": "{ hello }"}},
    "query a number": {"id": "1", "type": "subscribe", "payload": {"query": 5}},
    "variables a text": {
        "id": "1",
        "type": "subscribe",
        "payload": {"query": "{ hello }", "variables": "{}"},
    },
    "complete without id": {"type": "complete"},
    "a list with ping": {"type": "ping", "payload": []},
}


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_message_ends_the_socket_with_4400(place, greeting, message: Any):
    async with socket(place, greeting) as line:
        await line.send(json.dumps(message))
        assert (await sockets.closing(line))[0] == 4400


@pytest.mark.parametrize("text", ["{", "\x00", '{"type": NaN}'])
async def test_what_is_no_json_ends_the_socket_with_4400(place, greeting, text: str):
    async with socket(place, greeting) as line:
        await line.send(text)
        assert (await sockets.closing(line))[0] == 4400


async def test_bytes_end_the_socket_with_4400(place, greeting):
    async with socket(place, greeting) as line:
        await line.send(b"{}")
        assert (await sockets.closing(line))[0] == 4400


async def test_a_message_that_is_too_big_ends_the_socket(place, greeting):
    async with socket(place, greeting) as line:
        await line.send("x" * 1_000_001)
        assert (await sockets.closing(line))[0] == 1009


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ helo }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": doubled(30)}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": ""}, "BAD_USER_INPUT"),
        ({"query": "{ hello }", "operationName": "X"}, "BAD_USER_INPUT"),
        ({"query": "query A { hello } query B { hello }"}, "BAD_USER_INPUT"),
        ({"query": "query($id: UUID!) { byId(id: $id) }"}, "BAD_USER_INPUT"),
        ({"query": "subscription($n: Int!) { ticks(until: $n) }"}, "BAD_USER_INPUT"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_one_bad_operation_leaves_the_others_on_its_socket_alone(
    place, greeting, payload: dict[str, Any], code: str
):
    async with socket(place, greeting) as line:
        await say(line, id="bad", type="subscribe", payload=payload)
        await subscribe(line, "{ hello }", id="good")
        heard = {}
        while ("good", "complete") not in heard or not {("bad", "error"), ("bad", "next")} & {
            *heard
        }:
            message = await hear(line)
            heard[message["id"], message["type"]] = message

    assert ("good", "next") in heard
    found = heard["bad", "error"]["payload"] if ("bad", "error") in heard else None
    found = found or heard["bad", "next"]["payload"]["errors"]
    assert {one["extensions"]["code"] for one in found} == {code}
    assert all(one["extensions"]["requestId"] for one in found)


async def last_words(place: str, greeting: dict[str, str], query: str) -> dict[str, Any]:
    async with socket(place, greeting) as line:
        await subscribe(line, query)
        messages = [await hear(line) for _ in range(2)]
    return dict(messages[-1]["payload"]["errors"][0])


async def test_a_bug_in_a_subscription_says_nothing(place, greeting):
    found = await last_words(place, greeting, "subscription { broken }")
    assert found["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert found["extensions"]["requestId"]
    assert SECRET not in json.dumps(found)


async def test_a_refusal_in_a_subscription_keeps_its_words(place, greeting):
    found = await last_words(place, greeting, "subscription { refused }")
    assert (found["message"], found["extensions"]["code"]) == ("Not any more.", "CONFLICT")
