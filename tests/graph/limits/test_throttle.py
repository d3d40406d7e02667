"""The budget: what operations cost is taken from it, and an empty one refuses with the time."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from domain.bus import bus
from domain.people import budgets, people, tokens
from domain.viewer import Viewer
from graph.http.operations.steps import REFUSED
from tests.graph.http.sockets import hear, socket, subscribe
from tests.graph.server import post, serve
from tests.graph.small_schema import small_app

Budget = Callable[..., None]
SOON = 30  # seconds, and so points, that a test may take
DEAR = {"query": "{ dear }"}
LISTS = {"query": "{ thing { things { things { name } } } }"}
EXPENSIVE = {"query": "{ thing { " + "things { " * 6 + "name" + " }" * 8}


@pytest.fixture
def budget(monkeypatch: pytest.MonkeyPatch) -> Budget:
    """A budget that hardly refills, for this test."""

    def to(maximum: int, restore_rate: int = 1) -> None:
        limits = {"budget_maximum": maximum, "budget_restore_rate": restore_rate}
        monkeypatch.setattr(budgets, "settings", budgets.settings.model_copy(update=limits))
        monkeypatch.setattr(budgets, "_buckets", budgets._Buckets())
        monkeypatch.setattr(budgets, "_debts", budgets._Debts())
        monkeypatch.setattr(budgets, "_line", budgets._Line())
        monkeypatch.setattr(budgets, "PATIENCE", 5)  # a busy machine is not a slow Redis

    return to


@pytest.fixture
def authorization(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """The header of a person of this name, who has not asked anything yet."""
    known: dict[str, Viewer] = {}

    async def sign_in(claims: tokens.Claims) -> Viewer:
        name = claims.subject
        return known.setdefault(name, Viewer(uuid4(), f"{name}@example.com", name))

    monkeypatch.setattr(people, "sign_in", sign_in)
    return lambda name: f"Bearer {tokens.issue(name, f'{name}@example.com')}"


@pytest.fixture
async def alice(authorization: Callable[[str], str]) -> AsyncIterator[httpx2.AsyncClient]:
    async with asking(authorization("alice")) as client:
        yield client


@pytest.fixture
async def bob(authorization: Callable[[str], str]) -> AsyncIterator[httpx2.AsyncClient]:
    async with asking(authorization("bob")) as client:
        yield client


def asking(authorization: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(small_app()),
        base_url="http://testserver",
        headers={"Authorization": authorization},
    )


def cost(response: httpx2.Response) -> dict[str, Any]:
    return dict(response.json()["extensions"]["cost"])


def available(response: httpx2.Response) -> int:
    return int(cost(response)["throttle"]["available"])


def refusal(response: httpx2.Response) -> dict[str, Any]:
    assert response.status_code == 429
    assert "data" not in response.json()
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["requestId"] == response.headers["X-Request-ID"]
    return {"message": error["message"], **error["extensions"]}


async def test_an_answer_says_what_is_left_and_what_was_not_used_is_given_back(alice, budget):
    budget(maximum=10_000)
    first = await post(alice, LISTS)
    told = cost(first)
    assert told["requested"] > 2 * told["actual"] > 0
    assert told["throttle"].items() >= {"maximum": 10_000, "restoreRate": 1}.items()
    assert 0 <= available(first) - (10_000 - told["actual"]) <= SOON  # a second or so has passed
    again = await post(alice, LISTS)
    assert 0 <= available(again) - (available(first) - told["actual"]) <= SOON


async def test_an_empty_budget_refuses_with_the_time_to_come_again(alice, bob, budget):
    budget(maximum=250)
    assert [(await post(alice, DEAR)).status_code for _ in range(2)] == [200, 200]
    refused = await post(alice, DEAR)
    found = refusal(refused)
    assert found["message"].startswith("This costs up to 100 points; ")
    assert "of your 250 are left, and 1 come back each second." in found["message"]
    assert 50 - SOON <= int(refused.headers["Retry-After"]) <= 50
    assert found["retryAfter"]
    assert cost(refused)["requested"] == 100
    assert 50 <= available(refused) <= 50 + SOON
    assert (await post(bob, DEAR)).status_code == 200


async def test_it_is_full_again_after_a_while(alice, budget):
    budget(maximum=250, restore_rate=10**9)
    for _ in range(10):
        assert (await post(alice, DEAR)).status_code == 200


async def test_an_operation_above_the_whole_budget_says_so(alice, budget):
    budget(maximum=50)
    response = await post(alice, DEAR)
    assert "your budget holds 50 at most" in refusal(response)["message"]
    assert "Retry-After" not in response.headers


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{ helo }"}, "GRAPHQL_VALIDATION_FAILED"),
        (EXPENSIVE, "QUERY_TOO_EXPENSIVE"),
    ],
)
async def test_what_is_refused_costs_a_little_too(alice, budget, body: dict[str, Any], code: str):
    budget(maximum=1_000)
    response = await post(alice, body)
    assert response.json()["errors"][0]["extensions"]["code"] == code
    after = available(await post(alice, DEAR))
    assert 0 <= after - (1_000 - REFUSED - 100) <= SOON


async def test_all_processes_share_one_budget(alice, budget):
    budget(maximum=250)
    spent = [await post(alice, DEAR) for _ in range(2)]
    assert [answer.status_code for answer in spent] == [200, 200]
    budget(maximum=250)  # another process, which knows nothing yet
    refused = await post(alice, DEAR)
    assert refused.status_code == 429
    refusal(refused)


async def test_another_process_soon_knows_what_was_taken_without_asking(alice, budget):
    budget(maximum=10_000)
    answers = [await post(alice, DEAR) for _ in range(20)]
    told = available(answers[-1])
    async with asyncio.timeout(SOON):
        await budgets._debts._settling  # Redis is told a moment later
    budget(maximum=10_000)  # another process, which knows nothing yet
    assert 0 <= available(await post(alice, DEAR)) - (told - 100) <= SOON


async def test_redis_is_not_asked_while_most_of_the_budget_is_left(alice, budget, monkeypatch):
    buckets: list[str] = []  # that Redis is asked for
    ask = bus.ask

    async def noted(script: str, key: str, *given: Any, **named: Any) -> list[int]:
        buckets.append(key)
        return await ask(script, key, *given, **named)

    monkeypatch.setattr(bus, "ask", noted)
    monkeypatch.setattr(budgets, "SETTLED", SOON)
    budget(maximum=10_000)
    for _ in range(20):
        await post(alice, DEAR)
    at_first = list(buckets)
    for _ in range(60):
        await post(alice, DEAR)
    ((hers, in_all),) = Counter(buckets).most_common(1)  # others may still be told of
    assert at_first.count(hers) == 1, "the first time"
    assert in_all > 20, "a quarter is owed, or half is left"


async def test_many_at_once_take_no_more_than_there_is(alice, budget):
    budget(maximum=1_050)
    answers = await asyncio.gather(*(post(alice, DEAR) for _ in range(30)))
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [429] * 20


async def test_on_a_socket_an_operation_is_refused_and_the_socket_stays(authorization, budget):
    budget(maximum=250)
    greeting = {"Authorization": authorization("alice")}
    async with serve(small_app()) as place, socket(place, greeting) as line:
        for name in ("a", "b"):
            await subscribe(line, DEAR["query"], id=name)
            assert (await hear(line))["payload"]["extensions"]["cost"]["throttle"]
            assert (await hear(line)) == {"id": name, "type": "complete"}
        for query in (DEAR["query"], "subscription { dear }"):
            await subscribe(line, query, id="c")
            message = await hear(line)
            assert (message["id"], message["type"]) == ("c", "error")
            (error,) = message["payload"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
            assert error["extensions"]["retryAfter"]
            assert error["extensions"]["requestId"]


async def test_a_subscription_is_paid_once_and_its_events_are_free(authorization, budget):
    budget(maximum=1_000)
    greeting = {"Authorization": authorization("alice")}
    async with serve(small_app()) as place, socket(place, greeting) as line:
        await subscribe(line, "subscription { ticks(until: 50) }")
        while (message := await hear(line))["type"] == "next":
            told = message["payload"]["extensions"]["cost"]
            assert 0 <= told["throttle"]["available"] - (1_000 - told["requested"]) <= SOON
        assert message["type"] == "complete"


@pytest.fixture
async def elsewhere(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[[str], Any]]:
    """Has the server believe that Redis is at another address."""

    async def move(url: str) -> None:
        await bus.close()
        monkeypatch.setattr(bus, "settings", bus.settings.model_copy(update={"redis_url": url}))

    yield move
    await bus.close()


async def test_without_redis_the_process_counts_on(alice, budget, elsewhere):
    budget(maximum=450)
    assert (await post(alice, DEAR)).status_code == 200
    await elsewhere("redis://127.0.0.1:1/0")
    codes = [(await post(alice, DEAR)).status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]


async def test_a_redis_that_is_frozen_slows_no_request_but_one(
    alice, budget, elsewhere, monkeypatch
):
    asked = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    budget(maximum=100_000)
    monkeypatch.setattr(budgets, "PATIENCE", 0.05)
    frozen = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with frozen:
        await elsewhere(f"redis://127.0.0.1:{frozen.sockets[0].getsockname()[1]}/0")
        began = time.monotonic()
        for _ in range(20):
            assert (await post(alice, DEAR)).status_code == 200
        took = time.monotonic() - began
        assert 1 <= asked <= 1 + took // budgets.PAUSE
        await bus.close()


async def test_without_a_limit_nothing_is_taken_nor_told(alice, budget):
    budget(maximum=0)
    assert "throttle" not in cost(await post(alice, DEAR))
