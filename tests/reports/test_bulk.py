"""Mutations of many objects: an answer for each, whatever becomes of the others."""

import pytest

from domain import ids
from tests.graph.copies import copies

RUN = """
mutation($ids: [ID!]!, $key: String) { reportsRun(ids: $ids, idempotencyKey: $key) {
  id object { id report { id } } refusal { code message }
} }"""


async def test_each_report_is_run_once_or_told_why_not(ask, report, sent, charlie):
    missing, own = ids.encode("rpt", charlie.user_id), report["id"]
    first = await ask(RUN, ids=[own, missing, own], key="k")
    again = await ask(RUN, ids=[own, missing], key="k")

    assert [one["id"] for one in first] == [own, missing, own]
    assert first[0] == first[2] == again[0]
    assert first[0]["object"]["report"]["id"] == own
    assert first[1]["object"] is None
    assert first[1]["refusal"]["code"] == "NOT_FOUND"
    strangers = await ask(RUN, by=charlie, ids=[own])
    assert strangers[0]["refusal"]["code"] == "NOT_FOUND"


ALL = {
    "schedulesPause": ("schedules", "isPaused"),
    "schedulesResume": ("schedules", "isPaused"),
    "executionsCancel": ("executions", "status"),
    "collectionsPause": ("collections", "status"),
    "collectionsResume": ("collections", "status"),
    "collectionsCancel": ("collections", "status"),
    "reportsArchive": ("reports", "archivedAt"),
    "reportsRestore": ("reports", "archivedAt"),
}


async def test_many_are_changed_at_once_and_too_many_are_refused(
    ask, refused, alice, bob, instance, sent
):
    await copies(alice, instance.id)
    seen = {}
    for mutation, (listed, field) in ALL.items():
        found = [one["id"] for one in (await ask(f"{{ {listed} {{ nodes {{ id }} }} }}"))["nodes"]]
        change = f"mutation($ids: [ID!]!) {{ {mutation}(ids: $ids) {{ object {{ {field} }} "
        change += "refusal { code message } } }"
        for_viewers = await ask(change, by=bob, ids=found[:1])
        assert for_viewers[0]["refusal"]["code"] in ("FORBIDDEN", "NOT_FOUND"), mutation
        answers = await ask(change, ids=found)
        refusals = [one["refusal"] for one in answers if one["refusal"]]
        assert (len(answers), refusals) == (len(found), []), mutation
        seen[mutation] = {one["object"][field] for one in answers}
        said = await refused(change, ids=found[:1] * 101)
        assert (said["code"], said["field"]) == ("BAD_USER_INPUT", "ids")
    assert seen["reportsRestore"] == {None}
    assert seen["executionsCancel"] == {"CANCELLED"}
    assert seen["collectionsPause"] == {"PAUSED"}
    assert (seen["schedulesPause"], seen["schedulesResume"]) == ({True}, {False})


async def test_an_execution_is_run_once_more_over_its_days(ask, refused, report, sent):
    run = "mutation($id: ID!) { reportRun(id: $id) { id windowStart windowEnd } }"
    first = await ask(run, id=report["id"])
    retry = """mutation($id: ID!, $window: WindowInput) { executionRetry(id: $id, window: $window) {
      windowStart windowEnd retryOf { id retries { id } } startedBy { name } } }"""
    assert (await refused(retry, id=first["id"]))["code"] == "CONFLICT"  # still under way

    await ask("mutation($id: ID!) { executionCancel(id: $id) { id } }", id=first["id"])
    again = await ask(retry, id=first["id"])
    assert again["retryOf"]["id"] == first["id"]
    assert len(again["retryOf"]["retries"]) == 1
    assert (again["windowStart"], again["windowEnd"]) == (first["windowStart"], first["windowEnd"])
    assert again["startedBy"]["name"] == "Alice"
    days = {"start": "2026-01-05", "end": "2026-01-12"}
    other = await ask(retry, id=first["id"], window=days)
    assert other["windowStart"].startswith("2026-01-05")


@pytest.mark.parametrize("name", [None, "Mine"])
async def test_a_copy_of_a_report_has_its_parameters_and_nothing_of_its_past(
    ask, report, sent, name
):
    copy = await ask(
        """mutation($id: ID!, $name: String) { reportDuplicate(id: $id, name: $name) {
          id name reportId executionCount owner { name } template { id } parameters } }""",
        id=report["id"],
        name=name,
    )
    assert copy["id"] != report["id"]
    assert copy["reportId"] == copy["id"]
    assert copy["name"] == (name or "Campaigns of the week (copy)")
    assert (copy["executionCount"], copy["owner"]["name"]) == (0, "Alice")
