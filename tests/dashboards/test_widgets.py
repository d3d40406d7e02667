"""Widgets: what they may show, where they may stand, and several of them changed at once."""

from typing import Any

import pytest
from sqlalchemy import select

from domain import db, ids, models
from tests.dashboards.dashboards import (
    CHANGE,
    CREATE,
    READ,
    SHARE,
    WIDGETS,
    at,
    card,
    cards,
    new_workflow,
    note,
    plain,
    source,
)
from tests.graph.front_door import CREATE as CREATE_REPORT
from tests.graph.front_door import execute

UNKNOWN = "0" * 32


async def sources(board: str) -> set[tuple[Any, Any]]:
    """The rows that decide whose numbers a dashboard shows."""
    async with db.owner_transaction() as session:
        rows = await session.execute(
            select(models.DashboardSource.report_id, models.DashboardSource.workflow_id).where(
                models.DashboardSource.dashboard_id == ids.decode("dash", board)
            )
        )
        return {tuple(one) for one in rows}


async def test_several_are_added_changed_moved_and_removed_at_once(ask, board, report):
    made = await ask(WIDGETS, id=board, version=1, change={"add": cards(report["id"], 3)})
    first, second, third = (one["id"] for one in made["widgets"])
    line = {
        "sources": [{"reportId": report["id"]}],
        "metrics": ["cost", "sales"],
        "overTime": True,
        "level": "MONTHLY",
        "range": {"startDate": "2026-01-01", "endDate": "2026-03-31"},
        "filters": [{"dimension": "campaign", "values": ["A", None], "exclude": True}],
    }

    changed = await ask(
        WIDGETS,
        id=board,
        version=2,
        change={
            "add": [note(position=at(0, 20, 12, 1))],
            "change": [
                {
                    "id": first,
                    "type": "CHART",
                    "chartType": "LINE",
                    "title": "Trend",
                    "dataSource": line,
                    "position": at(0, 4, 12, 4),
                }
            ],
            "move": [{"id": second, "position": at(9, 0)}],
            "remove": [third],
        },
    )

    assert changed["version"] == 3
    shown = (await ask(READ, id=board))["widgets"]
    assert [one["title"] for one in shown] == ["Card 1", "Trend", "Note"], "as one reads"
    assert [one["position"] for one in shown] == [at(9, 0), at(0, 4, 12, 4), at(0, 20, 12, 1)]
    assert (shown[1]["id"], shown[1]["type"], shown[1]["chartType"]) == (first, "CHART", "LINE")
    assert {**plain(shown[1]["dataSource"]), **plain(line)} == plain(shown[1]["dataSource"])
    assert (shown[2]["dataSource"], shown[2]["display"]["text"]) == (None, "Words")


async def test_nothing_is_done_when_one_part_of_it_cannot_be(ask, refused, shown, report):
    before = await ask(READ, id=shown)
    key = before["widgets"][0]["id"]
    told = await refused(
        WIDGETS,
        id=shown,
        version=2,
        change={
            "add": [note(position=at(0, 9)), card(report["id"], position=at(1, 0))],
            "change": [{"id": key, "title": "New"}],
        },
    )
    assert (told["code"], told["field"]) == ("BAD_USER_INPUT", "change.add.1.position")
    assert await ask(READ, id=shown) == before


async def test_a_repeat_with_the_same_key_adds_nothing(ask, board):
    wanted = {"id": board, "version": 1, "change": {"add": [note()]}, "key": "k"}
    first = await ask(WIDGETS, **wanted)
    assert await ask(WIDGETS, **wanted) == first
    assert len(first["widgets"]) == 1


async def test_a_change_of_nothing_is_no_version(ask, shown):
    assert (await ask(WIDGETS, id=shown, version=2, change={}))["version"] == 2


async def test_a_change_that_comes_too_late_is_shown_both(ask, refused, shown):
    (widget,) = (await ask(READ, id=shown))["widgets"]
    await ask(
        WIDGETS, id=shown, version=2, change={"move": [{"id": widget["id"], "position": at(6)}]}
    )
    late = {"change": [{"id": widget["id"], "title": "Late"}], "add": [note()]}

    told = await refused(WIDGETS, id=shown, version=2, change=late)

    assert (told["code"], told["field"]) == ("CONFLICT", "version")
    assert plain(told["current"]) == plain(
        {"version": 3, "widgets": [{**widget, "position": at(6)}]}
    )
    assert told["yours"]["version"] == 2
    assert told["yours"]["change"]["change"] == late["change"]
    assert told["yours"]["change"]["add"] == [note()]


