"""A hostile AMC under a collection: everything ends right once AMC is well, and each wait says why.

HOSTILE_WEEKS=52 is a year; HOSTILE_SEED orders the faults in another way.
"""

import os
import random
from collections import Counter
from typing import Any

from sqlalchemy import text

from domain import db
from jobs import clock
from tests.collections.collections import NUMBERS, READ, START
from tests.executions.hostile import LASTING, SITUATIONS
from tests.graph.front_door import CREATE

WEEKS = int(os.environ.get("HOSTILE_WEEKS", "4"))
SEED = int(os.environ.get("HOSTILE_SEED", "1"))
MOST_ROUNDS = 200 + 40 * WEEKS
MOST_TIMES = max(1, WEEKS // 8)  # that each fault happens
WAITS = """
query($id: ID!) {
  collection(id: $id) { isOver errorMessage weeks { execution {
    id status errorMessage blockedBy { reason message }
  } } }
}
"""
SEGMENTATION = {"parallelLimit": 10, "maxAttempts": 10}


async def test_a_collection_under_a_hostile_amc_ends_as_under_a_calm_one(
    ask, report, report_input, do, amc_server, amc_client, pass_time, work_until_done
):
    chance = random.Random(SEED)
    faults = [name for name in SITUATIONS if name not in LASTING]
    chance.shuffle(faults)
    for name in faults:
        amc_server.fault(**SITUATIONS[name], count=chance.randint(1, MOST_TIMES))
    amc_client.transport._tokens.clear()
    hostile = await _started(ask, report["id"])
    reasons, silent = Counter[str](), list[Any]()
    for rounds in range(MOST_ROUNDS):
        await clock.tick(tidy=False)
        await do()
        seen = await ask(WAITS, id=hostile)
        open_ = [one["execution"] for one in seen["weeks"] if one["execution"]]
        waiting = [one for one in open_ if one["status"] in {"PENDING", "RUNNING"}]
        reasons.update(one["blockedBy"]["reason"] for one in waiting if one["blockedBy"])
        silent += [one for one in waiting if one["errorMessage"] and not one["blockedBy"]]
        if seen["isOver"]:
            break
        await _let_time_pass(pass_time)
        if rounds == MOST_ROUNDS // 2:
            amc_server.be_well()
    left = {one.get("route") or one["fault"] for one in amc_server.faults()}
    amc_server.be_well()
    await work_until_done()

    ended = await ask(READ, id=hostile)
    print(f"{WEEKS} weeks, {len(faults)} faults, {len(left)} of them not come to; waits {reasons}")
    assert (ended["status"], ended["weeksCompleted"]) == ("COMPLETED", WEEKS), ended
    assert all(one["errorMessage"] is None for one in ended["weeks"])
    assert silent == []
    assert {"AMC_UNAVAILABLE", "THROTTLED"} <= set(reasons)
    assert amc_server.stats()["executions_created"] == WEEKS, "nothing runs twice"
    assert set(amc_server.stats()["by_workflow"].values()) == {1}

    calm_report = (await ask(CREATE, report={**report_input, "name": "Calm"}))["id"]
    calm = await _started(ask, calm_report)
    await work_until_done()
    undisturbed = await ask(READ, id=calm)
    assert [one["checksum"] for one in ended["weeks"]] == [
        one["checksum"] for one in undisturbed["weeks"]
    ]
    assert await _numbers(ask, hostile) == await _numbers(ask, calm)


async def _started(ask: Any, report: str) -> str:
    wanted = {"reportId": report, "targetWeeks": WEEKS, "segmentation": SEGMENTATION}
    return str((await ask(START, collection=wanted))["id"])


async def _let_time_pass(pass_time: Any) -> None:
    """Let pauses be over, also those that AMC asked for, and renew a token that AMC refused."""
    await pass_time()
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_instances SET throttled_until = NULL, poll_lease_until = NULL")
        )
        await session.execute(text("UPDATE amc_accounts SET token_state = 'ok'"))


async def _numbers(ask: Any, collection: str) -> list[Any]:
    """The monthly numbers of a collection, without what names it."""
    asked = {"collectionId": collection, "level": "MONTHLY"}
    found = await ask(NUMBERS, filter=asked)
    own = {"weeks", "asOf"}
    return [{name: one[name] for name in one if name not in own} for one in found["nodes"]]
