"""How much one document may ask, and how fast it is refused."""

import threading
import time
from typing import Any

import graphql
import pytest

from graph.http.limits import limits, recent_documents
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


@pytest.mark.parametrize("fields", [1, 90], ids=["short", "long"])
async def test_the_same_document_is_judged_once(client, monkeypatch, fields: int):
    judged: list[object] = []
    monkeypatch.setattr(limits, "_valid", lambda *given: judged.append(given) or ())
    query = f"{{ hello thing {{ {'name ' * fields}}} }} # {id(judged)} {'x' * 5 * fields}"
    for _ in range(3):
        await post(client, {"query": query})
    assert len(judged) == 1


async def test_a_long_document_is_read_while_others_are_served(client, monkeypatch):
    threads: set[str] = set()
    for name in ("_read", "_valid"):
        done = getattr(limits, name)

        def noted(*given: Any, done: Any = done) -> Any:
            threads.add(threading.current_thread().name)
            return done(*given)

        monkeypatch.setattr(limits, name, noted)
    query = f"{{ hello }} # {id(threads)} {'x' * limits.SHORT}"
    assert (await post(client, {"query": query})).json()["data"] == {"hello": "hello you"}
    assert {one.partition("_")[0] for one in threads} == {"pool"}


def test_what_is_kept_of_documents_is_bounded_by_their_length():
    kept: recent_documents.Recent[int] = recent_documents.Recent()
    for number in range(100):
        kept.keep(number, recent_documents.MOST // 10, number)
    assert [kept.find(number) for number in range(100)].count(None) == 91
    assert kept.find(99) == 99
    kept.keep("long", 2 * recent_documents.MOST, 1)
    assert kept.find("long") == 1
    assert kept.find(99) is None
    kept.keep("short", 1, 2)
    assert (kept.find("short"), kept.find("long")) == (2, None)


async def test_the_question_of_every_explorer_is_answered(client):
    query = graphql.get_introspection_query(descriptions=True, input_value_deprecation=True)
    assert (await post(client, {"query": query})).json()["data"]["__schema"]
