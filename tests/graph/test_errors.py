"""Errors: what is the client's has a code and a reason, what is ours says nothing."""

import pytest

from graph.http.operations import operations
from tests.graph.server import GRAPHQL, PLAIN, error, post
from tests.graph.small_schema import HELLO, SECRET

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
    old = await post(client, {"query": query}, Accept=PLAIN)
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

    assert named.json()["data"] == {"hello": "hello B"}
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

    monkeypatch.setattr(operations, "run", fail)
    response = await post(client, HELLO)

    assert response.status_code == 500
    assert error(response)["code"] == "INTERNAL_SERVER_ERROR"
    assert SECRET not in response.text
