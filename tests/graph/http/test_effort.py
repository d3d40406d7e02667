"""What a request costs besides what it asks for, in calls of functions.

Times differ from run to run and from machine to machine. Calls do not, and take most of the time.
"""

import asyncio
import json
import sys
from typing import Any

from domain.people import tokens
from graph.app import app

MOST = 600  # calls of functions of Python and of C; it takes about 540
QUERY = {"query": "{ viewer { id } }"}


def scope(body: bytes, token: str) -> dict[str, Any]:
    headers = {
        "host": "localhost",
        "accept": "application/json",
        "accept-encoding": "gzip, deflate, br",
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "state": {"is_complete": True},  # as the connection tells
    }


async def calls(body: bytes, token: str) -> tuple[int, bytes]:
    """The number of calls that a request takes, and its answer."""
    count, answer = 0, b""

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        nonlocal answer
        answer += message.get("body", b"")

    given = scope(body, token)
    sys.setprofile(note)
    try:
        await app(given, receive, send)
    finally:
        sys.setprofile(None)
    return count, answer


async def test_a_small_question_takes_few_calls(alice, with_plans):
    token = tokens.issue("alice@example.com", alice.email)
    counted = []
    for _ in range(8):
        await asyncio.sleep(0)  # a round of the event loop of its own
        count, answer = await calls(json.dumps(QUERY).encode(), token)
        assert json.loads(answer)["data"]["viewer"]["id"]
        counted.append(count)
    assert min(counted) <= MOST, counted  # the first ones sign in, compile and ask Redis
