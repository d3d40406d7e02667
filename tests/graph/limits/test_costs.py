"""What a question costs: declared, known before it runs, counted while it runs, and told."""

import time
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from domain.people import tokens
from graph.fields import costs as declared
from graph.http.endpoint import View
from graph.http.limits import costs
from graph.schema import schema
from tests.graph.http.sockets import hear, socket, subscribe
from tests.graph.server import error, post
from tests.graph.small_schema import Thing, small

CIRCLES = """
{ collections(first: 1) { nodes { weeks { collection { weeks { collection { weeks { collection {
  weeks { id } } } } } } } } } }
"""


def test_every_list_of_the_schema_says_how_long_it_gets():
    declared.check(schema._schema)


def test_no_server_starts_with_a_list_that_says_nothing():
    @strawberry.type
    class Query:
        @strawberry.field
        def names(self) -> list[str]:
            return []

    with pytest.raises(ValueError, match=r"how long these lists get: Query.names. Declare it"):
        View(strawberry.Schema(Query))


def test_no_server_starts_with_extensions_that_would_not_run():
    with pytest.raises(ValueError, match="extensions or directives, which would not be run"):
        View(strawberry.Schema(Thing, extensions=[SchemaExtension]))


async def test_a_question_in_circles_is_refused_at_once_with_its_cost_and_its_cause(api, alice):
    token = f"Bearer {tokens.issue('alice@example.com', alice.email)}"
    began = time.process_time()
    response = await post(api, {"query": CIRCLES}, Authorization=token)
    assert time.process_time() - began < 0.5  # with signing in, on a machine that others use too

    refusal = error(response)
    assert refusal["code"] == "QUERY_TOO_EXPENSIVE"
    assert "over a billion points; 250,000 are allowed" in refusal["message"]
    path = "collections.nodes.weeks.collection.weeks.collection.weeks.collection.weeks"
    assert f"97 % of them are of `{path}`" in refusal["message"]
    cost = response.json()["extensions"]["cost"]
    assert cost["actual"] == 0
    assert cost["requested"] > 366**4
    assert cost["limit"] == costs.MAX_COST


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        (" ".join(f"a{n}: {{}}" for n in range(40)), "100 % of them are of `thing`"),
        ("hello " + " ".join(f"a{n}: {{}}" for n in range(3)), "99 % of them are of `thing`"),
        ("hello a: {}", "97 % of them are of `a.things.things.things.things`"),
        ("...F ...G", "48 % of them are of `a.things.things.things.things`"),
    ],
    ids=["many aliases", "some aliases", "one field", "two fragments"],
)
async def test_a_refusal_names_the_field_that_costs_most(client, asked: str, most: str):
    thing = "thing { things { things { things { things { name } } } } }"
    fragments = f"fragment F on Query {{ a: {thing} }} fragment G on Query {{ b: {thing} }}"
    used = fragments if "...F" in asked else ""
    query = f"{{ {asked.replace('{}', thing)} }} {used}"
    refusal = error(await post(client, {"query": query}))
    assert refusal["code"] == "QUERY_TOO_EXPENSIVE"
    assert most in refusal["message"]


SMALL = {
    "{ hello }": 1,
    "{ hello a: hello }": 2,
    "{ thing { name } }": 2,
    "{ thing { things { name } } }": 1 + 1 + 20 * 2,
    "{ thing { page { name } } }": 1 + 1 + 20 * 2,
    "{ thing { page(first: 3) { name } } }": 1 + 1 + 3 * 2,
    "{ thing { page(first: 0) { name } } }": 1 + 1,
    "{ thing { ...F ...F } } fragment F on Thing { name }": 3,
    "{ thing { ... { name } ... on Thing { name } } }": 3,
    "{ thing { things @skip(if: true) { name } } }": 1 + 1 + 20 * 2,
}


@pytest.mark.parametrize(("query", "cost"), SMALL.items(), ids=SMALL)
async def test_the_cost_is_told_with_every_answer(client, query: str, cost: int):
    told = (await post(client, {"query": query})).json()["extensions"]["cost"]
    assert told["requested"] == cost
    assert 0 < told["actual"] <= cost


@pytest.mark.parametrize(("given", "size"), [(3, 3), (3.0, 3), (None, 20), (10**6, 100), (-5, 0)])
async def test_the_size_of_a_page_may_be_a_variable(client, given: Any, size: int):
    query = "query($n: Int) { thing { page(first: $n) { name } } }"
    answer = await post(client, {"query": query, "variables": {"n": given}})
    assert answer.json()["extensions"]["cost"]["requested"] == 2 + 2 * size

    query = "query($n: Int = 7) { thing { page(first: $n) { name } } }"
    assert (await post(client, {"query": query})).json()["extensions"]["cost"]["requested"] == 16


async def test_sockets_and_streams_are_told_too(place, greeting, client):
    async with socket(place, greeting) as line:
        await subscribe(line, "subscription { ticks(until: 1) }", id="t")
        await subscribe(line, "{ hello }", id="q")
        heard = [await hear(line) for _ in range(4)]
        told = [one["payload"]["extensions"] for one in heard if one["type"] == "next"]
        cost = {"requested": 1, "actual": 1, "limit": costs.MAX_COST}
        assert [one["cost"] for one in told] == [cost, cost]

        large = "{ thing { " + "things { " * 6 + "name" + " } " * 6 + "} }"
        await subscribe(line, large, id="x")
        refused = await hear(line)
        assert refused["payload"][0]["extensions"]["code"] == "QUERY_TOO_EXPENSIVE"
    query = {"query": "subscription { ticks(until: 1) }"}
    events = await post(client, query, Accept="text/event-stream")
    assert '"cost":{"requested":1,"actual":1,' in events.text


async def test_a_list_that_is_longer_than_it_says_ends_the_operation(client, monkeypatch):
    things = small._schema.type_map["Thing"].fields["things"]  # type: ignore[attr-defined]
    monkeypatch.setattr(things, "resolve", lambda *_: [Thing()] * 1000)
    response = await post(client, {"query": "{ hello thing { things { name } } }"})
    refusal = error(response)
    assert refusal["code"] == "QUERY_TOO_EXPENSIVE"
    assert "holds more than was estimated" in refusal["message"]
    assert response.json().get("data") is None
