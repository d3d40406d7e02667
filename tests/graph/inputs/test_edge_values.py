"""No value that a client can send is our bug, and none takes anything from what is asked beside."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from domain.people import tokens
from domain.viewer import Viewer
from graph.schema import schema
from tests.collections.collections import START
from tests.dashboards.dashboards import READ
from tests.graph.http.sockets import say, socket, subscribe
from tests.graph.inputs.edge_values import (
    IN_THE_DOCUMENT,
    OF_ANOTHER_KIND,
    Case,
    Place,
    Walk,
    Written,
    document,
)
from tests.workflows.workflows import RUN

AT_ONCE = 60  # aliases of one request
# In each place one of so many values is tried, others in the next place of its kind, so that every
# value of a kind is tried somewhere. EDGE_VALUES=1 tries all of them everywhere.
SHARE = int(os.environ.get("EDGE_VALUES", "4"))
SCHEDULE = """
mutation($report: ID!) {
  scheduleCreate(reportId: $report, schedule: {cron: "0 9 * * *"}) { id }
}
"""
TARGET = """
mutation { noticeTargetAdd(kind: WEBHOOK, address: "https://93.184.216.34/", events: [FAILED]) {
  target { id } } }
"""
SESSION = """
mutation($parameters: BuilderParametersInput!) {
  builderSave(configuration: {parameters: $parameters}) { id }
}
"""
SETTLED = {"start": "2026-03-02", "end": "2026-03-09"}


@pytest.fixture
async def known(
    ask,
    instance,
    template,
    report,
    report_input,
    own_template,
    shown,
    workflow,
    bob,
    work_until_done,
) -> dict[str, str]:
    """An id of every kind, by its prefix, all of things that Alice may change."""
    execution = await ask(
        "mutation($id: ID!, $w: WindowInput) { reportRun(id: $id, window: $w) { id } }",
        id=report["id"],
        w=SETTLED,
    )
    of_workflow = await ask(RUN, id=workflow, window=SETTLED)
    await work_until_done()
    collection = await ask(START, collection={"reportId": report["id"], "targetWeeks": 2})
    weeks = await ask(
        "query($id: ID!) { collection(id: $id) { weeks { id } } }", id=collection["id"]
    )
    board = await ask(READ, id=shown)
    found = [
        report["id"],
        execution["id"],
        of_workflow["id"],
        workflow,
        collection["id"],
        weeks["weeks"][0]["id"],
        shown,
        board["widgets"][0]["id"],
        (await ask(SCHEDULE, report=report["id"]))["id"],
        (await ask(TARGET))["target"]["id"],
        (await ask(SESSION, parameters=report_input))["id"],
        await own_template("SELECT campaign FROM dsp_impressions GROUP BY campaign"),
        report_input["instanceId"],
    ]
    return {one.partition("_")[0]: one for one in found}


class Sender:
    """Sends cases over HTTP, many in a request, and notes what must not come of them."""

    def __init__(self, api: Any, walk: Walk, authorization: str) -> None:
        self.api, self.walk = api, walk
        self.headers = {"Authorization": authorization}
        self.places: set[Place] = set()
        self.sent = self.requests = 0
        self.codes: Counter[str] = Counter()
        self.bugs: list[str] = []
        self.lost: list[str] = []

    async def send(self, root: str, cases: list[Case], *, apart: bool = True) -> None:
        """Send them. Where one spoils its request, the others are sent without it, if `apart`."""
        for start in range(0, len(cases), AT_ONCE):
            await self._send(root, cases[start : start + AT_ONCE], apart=apart)
        self.places |= {case.place for case in cases}
        self.sent += len(cases)

    async def _send(self, root: str, cases: list[Case], *, apart: bool) -> None:
        text, variables = document(self.walk, root, cases)
        response = await self.api.post(
            "/graphql", json={"query": text, "variables": variables}, headers=self.headers
        )
        self.requests += 1
        answer = response.json()
        if "data" not in answer and len(cases) > 1 and apart:
            half = len(cases) // 2
            await self._send(root, cases[:half], apart=True)
            await self._send(root, cases[half:], apart=True)
            return
        for error in answer.get("errors", ()):
            self.codes[error["extensions"]["code"]] += 1
            if error["extensions"]["code"] == "INTERNAL_SERVER_ERROR":
                self.bugs.append(_told(cases, error))
        if root == "query" and "data" in answer and not (answer["data"] or {}).get("viewer"):
            self.lost += [_told(cases, error) for error in answer["errors"]]

    def report(self) -> str:
        """How much was sent, and what came of it."""
        return (
            f"{len(self.places)} arguments, {self.sent} values, {self.requests} requests, "
            f"{len(self.bugs)} bugs; {dict(self.codes)}"
        )


def _told(cases: list[Case], error: dict[str, Any]) -> str:
    path = error.get("path") or ["a0"]
    case = cases[int(path[0][1:])] if path[0][1:].isdecimal() else cases[0]
    return f"{case.place} {case.value!r:.80}: {error['message']:.200}"


def edges(walk: Walk, *owners: str) -> list[Case]:
    """Every value at the edge, in every place of these types."""
    found = [
        Case(place, value)
        for place, turn in in_turn(walk, owners)
        for value in share(list(walk.values(place)), turn)
    ]
    return sorted(found, key=lambda case: case.key)  # those that are equal share a variable


def in_turn(walk: Walk, owners: Iterable[str]) -> list[tuple[Place, int | None]]:
    """The places of these types, and the turn of each. None where a kind has too few of them."""
    places = [place for owner in owners for place in walk.places(owner)]
    each = Counter(place.kind for place in places)
    turns = Counter[str]()
    found: list[tuple[Place, int | None]] = []
    for place in places:
        found.append((place, turns[place.kind] if each[place.kind] >= 2 * SHARE else None))
        turns[place.kind] += 1
    return found


def share(values: Sequence[Any], turn: int | None) -> Sequence[Any]:
    """The values that are tried at this turn: at least one, and each of them at some turn."""
    if turn is None:
        return values
    step = min(SHARE, len(values))
    return values[turn % step :: step]


def written(walk: Walk, *owners: str) -> list[Case]:
    """Values that stand in the document: a kind reads them alike in all places, so one will do."""
    places = {place.kind: place for owner in owners for place in walk.places(owner)}
    return [
        Case(place, Written(text))
        for kind, place in places.items()
        for text in IN_THE_DOCUMENT.get(kind, ["7", '"x"', "null"])
    ]


def of_another_kind(walk: Walk, *owners: str) -> list[Case]:
    """Values that variables of a kind cannot have."""
    found = [
        Case(place, value)
        for place, turn in in_turn(walk, owners)
        for value in share(OF_ANOTHER_KIND, turn)
    ]
    return sorted(found, key=lambda case: case.key)


@pytest.fixture
def walk(known: dict[str, str]) -> Walk:
    return Walk(schema._schema, known)


@pytest.fixture
def sender(api: Any, alice: Viewer, walk: Walk) -> Sender:
    return Sender(api, walk, authorization_of(alice))


def authorization_of(person: Viewer) -> str:
    return f"Bearer {tokens.issue(person.email, person.email)}"


async def test_no_value_is_our_bug_and_none_harms_its_neighbours(walk, sender, capsys):
    await sender.send("query", edges(walk, "Query", *walk.owners()))
    await sender.send("mutation", edges(walk, "Mutation"))

    with capsys.disabled():
        print("\nAt the edge:", sender.report())
    assert sender.bugs == []
    assert sender.lost == []


async def test_no_value_that_is_written_in_the_document_is_our_bug(walk, sender, capsys):
    for case in written(walk, "Query", *walk.owners()):
        await sender.send("query", [case])
    for case in written(walk, "Mutation"):
        await sender.send("mutation", [case])

    with capsys.disabled():
        print("\nIn the document:", sender.report())
    assert sender.bugs == []
    assert sender.lost == []


async def test_no_value_of_another_kind_is_our_bug(walk, sender, capsys):
    reads = of_another_kind(walk, "Query", *walk.owners())
    await sender.send("query", reads, apart=False)
    await sender.send("mutation", of_another_kind(walk, "Mutation"), apart=False)

    with capsys.disabled():
        print("\nOf another kind:", sender.report())
    assert sender.bugs == []


async def test_no_value_given_to_a_subscription_is_our_bug(walk, alice, api_place, capsys):
    every = edges(walk, "Subscription")
    greeting = {"Authorization": authorization_of(alice)}
    told: Counter[str] = Counter()
    for start in range(0, len(every), AT_ONCE):
        async with socket(api_place, greeting) as line:
            for number, case in enumerate(every[start : start + AT_ONCE]):
                text, variables = document(walk, "subscription", [case])
                await subscribe(line, text, str(number), variables=variables)
                answer = await first_of(line, str(number))
                assert "INTERNAL_SERVER_ERROR" not in answer, f"{case.place} {case.value!r:.80}"
                told[json.loads(answer)["type"]] += 1

    with capsys.disabled():
        print(f"\nSubscriptions: {len(every)} values, {dict(told)}")


async def first_of(line: ClientConnection, id: str) -> str:
    """The first message about this operation, which is then ended."""
    while True:
        text = str(await line.recv())
        if json.loads(text).get("id") == id:
            await say(line, id=id, type="complete")
            return text
