"""GraphQL over HTTP and websockets: whatever comes in, what goes out gives nothing away."""

import gzip
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from domain import access, tokens
from graph import limits
from graph.view import View
from tests import web
from tests.web import SECRET, SOMEBODY, hear, say, serve, small_app, socket, subscribe

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
HELLO = {"query": "{ hello }"}


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every token that is valid is somebody's."""

    async def sign_in(claims: tokens.Claims) -> access.Viewer:
        return SOMEBODY

    monkeypatch.setattr(access, "sign_in", sign_in)


@pytest.fixture
def authorization() -> str:
    return f"Bearer {tokens.issue('somebody', 'somebody@example.com')}"


@pytest.fixture
async def client(authorization: str) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(small_app())
    headers = {"Authorization": authorization}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", headers=headers
    ) as made:
        yield made


@pytest.fixture
async def place() -> AsyncIterator[str]:
    async with serve(small_app()) as address:
        yield address


async def post(client: httpx2.AsyncClient, body: Any, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Type": JSON} | {name.replace("_", "-"): v for name, v in headers.items()}
    return await client.post("/graphql", content=content, headers=named)


def error(response: httpx2.Response) -> dict[str, Any]:
    """The one error of an answer; each has a code and the id of its request."""
    body = response.json()
    assert len(body["errors"]) == 1
    found = body["errors"][0]
    assert found["extensions"]["requestId"] == response.headers["x-request-id"]
    return {"message": found["message"], **found["extensions"]}


BAD_BODIES = {
    "nothing": b"",
    "null": b"null",
    "true": b"true",
    "zero": b"0",
    "a text": b'"x"',
    "a list": b"[]",
    "a batch": b'[{"query": "{ hello }"}]',
    "an empty object": b"{}",
    "no JSON": b"{",
    "not UTF-8": b'{"query": "\xff\xfe"}',
    "half a pair": b'{"query": "{ hello }", "operationName": "\\ud800"}',
    "gzip": gzip.compress(b'{"query": "{ hello }"}'),
    "very deep": b'{"query": "{ hello }", "variables": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
    "NaN": b'{"query": "{ hello }", "variables": {"a": NaN}}',
    "query null": b'{"query": null}',
    "query empty": b'{"query": ""}',
    "query a number": b'{"query": 5}',
    "query a list": b'{"query": ["{ hello }"]}',
    "variables a list": b'{"query": "{ hello }", "variables": []}',
    "variables a text": b'{"query": "{ hello }", "variables": "{}"}',
    "operationName a number": b'{"query": "{ hello }", "operationName": 7}',
    "extensions a text": b'{"query": "{ hello }", "extensions": "x"}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_a_bad_body_is_refused_in_graphqls_own_form(client, body: bytes, accept: str):
    response = await post(client, body, Accept=accept)

    assert response.status_code == 400
    assert response.headers["content-type"] == accept
    assert error(response)["code"] == "BAD_USER_INPUT"
    assert "data" not in response.json()


async def test_a_number_of_5000_digits_is_no_accident(client):
    body = b'{"query": "query($n: Int) { thing { page(first: $n) { name } } }", "variables": {"n": '
    response = await post(client, body + b"1" * 5000 + b"}}")

    assert response.status_code in (200, 400)
    assert error(response)["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "xapplication/json",
        "application/graphql",
        "application/json; charset=latin-1",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ],
)
async def test_what_is_not_json_is_refused_unread(client, content_type: str):
    response = await client.post(
        "/graphql", content=b'{"query": "{ hello }"}', headers={"Content-Type": content_type}
    )
    assert response.status_code == 415
    assert error(response)["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("charset", ["utf-8", '"UTF-8"', "utf8"])
async def test_json_that_says_it_is_utf_8_is_read(client, charset: str):
    response = await post(client, HELLO, **{"Content-Type": f"application/json; charset={charset}"})
    assert response.json() == {"data": {"hello": "hello you"}}


async def test_a_compressed_body_is_refused(client):
    response = await post(client, gzip.compress(b"{}"), **{"Content-Encoding": "gzip"})
    assert response.status_code == 415


async def test_a_body_is_refused_by_its_announced_length(client):
    response = await post(client, b" " * 1_000_001)
    assert response.status_code == 413
    assert error(response)["code"] == "BAD_USER_INPUT"


async def test_a_body_that_hides_its_length_is_refused_as_it_grows(client):
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 100_000
            yield b" " * 100_000

    response = await client.post(
        "/graphql", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_told_which_there_are(client, method: str):
    response = await client.request(method, "/graphql", json=HELLO)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_a_mutation_by_get_is_not_run(client):
    before = web.counted
    response = await client.get("/graphql", params={"query": "mutation { count }"})

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert web.counted == before


async def test_a_query_by_get_is_run(client):
    parameters = {"query": "query($n: String!) { hello(name: $n) }", "variables": '{"n": "Ann"}'}
    response = await client.get("/graphql", params=parameters)
    assert response.json() == {"data": {"hello": "hello Ann"}}


async def test_variables_in_the_address_must_be_json(client):
    response = await client.get("/graphql", params={"query": "{ hello }", "variables": "{"})
    assert response.status_code == 400
    assert "`variables`" in error(response)["message"]


async def test_a_browser_that_looks_around_is_sent_to_the_explorer(client):
    response = await client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (response.status_code, response.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0, {JSON}", JSON),
        (
            f"{GRAPHQL}, application/graphql+json, {JSON}, text/event-stream, multipart/mixed",
            GRAPHQL,
        ),
        ("text/html", JSON),
        (f"{GRAPHQL};q=nonsense", JSON),
    ],
)
async def test_the_client_gets_the_type_it_prefers(client, accept: str | None, answered: str):
    client.headers.pop("accept", None)
    response = await post(client, HELLO, **({} if accept is None else {"Accept": accept}))
    assert response.headers["content-type"] == answered
    assert response.json()["data"]


INVALID = {
    "syntax": ("{ hello", "GRAPHQL_VALIDATION_FAILED"),
    "unknown field": ("{ helo }", "GRAPHQL_VALIDATION_FAILED"),
    "unknown argument": ("{ hello(nam: 1) }", "GRAPHQL_VALIDATION_FAILED"),
    "wrong type": ("{ hello(name: 5) }", "GRAPHQL_VALIDATION_FAILED"),
    "empty selection": ("{ }", "GRAPHQL_VALIDATION_FAILED"),
    "empty inner selection": ("{ thing { } }", "GRAPHQL_VALIDATION_FAILED"),
    "missing variable": ("query($n: String!) { hello(name: $n) }", "BAD_USER_INPUT"),
    "nothing but a fragment": ("fragment F on Query { hello }", "BAD_USER_INPUT"),
    "two operations": ("query A { hello } query B { hello }", "BAD_USER_INPUT"),
    "a subscription": ("subscription { ticks }", "BAD_USER_INPUT"),
}


@pytest.mark.parametrize(("query", "code"), INVALID.values(), ids=INVALID)
async def test_a_request_that_cannot_be_run_has_no_data(client, query: str, code: str):
    old = await post(client, {"query": query}, Accept=JSON)
    new = await post(client, {"query": query}, Accept=GRAPHQL)

    assert error(old)["code"] == error(new)["code"] == code
    assert "data" not in old.json()
    assert "data" not in new.json()
    assert new.status_code == 400


async def test_with_plain_json_an_invalid_document_is_still_an_answer(client):
    assert (await post(client, {"query": "{ helo }"})).status_code == 200


async def test_one_of_two_operations_is_run_by_its_name(client):
    query = 'query A { hello } query B { hello(name: "B") }'
    named = await post(client, {"query": query, "operationName": "B"})
    unknown = await post(client, {"query": query, "operationName": "C"})

    assert named.json() == {"data": {"hello": "hello B"}}
    assert error(unknown)["message"] == 'Unknown operation named "C".'


@pytest.mark.parametrize(
    "query",
    ["{ helo }", "{ hello(nam: 1) }", "{ hello(colour: RAD) }", "query($c: Color) { hello }"],
)
async def test_nothing_is_suggested(client, query: str):
    messages = [one["message"] for one in (await post(client, {"query": query})).json()["errors"]]
    assert messages
    assert not any("Did you mean" in message for message in messages)


async def test_a_variable_that_cannot_be_read_is_explained(client):
    query = "query($id: UUID!) { byId(id: $id) }"
    response = await post(client, {"query": query, "variables": {"id": "nonsense"}})
    found = error(response)
    assert found["code"] == "BAD_USER_INPUT"
    assert "$id" in found["message"]
    assert "nonsense" in found["message"]


@pytest.mark.parametrize("field", ["bug", "impossible", "tooBig"])
async def test_a_bug_says_nothing(client, field: str, capsys: pytest.CaptureFixture[str]):
    response = await post(client, {"query": f"{{ {field} }}"})

    assert response.status_code == 200
    found = error(response)
    assert found["code"] == "INTERNAL_SERVER_ERROR"
    assert found["requestId"] in found.values()
    assert SECRET not in response.text
    assert "null" not in found["message"]


async def test_a_refusal_keeps_its_words_its_code_and_its_field(client):
    response = await post(client, {"query": "{ refused hello }"})

    assert response.json()["data"] == {"refused": None, "hello": "hello you"}
    assert error(response) | {"requestId": ""} == {
        "message": "There is one already. Did you mean this one?",
        "code": "CONFLICT",
        "field": "thing.name",
        "requestId": "",
    }


async def test_an_error_of_ours_outside_of_graphql_is_masked_too(
    client, monkeypatch: pytest.MonkeyPatch
):
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(View, "execute_single", fail)
    response = await post(client, HELLO)

    assert response.status_code == 500
    assert error(response)["code"] == "INTERNAL_SERVER_ERROR"
    assert SECRET not in response.text


async def test_decimals_are_texts_and_what_is_no_number_is_null(client):
    body = (await post(client, {"query": "{ numbers }"})).json()
    assert body == {"data": {"numbers": [None, None, "0.10", 2**63, 0.1, "2026-02-28"]}}


async def test_what_the_fast_encoder_refuses_is_json_all_the_same(client):
    body = (await post(client, {"query": "{ strange }"})).json()
    identity = "00000000-0000-0000-0000-000000000001"
    strange = {"huge": 2**100, "nan": [None], "half": "\ud83d", "id": identity}
    assert body == {"data": {"strange": strange}}


async def test_the_callers_request_id_is_kept_if_it_is_sane(client):
    kept = await post(client, HELLO, **{"X-Request-ID": "my-own-request-17"})
    replaced = await post(client, HELLO, **{"X-Request-ID": "x" * 500})

    assert kept.headers["x-request-id"] == "my-own-request-17"
    assert len(replaced.headers["x-request-id"]) == 32


async def test_every_answer_tells_browsers_to_be_careful(client):
    headers = (await post(client, HELLO)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-frame-options"] == "DENY"


def doubled(levels: int) -> str:
    fragments = " ".join(
        f"fragment F{n} on Thing {{ things {{ ...F{n + 1} }} ...F{n + 1} ...F{n + 1} }}"
        for n in range(levels)
    )
    return f"{{ thing {{ ...F0 }} }} {fragments} fragment F{levels} on Thing {{ name }}"


TOO_MUCH = {
    "tokens": "{ " + "hello " * 6000 + "}",
    "aliases": "{ " + " ".join(f"a{n}: hello" for n in range(200)) + " }",
    "repetitions": "{ " + "hello " * 200 + "}",
    "fields": "{ " + " ".join(f"t{n}: thing {{ {'name ' * 20} }}" for n in range(90)) + " }",
    "depth": "{ thing " + "{ page(first: 1) " * 25 + "{ name }" + " }" * 26,
    "cost": "{ thing { things { things { things { things { things { name } } } } } } }",
    "pages": "{ thing { page(first: 100) { page(first: 100) { page(first: 100) { name } } } } }",
    "directives": "{ hello " + "@skip(if: false) " * 60 + "}",
    "doubled fragments": doubled(30),
    "many doubled fragments": doubled(70),
    "parser depth": "{ thing " + "{ things " * 3000,
    "list depth": "{ hello(name: " + "[" * 4000,
    "introspection in circles": "{ __schema { types { fields { type { fields { type { fields {"
    " type { fields { name } } } } } } } } } }",
}


@pytest.mark.parametrize("query", TOO_MUCH.values(), ids=TOO_MUCH)
async def test_a_document_that_asks_too_much_is_refused_at_once(client, query: str):
    began = time.perf_counter()
    response = await post(client, {"query": query})

    assert time.perf_counter() - began < 2  # unmeasured, some of these take hours
    assert {one["extensions"]["code"] for one in response.json()["errors"]} == {
        "GRAPHQL_VALIDATION_FAILED"
    }
    assert "data" not in response.json()


async def test_the_size_of_a_page_given_as_a_variable_counts(client):
    query = (
        "query($n: Int!) { thing { things { things { things { page(first: $n) { name } } } } } }"
    )
    small = await post(client, {"query": query, "variables": {"n": 1}})
    large = await post(client, {"query": query, "variables": {"n": 100}})

    assert small.json()["data"]
    assert "100000" not in small.text
    assert "values; 25000 are allowed" in error(large)["message"]


async def test_a_document_with_many_errors_names_a_few(client):
    response = await post(client, {"query": "{ " + " ".join(f"x{n}" for n in range(50)) + " }"})
    assert len(response.json()["errors"]) <= limits.MAX_ERRORS + 1


async def test_the_same_document_is_judged_once(client):
    limits._judged.cache_clear()
    for _ in range(3):
        await post(client, {"query": "{ hello thing { name } }"})
    assert limits._judged.cache_info().misses == 1


async def test_the_question_of_every_explorer_is_answered(client):
    from graphql import get_introspection_query

    query = get_introspection_query(descriptions=True, input_value_deprecation=True)
    assert (await post(client, {"query": query})).json()["data"]["__schema"]


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


@pytest.mark.parametrize("accept", ["text/event-stream", f"{JSON}, text/event-stream"])
async def test_a_mutation_by_get_is_not_run_as_a_stream_either(client, accept: str):
    before = web.counted
    query = {"query": "mutation { count }"}
    response = await client.get("/graphql", params=query, headers={"Accept": accept})

    assert "errors" in response.text
    assert web.counted == before


async def test_a_client_that_lists_events_after_json_gets_json(client):
    accept = f"{GRAPHQL}, {JSON}, text/event-stream, multipart/mixed"
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

    monkeypatch.setattr("graph.signing_in.datetime", Later)
    response = await post(
        client,
        {"query": "subscription { ticks(until: 50) }"},
        Authorization=f"Bearer {short}",
        **EVENTS,
    )
    assert response.text.count("event: next") == 1
    assert "complete" not in response.text


@pytest.fixture
def greeting(authorization: str) -> dict[str, str]:
    return {"Authorization": authorization}


async def test_a_socket_carries_queries_and_subscriptions_side_by_side(place, greeting):
    async with socket(place, greeting) as line:
        await subscribe(line, "subscription { forever }", id="f")
        await subscribe(line, "subscription { ticks(until: 2) }", id="t")
        await subscribe(line, "{ hello }", id="q")
        heard = [await hear(line) for _ in range(6)]

    of = {name: [one for one in heard if one["id"] == name] for name in "ftq"}
    assert [one["payload"]["data"] for one in of["f"]] == [{"forever": 1}]
    assert [one["type"] for one in of["t"]] == ["next", "next", "complete"]
    assert of["q"][0]["payload"] == {"data": {"hello": "hello you"}}


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
        assert (await web.closing(line))[0] == 4400


@pytest.mark.parametrize("text", ["{", "\x00", '{"type": NaN}'])
async def test_what_is_no_json_ends_the_socket_with_4400(place, greeting, text: str):
    async with socket(place, greeting) as line:
        await line.send(text)
        assert (await web.closing(line))[0] == 4400


async def test_bytes_end_the_socket_with_4400(place, greeting):
    async with socket(place, greeting) as line:
        await line.send(b"{}")
        assert (await web.closing(line))[0] == 4400


async def test_a_message_that_is_too_big_ends_the_socket(place, greeting):
    async with socket(place, greeting) as line:
        await line.send("x" * 1_000_001)
        assert (await web.closing(line))[0] == 1009


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
        while "complete" not in [one["type"] for one in heard.values() if one["id"] == "good"]:
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
