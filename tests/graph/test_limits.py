"""How much one document may ask, and how fast it is refused."""

import time

import graphql
import pytest

from graph.http import limits
from tests.graph.server import post
from tests.graph.small_schema import doubled

TOO_MUCH = {
    "tokens": "{ " + "hello " * 6000 + "}",
    "aliases": "{ " + " ".join(f"a{n}: hello" for n in range(200)) + " }",
    "repetitions": "{ " + "hello " * 200 + "}",
    "fields": "{ " + " ".join(f"t{n}: thing {{ {'name ' * 20} }}" for n in range(90)) + " }",
    "depth": "{ thing " + "{ page(first: 1) " * 25 + "{ name }" + " }" * 26,
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
    began = time.process_time()
    response = await post(client, {"query": query})

    # Unmeasured, some of these take hours; of the processor, for others may have it meanwhile.
    assert time.process_time() - began < 2
    assert {one["extensions"]["code"] for one in response.json()["errors"]} == {
        "GRAPHQL_VALIDATION_FAILED"
    }
    assert "data" not in response.json()


async def test_a_document_with_many_errors_names_a_few(client):
    response = await post(client, {"query": "{ " + " ".join(f"x{n}" for n in range(50)) + " }"})
    assert len(response.json()["errors"]) <= limits.MAX_ERRORS + 1


async def test_the_same_document_is_judged_once(client):
    limits._judged.cache_clear()
    for _ in range(3):
        await post(client, {"query": "{ hello thing { name } }"})
    assert limits._judged.cache_info().misses == 1


async def test_the_question_of_every_explorer_is_answered(client):
    query = graphql.get_introspection_query(descriptions=True, input_value_deprecation=True)
    assert (await post(client, {"query": query})).json()["data"]["__schema"]