async def test_widgets_lie_beside_each_other_and_never_over(ask, refused, board, report):
    made = await ask(WIDGETS, id=board, version=1, change={"add": cards(report["id"], 2)})
    left, right = (one["id"] for one in made["widgets"])

    onto = {"move": [{"id": left, "position": at(4, 1)}]}
    told = await refused(WIDGETS, id=board, version=2, change=onto)
    assert (told["field"], "'Card 1'" in told["message"]) == ("change.move.0.position", True)

    swapped = {
        "move": [{"id": left, "position": at(3)}, {"id": right, "position": at(0)}],
    }
    assert (await ask(WIDGETS, id=board, version=2, change=swapped))["version"] == 3
    instead = {"remove": [right], "add": [note(position=at(0))]}
    assert (await ask(WIDGETS, id=board, version=3, change=instead))["version"] == 4


async def test_a_dashboard_has_at_most_24_widgets(ask, refused, board, report):
    full = await ask(WIDGETS, id=board, version=1, change={"add": cards(report["id"], 24)})
    one_more = {"add": [note(position=at(0, 50))]}
    told = await refused(WIDGETS, id=board, version=2, change=one_more)
    assert (told["field"], "at most 24" in told["message"]) == ("change.add", True)
    instead = {**one_more, "remove": [full["widgets"][0]["id"]]}
    assert len((await ask(WIDGETS, id=board, version=2, change=instead))["widgets"]) == 24


@pytest.mark.parametrize("part", ["change", "move", "remove"])
async def test_a_widget_of_another_dashboard_is_none_of_this_one(ask, refused, shown, part):
    other = (await ask(CREATE, dashboard={"name": "Other"}))["id"]
    there = (await ask(READ, id=shown))["widgets"][0]["id"]
    for key in (there, f"wgt_{UNKNOWN}", "wgt_x"):
        named = {
            "change": {"id": key, "title": "x"},
            "move": {"id": key, "position": at()},
            "remove": key,
        }[part]
        told = await refused(WIDGETS, id=other, version=1, change={part: [named]})
        field = f"change.{part}.0" + ("" if part == "remove" else ".id")
        assert (told["code"], told["field"]) == ("NOT_FOUND", field)


async def test_a_widget_is_named_once_in_a_change(ask, refused, shown):
    key = (await ask(READ, id=shown))["widgets"][0]["id"]
    twice = {"change": [{"id": key, "title": "x"}], "move": [{"id": key, "position": at(3)}]}
    told = await refused(WIDGETS, id=shown, version=2, change=twice)
    assert told["field"] == "change.move.0.id"
    told = await refused(
        WIDGETS, id=shown, version=2, change={"remove": [key], "change": twice["change"]}
    )
    assert told["field"] == "change.change.0.id"


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", "'; DROP TABLE users; --", "{{7*7}} ${x} \\u0041 😀"]
)
async def test_text_is_kept_as_it_is(ask, board, report, title):
    words = note(title, display={"text": title}, position=at(3))
    await ask(
        WIDGETS, id=board, version=1, change={"add": [card(report["id"], title=title), words]}
    )
    shown = (await ask(READ, id=board))["widgets"]
    assert [one["title"] for one in shown] == [title, title]
    assert shown[1]["display"]["text"] == title


async def test_the_sources_of_a_dashboard_are_those_of_its_widgets(
    ask, board, report, report_input
):
    other = await ask(CREATE_REPORT, report={**report_input, "name": "Other"})
    mine, theirs = (ids.decode("rpt", one["id"]) for one in (report, other))
    both = {"sources": [{"reportId": report["id"]}, {"reportId": other["id"]}]}

    made = await ask(WIDGETS, id=board, version=1, change={"add": [card(report["id"])]})
    assert await sources(board) == {(mine, None)}
    key = made["widgets"][0]["id"]
    shown = {**both, "metrics": ["cost"]}
    await ask(WIDGETS, id=board, version=2, change={"change": [{"id": key, "dataSource": shown}]})
    assert await sources(board) == {(mine, None), (theirs, None)}
    read = await ask(READ, id=board)
    assert [one["name"] for one in read["sources"]] == ["Campaigns of the week", "Other"]
    assert "campaign" in read["sources"][0]["dimensions"]
    kinds = {one["name"]: one["kind"] for one in read["sources"][0]["metrics"]}
    assert (kinds["cost"], kinds["roas"]) == ("ADDITIVE", "RATIO")
    shown["sources"] = [{"reportId": other["id"]}]
    await ask(WIDGETS, id=board, version=3, change={"change": [{"id": key, "dataSource": shown}]})
    assert await sources(board) == {(theirs, None)}
    await ask(WIDGETS, id=board, version=4, change={"remove": [key]})
    assert await sources(board) == set()


