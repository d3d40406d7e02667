"""A small client of the API. It uses the public API only."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol


class Refused(Exception):
    """Raised if the API answered with errors. The message has all of them."""


def _checked(answer: Mapping[str, Any]) -> dict[str, Any]:
    if answer.get("errors"):
        raise Refused("; ".join(error["message"] for error in answer["errors"]))
    data: dict[str, Any] = answer["data"]
    return data


class Client:
    """A client of the API at a URL, with a token."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self._token = address.rstrip("/"), token
        self._http = httpx2.AsyncClient(
            base_url=self.address, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a query or mutation, and return its data. Raises Refused."""
        response = await self._http.post("/graphql", json={"query": query, "variables": variables})
        if response.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Refused(f"The API answered with status {response.status_code}.")
        return _checked(response.json())

    async def watch(self, query: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield the data of each event of a subscription, until it completes. Raises Refused."""
        address = self.address.replace("http", "ws", 1) + "/graphql"
        async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as line:
            authorization = {"authorization": f"Bearer {self._token}"}
            await line.send(json.dumps({"type": "connection_init", "payload": authorization}))
            payload = {"query": query, "variables": variables}
            async for text in line:
                message = json.loads(text)
                match message["type"]:
                    case "connection_ack":
                        subscribe = {"id": "1", "type": "subscribe", "payload": payload}
                        await line.send(json.dumps(subscribe))
                    case "ping":
                        await line.send('{"type": "pong"}')
                    case "next":
                        yield _checked(message["payload"])
                    case "error":
                        raise Refused("; ".join(one["message"] for one in message["payload"]))
                    case "complete":
                        return

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
