"""Many who watch the same: it is read once, and each of them is served as if alone."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
import strawberry
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from websockets.asyncio.client import ClientConnection, connect

from graph.http import broadcast, socket
from graph.http.endpoint import View
from graph.http.socket import SocketHandler
from tests.graph import server, small_schema
from tests.graph.http import sockets
from tests.graph.http.sockets import hear, say, subscribe
from tests.graph.small_schema import small

STATE = "subscription { state }"


class TickSource:
    """What a subscription says: the newest at once, and then what is said while it runs."""

    schema: strawberry.Schema

    def __init__(self) -> None:
        self.begun = 0
        self.closed = asyncio.Event()
        self._said: list[str] = []
        self._over = False
        self._word = asyncio.Event()

    def say(self, *words: str, over: bool = False) -> None:
        self._said.extend(words)
        self._over = over
        self._word.set()

    @property
    def is_listed(self) -> bool:
        return any(one.schema is self.schema for one in broadcast.running)

    async def run(self) -> AsyncGenerator[str, None]:
        self.begun += 1
        self.closed.clear()
        told = max(0, len(self._said) - 1)
        try:
            while True:
                while told < len(self._said):
                    told += 1
                    yield self._said[told - 1]
                if self._over:
                    return
                await self._word.wait()
                self._word.clear()
        finally:
            self.closed.set()


def served(source: TickSource) -> Starlette:
    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def state(self) -> AsyncGenerator[str, None]:
            async with aclosing(source.run()) as said:
                async for one in said:
                    yield one

    source.schema = strawberry.Schema(query=small_schema.Query, subscription=Subscription)
    return Starlette(routes=[WebSocketRoute("/graphql", View(source.schema))])


@pytest.fixture
def source() -> TickSource:
    return TickSource()


@pytest.fixture
async def source_place(source: TickSource) -> AsyncIterator[str]:
    async with server.serve(served(source)) as address:
        yield address


async def state(line: ClientConnection) -> str:
    return str((await hear(line))["payload"]["data"]["state"])


async def test_a_watcher_who_leaves_ends_it_for_nobody_else(source, source_place, greeting):
    source.say("one")
    async with sockets.socket(source_place, greeting) as stays:
        async with sockets.socket(source_place, greeting) as leaves:
            for line in (leaves, stays):  # the one that leaves began it
                await subscribe(line, STATE)
                assert await state(line) == "one"
        source.say("two")
        assert await state(stays) == "two"
        assert not source.closed.is_set()
    assert source.begun == 1


async def test_the_last_to_leave_ends_it(source, source_place, greeting):
    source.say("one")
    async with sockets.socket(source_place, greeting) as line:
        for name in ("a", "b"):
            await subscribe(line, STATE, id=name)
            assert await state(line) == "one"
        for name in ("a", "b"):
            assert not source.closed.is_set()
            await say(line, type="complete", id=name)
        async with asyncio.timeout(10):
            await source.closed.wait()
        assert not source.is_listed
        await subscribe(line, STATE, id="a")
        assert await state(line) == "one"
        assert source.begun == 2
    async with asyncio.timeout(10):
        await source.closed.wait()
    assert not source.is_listed


async def test_an_id_in_use_still_ends_the_socket_with_4409(source, source_place, greeting):
    source.say("one")
    async with sockets.socket(source_place, greeting) as line:
        for _ in range(2):
            await subscribe(line, STATE)
        assert (await sockets.closing(line))[0] == 4409
    async with asyncio.timeout(10):
        await source.closed.wait()
    assert not source.is_listed


async def test_a_slow_reader_holds_up_nobody_and_still_gets_the_end(source, source_place, greeting):
    big = [f"{number:03} {os.urandom(100_000).hex()}" for number in range(150)]  # 30 MB
    source.say(big[0])
    address = f"ws://{source_place}/graphql"
    options: dict[str, Any] = {"subprotocols": [sockets.PROTOCOL], "compression": None}
    async with (
        asyncio.timeout(30),
        connect(address, **options, max_queue=1) as slow,
        connect(address, **options) as fast,
    ):
        for line in (slow, fast):
            await say(line, type="connection_init", payload=greeting)
            assert await hear(line) == {"type": "connection_ack"}
            await subscribe(line, STATE)
            assert await state(line) == big[0]
        for one in big[1:]:
            source.say(one)
            assert await state(fast) == one
        source.say("the end", over=True)
        assert await state(fast) == "the end"
        heard = [await hear(slow)]
        while heard[-1]["type"] == "next":
            heard.append(await hear(slow))

    said = [one["payload"]["data"]["state"] for one in heard[:-1]]
    assert heard[-1]["type"] == "complete"
    assert said[-1] == "the end"
    assert len(said) < len(big)  # what it was too slow for is gone
    assert said[:-1] == sorted(set(said[:-1]))


async def test_versions_only_grow_while_others_are_cut_and_come_back(
    source, source_place, greeting
):
    async def restless() -> None:
        seen = ""
        while seen != "the end":
            async with sockets.socket(source_place, greeting) as line:
                await subscribe(line, STATE)
                heard: list[str] = []
                while len(heard) < 2 and (message := await hear(line))["type"] == "next":
                    heard.append(message["payload"]["data"]["state"])
                assert heard == sorted(set(heard))
                assert seen <= heard[0]
                seen = heard[-1]
                line.transport.abort()

    every = [f"{number:03}" for number in range(100)]
    source.say(every[0])
    async with sockets.socket(source_place, greeting) as steady:
        await subscribe(steady, STATE)
        assert await state(steady) == every[0]
        cut = [asyncio.create_task(restless()) for _ in range(3)]
        for one in every[1:]:
            source.say(one)
            assert await state(steady) == one
        assert source.begun == 1
        source.say("the end", over=True)
        assert await state(steady) == "the end"
        assert (await hear(steady))["type"] == "complete"
        await asyncio.gather(*cut)


class Alone(SocketHandler):
    """Runs each operation for itself."""

    run_operation = BaseGraphQLTransportWSHandler.run_operation


class AloneView(View):
    graphql_transport_ws_handler_class = Alone


@pytest.mark.parametrize(
    "payload",
    [
        {"query": "subscription { ticks(until: 3) }"},
        {"query": "subscription { broken }"},
        {"query": "subscription { refused }"},
        {"query": "subscription { unknown }"},
        {"query": "subscription { ticks(until: [) }"},
        {"query": "subscription { ticks { x } }"},
        {"query": "subscription($n: Int!) { ticks(until: $n) }"},
        {"query": "subscription($n: Int!) { ticks(until: $n) }", "variables": {"n": 2**80}},
        {"query": "subscription A { broken } subscription B { broken }"},
        {"query": "subscription A { broken } query B { hello }", "operationName": "B"},
        {"query": "subscription A { broken }", "operationName": "C"},
    ],
    ids=lambda payload: payload["query"][13:60],
)
async def test_what_is_shared_looks_as_if_it_were_run_alone(greeting, payload: dict[str, Any]):
    heard = []
    for view in (View(small), AloneView(small)):
        async with (
            server.serve(Starlette(routes=[WebSocketRoute("/graphql", view)])) as place,
            sockets.socket(place, greeting) as line,
        ):
            await say(line, id="1", type="subscribe", payload=payload)
            messages = [await hear(line)]
            while messages[-1]["type"] == "next":
                messages.append(await hear(line))
            heard.append(messages)
    shared, alone = (json.loads(json.dumps(one), object_hook=_without_id) for one in heard)
    assert shared == alone


def _without_id(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name != "requestId"}


async def test_an_open_line_is_pinged_every_heartbeat(place, greeting, monkeypatch):
    often = socket.settings.model_copy(update={"heartbeat": socket.timedelta(seconds=0.02)})
    monkeypatch.setattr(socket, "settings", often)
    async with sockets.socket(place) as line:
        await say(line, type="connection_init", payload=greeting)
        assert await hear(line) == {"type": "connection_ack"}
        for _ in range(3):
            assert await hear(line) == {"type": "ping"}
            await say(line, type="pong")
        await subscribe(line, "{ hello }")
        heard = [await hear(line) for _ in range(8)]
    assert {"id": "1", "type": "complete"} in heard
    assert {"type": "ping"} in heard
