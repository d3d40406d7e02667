"""The explorer: what it is made of, whom it signs in, and what a browser sees."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import graphql
import httpx2
import pytest

from domain.people import tokens
from graph.app import app
from graph.fields.context import Context
from graph.http.explorer.examples import EXAMPLES
from graph.schema import schema


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_an_example_is_valid_against_the_schema(example: dict[str, Any]):
    document = graphql.parse(example["query"])
    assert graphql.validate(graphql.build_schema(schema.as_str()), document) == []

    operation = document.definitions[0]
    assert isinstance(operation, graphql.OperationDefinitionNode)
    assert operation.name is not None
    assert operation.name.value == example["name"]
    asked = {one.variable.name.value for one in operation.variable_definitions or ()}
    assert asked == set(example["variables"])


async def test_the_schema_can_be_asked_for_without_an_error(alice):
    for deprecated in (True, False):
        query = graphql.get_introspection_query(input_value_deprecation=deprecated)
        assert (await schema.execute(query, context_value=Context(alice))).errors is None


@asynccontextmanager
async def asking(client: str = "127.0.0.1", **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, client=(client, 50000))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://localhost:8000", headers=headers
    ) as made:
        yield made


def links(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+)"', html)


async def test_the_page_is_made_of_files_of_ours_that_never_change():
    async with asking() as client:
        page = await client.get("/explorer")
        files = [one for one in links(page.text) if not one.startswith("data:")]
        assert len([one for one in files if one.startswith("/explorer/")]) == 8
        assert all(one.startswith("/") for one in files)
        for name in files:
            found = await client.get(name)
            assert found.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy


async def test_the_schema_is_a_file_that_is_not_sent_twice():
    async with asking() as client:
        first = await client.get("/schema.graphql")
        again = await client.get(
            "/schema.graphql", headers={"If-None-Match": first.headers["etag"]}
        )
    assert graphql.build_schema(first.text).query_type
    assert (again.status_code, again.content) == (304, b"")


def session(html: str) -> dict[str, str] | None:
    found = re.search(r'id="settings">(.*?)</script>', html)
    assert found
    signed: dict[str, str] | None = json.loads(found[1])["session"]
    return signed


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.1.2.3:1", "[::1]:8000"])
async def test_the_demos_page_is_signed_in_on_its_own_machine(demo, host: str):
    async with asking(Host=host) as client:
        signed = session((await client.get("/explorer")).text)
    assert signed is not None
    claims = await tokens.verify(signed["token"])
    assert (claims.subject, signed["user"]) == ("alice@example.com", "alice@example.com")


STRANGERS: dict[str, tuple[str, dict[str, str]]] = {
    "from elsewhere": ("10.1.2.3", {}),
    "from a public address": ("203.0.113.9", {}),
    "by another name": ("127.0.0.1", {"Host": "evil.example.com:8000"}),
    "by a name like ours": ("127.0.0.1", {"Host": "localhost.example.com"}),
    "by a broken name": ("127.0.0.1", {"Host": "[::1"}),
    "through a proxy": ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}),
    "through a proxy that says it is local": ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
    "through a proxy by the standard": ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}),
    "through another proxy": ("127.0.0.1", {"X-Real-IP": "203.0.113.9"}),
    "through a tunnel": ("127.0.0.1", {"CF-Connecting-IP": "203.0.113.9"}),
    "through a gateway": ("127.0.0.1", {"Via": "1.1 gateway"}),
    "through something that forwards": ("127.0.0.1", {"X-Forwarded-Host": "localhost"}),
}


@pytest.mark.parametrize(("client", "headers"), STRANGERS.values(), ids=STRANGERS)
async def test_nobody_else_is_given_a_token(demo, client: str, headers: dict[str, str]):
    async with asking(client, **headers) as asked:
        page = await asked.get("/explorer")
    assert page.status_code == 200
    assert session(page.text) is None
    assert "eyJ" not in page.text


async def test_without_a_demo_nobody_is_given_a_token():
    async with asking() as client:
        assert session((await client.get("/explorer")).text) is None
