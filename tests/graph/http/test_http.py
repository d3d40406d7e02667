"""GraphQL over HTTP: whatever comes in is answered in GraphQL's own form, with a fitting status."""

import gzip
from collections.abc import AsyncIterator

import pytest

from tests.graph import small_schema
from tests.graph.server import GRAPHQL, PLAIN, error, post
from tests.graph.small_schema import HELLO

BAD_BODIES = {
    "nothing": b"",
    "null": b"null",
    "true": b"true",
    "zero": b"0",
    "a text": b'"x"',
    "a list": b"[]",
    "a batch": b'[{"query": "{ hello }"}]',
    "an empty object": b"{}",
    "no PLAIN": b"{",
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
@pytest.mark.parametrize("accept", [PLAIN, GRAPHQL])
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
    assert response.json()["data"] == {"hello": "hello you"}


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
    before = small_schema.counted
    response = await client.get("/graphql", params={"query": "mutation { count }"})

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert small_schema.counted == before


async def test_a_query_by_get_is_run(client):
    parameters = {"query": "query($n: String!) { hello(name: $n) }", "variables": '{"n": "Ann"}'}
    response = await client.get("/graphql", params=parameters)
    assert response.json()["data"] == {"hello": "hello Ann"}


async def test_variables_in_the_address_must_be_json(client):
    response = await client.get("/graphql", params={"query": "{ hello }", "variables": "{"})
    assert response.status_code == 400
    assert "`variables`" in error(response)["message"]


async def test_a_browser_that_looks_around_is_sent_to_the_explorer(client):
    response = await client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (response.status_code, response.headers["location"]) == (303, "/explorer")


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, PLAIN),
        ("*/*", PLAIN),
        ("", PLAIN),
        (PLAIN, PLAIN),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {PLAIN}; charset=utf-8", GRAPHQL),
        (f"{PLAIN}, {GRAPHQL}", PLAIN),
        (f"{PLAIN};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0, {PLAIN}", PLAIN),
        (
            f"{GRAPHQL}, application/graphql+json, {PLAIN}, text/event-stream, multipart/mixed",
            GRAPHQL,
        ),
        ("text/html", PLAIN),
        (f"{GRAPHQL};q=nonsense", PLAIN),
    ],
)
async def test_the_client_gets_the_type_it_prefers(client, accept: str | None, answered: str):
    client.headers.pop("accept", None)
    response = await post(client, HELLO, **({} if accept is None else {"Accept": accept}))
    assert response.headers["content-type"] == answered
    assert response.json()["data"]


async def test_decimals_are_texts_and_what_is_no_number_is_null(client):
    body = (await post(client, {"query": "{ numbers }"})).json()
    assert body["data"] == {"numbers": [None, None, "0.10", 2**63, 0.1, "2026-02-28"]}


async def test_what_the_fast_encoder_refuses_is_json_all_the_same(client):
    body = (await post(client, {"query": "{ strange }"})).json()
    identity = "00000000-0000-0000-0000-000000000001"
    strange = {"huge": 2**100, "nan": [None], "half": "\ud83d", "id": identity}
    assert body["data"] == {"strange": strange}


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
