"""The line of each request in the log."""

import json
from contextlib import asynccontextmanager

import httpx2
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from domain import ids
from domain.people import tokens

NAMED = "query Mine($x: Int!) { reports(first: $x) { nodes { id } } }"
PROTOCOL = "graphql-transport-ws"


@asynccontextmanager
async def socket(place, token):
    async with connect(f"ws://{place}/graphql", subprotocols=[PROTOCOL]) as line:
        await line.send(
            json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        )
        await line.recv()
        yield line


async def test_each_request_has_a_line_with_operation_person_cost_and_time(alice, api_place):
    token = tokens.issue(alice.email, alice.email)
    person = ids.encode("user", alice.user_id)
    with capture_logs() as lines:
        async with httpx2.AsyncClient(base_url=f"http://{api_place}") as client:
            signed_in = {"Authorization": f"Bearer {token}"}

            async def ask(query, **headers):
                body = {"query": query, "variables": {"x": 7}}
                return await client.post("/graphql", json=body, headers=headers)

            await ask(NAMED, **signed_in)
            await ask("{ report(id: 7) { id } }", **signed_in)
            await ask(NAMED)
            await client.get("/files/a-secret")
            await client.get("/health")
        async with socket(api_place, token) as line:
            payload = {"query": NAMED, "variables": {"x": 7}}
            await line.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            assert json.loads(await line.recv())["type"] == "next"
            assert json.loads(await line.recv())["type"] == "complete"
            await line.send(
                json.dumps({"id": "2", "type": "subscribe", "payload": {"query": "{ nothing }"}})
            )
            refused = json.loads(await line.recv())["payload"][0]

    told = [one for one in lines if one["event"] in ("http.request", "socket.operation")]
    assert [one["event"] for one in told] == ["http.request"] * 4 + ["socket.operation"] * 2
    well, wrong, stranger, file, watched, mistaken = told
    named = {"operation": "Mine", "kind": "query", "person": person}
    assert named.items() <= well.items()
    assert well["status"] == 200
    assert well["cost"] <= well["cost_requested"]
    assert well["ms"] > 0
    assert wrong["codes"] == ["NOT_FOUND"]
    assert wrong["person"] == person
    assert (stranger["status"], stranger["codes"]) == (401, ["UNAUTHENTICATED"])
    assert file["path"] == "/files/..."
    assert named.items() <= watched.items()
    assert mistaken["codes"] == [refused["extensions"]["code"]]
    assert "secret" not in str(told)
