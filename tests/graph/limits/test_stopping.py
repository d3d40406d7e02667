"""What takes too long, holds too much or is waited for by nobody is stopped."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import structlog

from domain.settings import settings
from graph.http import answers
from graph.http.limits import counting
from tests.graph.http.sockets import hear, say, socket, subscribe
from tests.graph.server import error, post
from tests.lines import until


@pytest.fixture
def change_limits(monkeypatch: pytest.MonkeyPatch) -> Any:
    def to(**limits: Any) -> None:
        changed = settings.model_copy(update=limits)
        for module in (counting, answers):
            monkeypatch.setattr(module, "settings", changed)

    return to


async def test_an_answer_that_is_too_large_is_not_sent(client, change_limits):
    change_limits(max_answer_bytes=1000)
    names = ", ".join(f'a{n}: hello(name: "{"x" * 100}")' for n in range(20))
    refusal = error(await post(client, {"query": f"{{ {names} }}"}))
    assert refusal["code"] == "QUERY_TOO_EXPENSIVE"
    assert "larger than 1,000 bytes" in refusal["message"]
    keys = " ".join(f"{'k' * 60}{n}: hello" for n in range(20))  # only keys are long
    assert "larger than 1,000" in error(await post(client, {"query": f"{{ {keys} }}"}))["message"]


async def test_what_takes_too_long_is_ended_and_says_so(client, change_limits):
    change_limits(request_timeout=timedelta(seconds=0.05))
    with structlog.testing.capture_logs() as logs:
        refusal = error(await post(client, {"query": "{ hello slow }"}))
        changed = error(await post(client, {"query": "mutation { slow }"}))
    assert refusal["code"] == changed["code"] == "TIMED_OUT"
    assert refusal["message"].startswith("This took longer than 0.05 seconds.")
    assert "safe to send it again" in changed["message"]
    assert [one for one in logs if one["event"] == "graph.bug"] == []


async def test_work_ends_with_the_client_that_waits_for_it(place, authorization, slowness):
    body = {"query": "{ slow }"}
    headers = {"Authorization": authorization}
    with structlog.testing.capture_logs() as logs:
        async with httpx2.AsyncClient(base_url=f"http://{place}", headers=headers) as leaving:
            asking = asyncio.create_task(leaving.post("/graphql", json=body))
            await slowness.begun.wait()
            asking.cancel()
            await asyncio.wait([asking])
        async with asyncio.timeout(10):
            await slowness.ended.wait()
    assert [one for one in logs if one["event"] == "graph.bug"] == []


async def test_a_mutation_goes_on_without_its_client(place, authorization, slowness):
    headers = {"Authorization": authorization}
    async with httpx2.AsyncClient(base_url=f"http://{place}", headers=headers) as leaving:
        asking = asyncio.create_task(leaving.post("/graphql", json={"query": "mutation { slow }"}))
        await slowness.begun.wait()
        asking.cancel()
        await asyncio.wait([asking])
    async with httpx2.AsyncClient(base_url=f"http://{place}", headers=headers) as other:
        assert (await other.post("/graphql", json={"query": "{ hello }"})).status_code == 200
    assert not slowness.ended.is_set()
    slowness.go_on.set()
    async with asyncio.timeout(10):
        await slowness.finished.wait()


async def test_work_ends_with_the_operation_on_a_socket(place, greeting, slowness):
    with structlog.testing.capture_logs() as logs:
        async with socket(place, greeting) as line:
            await subscribe(line, "{ slow }", id="s")
            await slowness.begun.wait()
            await say(line, id="s", type="complete")
            async with asyncio.timeout(10):
                await slowness.ended.wait()
            await subscribe(line, "{ hello }", id="s")
            assert (await hear(line))["payload"]["data"] == {"hello": "hello you"}
    assert [one for one in logs if one["event"] == "graph.bug"] == []


async def test_a_client_that_leaves_while_it_sends_is_no_bug(place, authorization):
    host, port = place.split(":")
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {place}\r\nAuthorization: {authorization}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )
    with structlog.testing.capture_logs() as logs:
        _, line = await asyncio.open_connection(host, int(port))
        line.write(head.encode() + b'{"query": ')
        await line.drain()
        line.close()
        await until(lambda: any(one["event"] == "http.request" for one in logs))
    assert [one for one in logs if one["log_level"] == "error"] == []