async def test_a_source_that_is_not_the_viewers_to_show_is_not_there(
    ask, refused, alice, charlie, instance, report, shown
):
    theirs = (await ask(CREATE, by=charlie, dashboard={"name": "Theirs"}))["id"]
    workflow = await new_workflow(alice, instance)
    for by, board, version in ((charlie, theirs, 1), (alice, shown, 2)):
        ids_ = [f"rpt_{UNKNOWN}", "rpt_x", "wf_x", *([report["id"]] if by is charlie else [])]
        for key in ids_:
            named = "reportId" if key.startswith("rpt") else "workflowId"
            widget = card(key, dataSource={"sources": [{named: key}], "metrics": ["cost"]})
            told = await refused(
                WIDGETS, by=by, id=board, version=version, change={"add": [widget]}
            )
            field = f"change.add.0.dataSource.sources.0.{named}"
            assert (told["code"], told["field"]) == ("NOT_FOUND", field)
    of_workflow = {"sources": [{"workflowId": workflow}], "metrics": ["cost"]}
    told = await refused(
        WIDGETS,
        id=shown,
        version=2,
        change={"add": [card("", dataSource=of_workflow, position=at(3))]},
    )
    assert told["field"] == "change.add.0.dataSource.metrics.0"
    assert "there are none" in told["message"]


async def test_an_editor_from_elsewhere_uses_the_sources_that_are_there_and_adds_none(
    ask, refused, charlie, shown, report, report_input
):
    await ask(SHARE, id=shown, email="charlie@example.com", permission="EDIT")
    other = await ask(CREATE_REPORT, report={**report_input, "name": "Other"})

    sales = card(report["id"], "Sales", position=at(3), dataSource=source(report["id"]))
    made = await ask(WIDGETS, by=charlie, id=shown, version=2, change={"add": [sales]})
    assert [one["title"] for one in made["widgets"]] == ["Cost", "Sales"]
    told = await refused(
        WIDGETS,
        by=charlie,
        id=shown,
        version=3,
        change={"add": [card(other["id"], position=at(6))]},
    )
    assert told["code"] == "NOT_FOUND"
    assert await sources(shown) == {(ids.decode("rpt", report["id"]), None)}


async def test_who_left_an_instance_still_arranges_what_is_there(
    ask, refused, alice, shown, report
):
    async with db.owner_transaction() as session:
        member = await session.get(
            models.Member,
            {
                "user_id": alice.user_id,
                "instance_id": await session.scalar(
                    select(models.Instance.id).where(models.Instance.instance_name == "Acme")
                ),
            },
        )
        await session.delete(member)
    (widget,) = (await ask(READ, id=shown))["widgets"]
    change = {"change": [{"id": widget["id"], "title": "Kept", "position": at(6)}]}
    assert (await ask(WIDGETS, id=shown, version=2, change=change))["version"] == 3
    data_source = widget["dataSource"] | {"sources": [{"reportId": report["id"]}]}
    again = {"change": [{"id": widget["id"], "dataSource": data_source}]}
    told = await refused(WIDGETS, id=shown, version=3, change=again)
    assert told["code"] == "NOT_FOUND"


async def test_a_widget_is_found_by_its_id_by_whom_it_is_shown_to(ask, charlie, shown):
    find = "query($id: ID!) { node(id: $id) { id ... on Widget { title } } }"
    (widget,) = (await ask(READ, id=shown))["widgets"]
    assert (await ask(find, id=widget["id"]))["title"] == "Cost"
    assert await ask(find, by=charlie, id=widget["id"]) is None
    await ask(CHANGE, id=shown, version=2, change={"isPublic": True})
    assert (await ask(find, by=charlie, id=widget["id"]))["title"] == "Cost"
    answer = await execute(charlie, WIDGETS, id=shown, version=3, change={"remove": [widget["id"]]})
    assert answer.errors[0].extensions["code"] == "FORBIDDEN"


async def test_a_widget_that_can_be_read_no_more_leaves_the_others_readable(ask, shown):
    """A range to 9999 was taken once."""
    days = {"startDate": "2026-01-01", "endDate": "9999-12-31"}
    async with db.owner_transaction() as session:
        (row,) = await session.scalars(select(models.Widget))
        row.data_source = {**row.data_source, "range": days}
        row.display_config = {"colour": "red"}
    change = {"add": [note(position=at(3))]}
    await ask(WIDGETS, id=shown, version=2, change=change)

    old, new = (await ask(READ, id=shown))["widgets"]
    assert (old["title"], old["dataSource"], old["display"]["stacked"]) == ("Cost", None, False)
    assert new["display"]["text"] == "Words"
