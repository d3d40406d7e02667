"""What compressing an answer saves in bytes, and costs in CPU.

    python -m benchmarks.compression [ROUNDS]

Starts the whole system, collects a year, and reads a dashboard of 12 widgets with each encoding in
turn, so that what else the machine does hits all of them. CPU is that of the API's process, less
what it takes at rest; on a busy machine it varies by more than compressing costs, which is why the
last column has that alone. The schema is asked for in the same way.
"""

import asyncio
import gzip
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import brotli
import httpx2
import zstandard

from benchmarks.support import board
from benchmarks.support.processes import cpu
from graph.http import edge
from tests.local.running_system import RunningSystem, running_system

ROUNDS = 10
ENCODINGS = ("identity", "gzip", "br", "zstd")
REQUESTS = 20  # requests of each kind in a round
REST = 5.0  # seconds
REPEATS = 50  # rounds of compressing alone
Ask = dict[str, Any]


@dataclass
class Cost:
    """The cost of one encoding."""

    size: int = 0  # bytes
    cpu: float = 0.0  # seconds
    times: list[float] = field(default_factory=list)  # seconds

    def line(self, plain: "Cost") -> str:
        """A row of the table, with the difference from the plain answer."""
        count = len(self.times)
        each, more = self.cpu * 1e3 / count, (self.cpu - plain.cpu) * 1e3 / count
        middle = sorted(self.times)[count // 2] * 1e3
        return (
            f"{self.size:9,} bytes  1/{plain.size / self.size:4.1f}  "
            f"CPU {each:6.2f} ms ({more:+.2f})  median {middle:6.1f} ms"
        )


async def dashboard(home: RunningSystem) -> str:
    """Create a dashboard of a year."""
    report = await home.report()
    collection = (await home.ask(board.START, report=report))["id"]
    while not (await home.ask(board.COLLECTED, id=collection))["isOver"]:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    made = await home.ask(board.CREATE)
    add = [board.widget(number, report) for number in range(len(board.WIDGETS))]
    await home.ask(board.ADD, id=made["id"], version=made["version"], change={"add": add})
    return str(made["id"])


def alone(name: str, content: bytes) -> float:
    """Milliseconds of CPU for compressing alone, at the server's levels."""
    ways: dict[str, Callable[[], bytes]] = {
        "identity": lambda: content,
        "gzip": lambda: gzip.compress(content, edge.GZIP),
        "br": lambda: brotli.compress(content, quality=edge.BROTLI),
        "zstd": lambda: zstandard.ZstdCompressor(level=edge.ZSTD).compress(content),
    }
    compress = ways[name]
    before = time.process_time()
    for _ in range(REPEATS):
        compress()
    return (time.process_time() - before) / REPEATS * 1e3


async def size(http: httpx2.AsyncClient, request: Ask, encoding: str) -> int:
    """The bytes of an answer as they are sent."""
    async with http.stream(**request, headers={"Accept-Encoding": encoding}) as response:
        assert response.status_code == 200
        assert response.headers.get("content-encoding", "identity") == encoding
        return sum([len(chunk) async for chunk in response.aiter_raw()])


async def measure(home: RunningSystem, http: httpx2.AsyncClient, request: Ask, rounds: int) -> None:
    """Send requests with each encoding in turn, and print the costs."""
    pid, costs = home.pids()["api"], {name: Cost() for name in ENCODINGS}
    before = cpu(pid)
    await asyncio.sleep(REST)
    at_rest = (cpu(pid) - before) / REST
    for _ in range(rounds):
        for name, cost in costs.items():
            before, begun = cpu(pid), time.perf_counter()
            for _ in range(REQUESTS):
                at = time.perf_counter()
                cost.size = await size(http, request, name)
                cost.times.append(time.perf_counter() - at)
            cost.cpu += cpu(pid) - before - at_rest * (time.perf_counter() - begun)
    plain = (await http.request(**request, headers={"Accept-Encoding": "identity"})).content
    for name, cost in costs.items():
        line = cost.line(costs["identity"])
        print(f"  {name:9} {line}  alone {alone(name, plain):.2f} ms", flush=True)


async def main(rounds: int) -> None:
    with running_system(SANDBOX_MIN_SECONDS="0", SANDBOX_MAX_SECONDS="0") as home:
        board_id = await dashboard(home)
        headers = {"Authorization": f"Bearer {home.running.token}"}
        asked = {
            "dashboard, numbers": (board.NUMBERS, board_id),
            "dashboard, charts": (board.CHARTS, board_id),
        }
        address = home.running.address
        async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60) as http:
            for name, (query, of) in asked.items():
                body = {"query": query, "variables": {"id": of}}
                print(name, flush=True)
                request = {"method": "POST", "url": "/graphql", "json": body}
                await measure(home, http, request, rounds)
            print("schema.graphql", flush=True)
            await measure(home, http, {"method": "GET", "url": "/schema.graphql"}, rounds)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
