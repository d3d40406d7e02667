"""Templates through the front door: listed, tried out, made, changed, put away."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain import db, ids, models
from tests.templates.templates import (
    ARCHIVE,
    CHANGE,
    CREATE,
    DEFINITIONS,
    LIST,
    PREVIEW,
    READ,
    REPORT,
    SQL,
    VERSIONS,
    count,
)


async def test_the_built_in_templates_are_there_by_name_and_by_category(ask):
    everything = await ask(LIST, first=100)
    audience = await ask(LIST, filter={"categories": ["audience"]})
    attribution = await ask(LIST, filter={"reportTypes": ["attribution"]})

    names = [one["name"] for one in everything["nodes"]]
    assert len(names) >= 10
    assert names == sorted(names, key=str.lower)
    assert {one["category"] for one in audience["nodes"]} == {"audience"}
    assert {one["slug"] for one in attribution["nodes"]} == {
        "first-and-last-touch",
        "path-to-conversion",
    }


async def test_templates_are_found_by_words_of_name_and_description_taken_literally(ask):
    roas = await ask(LIST, filter={"text": "roas"})
    percent = await ask(LIST, filter={"text": "%"})

    assert [one["slug"] for one in roas["nodes"]] == ["roas-by-week"]
    assert percent["nodes"] == []


async def test_templates_are_paged_without_a_gap(ask):
    everything = (await ask(LIST, first=100))["nodes"]
    found: list[Any] = []
    after = None
    while True:
        page = await ask(LIST, first=3, after=after)
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert found == everything


async def test_a_built_in_template_is_read_by_its_slug_as_by_its_id(ask):
    by_slug = await ask(READ, id="campaign-performance")
    by_id = await ask(READ, id=by_slug["id"])

    assert by_slug == by_id
    assert by_slug["currentVersion"]["outputColumns"][:2] == ["event_date", "ad_product_type"]
    assert "dsp_impressions" in by_slug["currentVersion"]["dataSources"]


@pytest.mark.parametrize(
    "id", ["tmpl_" + "0" * 32, "tmpl_x", "no-such-slug", "", "rpt_" + "0" * 32]
)
async def test_a_template_that_is_not_there_is_not_found(refused, id):
    refusal = await refused(READ, id=id)

    assert refusal["code"] == "NOT_FOUND"
    assert refusal["field"] == "id"


async def test_a_template_of_ones_own_is_made_and_read(ask, draft):
    made = await ask(CREATE, template=draft)

    assert made == await ask(READ, id=made["id"])
    assert made["version"] == made["currentVersion"]["version"] == 1
    assert made["slug"] is None
    assert made["isPublic"] is False
    assert made["currentVersion"] == {
        "version": 1,
        "sqlTemplate": SQL,
        "parameterDefinitions": DEFINITIONS,
        "uiSchema": draft["uiSchema"],
        "reportConfig": {
            **draft["reportConfig"],
            "dateColumn": None,
            "metrics": [
                {**one, "description": "", "numerator": None, "denominator": None}
                for one in draft["reportConfig"]["metrics"]
            ],
            "widgets": [],
        },
        "outputColumns": ["campaign", "impressions"],
        "dataSources": ["dsp_impressions"],
    }


async def test_the_same_key_makes_one_template(ask, draft):
    first = await ask(CREATE, template=draft, key="once")
    again = await ask(CREATE, template=draft, key="once")

    assert first == again
    assert await count(models.Template) == len((await ask(LIST, first=100))["nodes"])


async def test_a_change_is_a_new_version_and_reports_keep_the_one_they_have(
    ask, draft, report_input
):
    made = await ask(CREATE, template=draft)
    mine = {**report_input, "templateId": made["id"], "parameters": {"brand": "Acme"}}
    before = await ask(REPORT, report=mine)
    changed = await ask(
        CHANGE, id=made["id"], template={**draft, "sqlTemplate": SQL.replace("<", ">")}, seen=1
    )
    after = await ask(REPORT, report=mine)

    assert changed["version"] == changed["currentVersion"]["version"] == 2
    assert before["templateVersion"]["version"] == 1
    assert after["templateVersion"]["version"] == 2
    versions = await ask(VERSIONS, id=made["id"], first=5)
    assert versions["nodes"] == [
        {"version": 2, "sqlTemplate": SQL.replace("<", ">")},
        {"version": 1, "sqlTemplate": SQL},
    ]


async def test_a_new_name_alone_makes_no_new_version(ask, draft):
    made = await ask(CREATE, template=draft)
    renamed = await ask(CHANGE, id=made["id"], template={**draft, "name": "Another name"})

    assert renamed["name"] == "Another name"
    assert renamed["version"] == 1


async def test_a_change_of_what_has_changed_since_is_a_conflict(ask, refused, draft):
    made = await ask(CREATE, template=draft)
    await ask(CHANGE, id=made["id"], template={**draft, "sqlTemplate": SQL + " "}, seen=1)
    refusal = await refused(CHANGE, id=made["id"], template=draft, seen=1)

    assert (refusal["code"], refusal["field"]) == ("CONFLICT", "seenVersion")
    assert "version 2" in refusal["message"]


async def test_a_version_never_changes_not_even_by_sql(ask, draft):
    made = await ask(CREATE, template=draft)

    with pytest.raises(IntegrityError, match="never changes"):
        async with db.owner_transaction() as session:
            await session.execute(
                text("UPDATE query_template_versions SET version = 7 WHERE template_id = :id"),
                {"id": ids.decode("tmpl", made["id"])},
            )


async def test_only_its_owner_changes_or_archives_a_template(ask, refused, draft, bob):
    made = await ask(CREATE, template={**draft, "isPublic": True})

    assert (await ask(READ, by=bob, id=made["id"]))["name"] == draft["name"]
    for operation, given in ((CHANGE, {"template": draft}), (ARCHIVE, {})):
        refusal = await refused(operation, by=bob, id=made["id"], **given)
        assert (refusal["code"], refusal["field"]) == ("FORBIDDEN", "id")
        assert "owner" in refusal["message"]


async def test_a_template_that_is_not_shown_to_you_does_not_exist(ask, refused, draft, charlie):
    made = await ask(CREATE, template=draft)
    sought = (await ask(LIST, by=charlie, filter={"text": draft["name"]}))["nodes"]

    assert sought == []
    hidden = ((READ, {}), (VERSIONS, {}), (CHANGE, {"template": draft}), (ARCHIVE, {}))
    for operation, given in hidden:
        refusal = await refused(operation, by=charlie, id=made["id"], **given)
        assert refusal["code"] == "NOT_FOUND"
    preview = await refused(PREVIEW, by=charlie, id=made["id"])
    assert (preview["code"], preview["field"]) == ("NOT_FOUND", "templateId")


async def test_a_built_in_template_is_changed_by_nobody(ask, refused, draft):
    built_in = await ask(READ, id="search-terms")

    refusal = await refused(CHANGE, id=built_in["id"], template=draft)
    assert refusal["code"] == "FORBIDDEN"
    assert "create your own" in refusal["message"]
    assert (await refused(ARCHIVE, id="search-terms"))["code"] == "FORBIDDEN"


async def test_what_is_archived_is_listed_only_on_request_and_makes_no_report(
    ask, refused, draft, report_input
):
    made = await ask(CREATE, template=draft)
    archived = await ask(ARCHIVE, id=made["id"])
    again = await ask(ARCHIVE, id=made["id"])

    assert archived["archivedAt"] is not None
    assert again == archived
    wanted = {"text": draft["name"]}
    assert (await ask(LIST, filter=wanted))["nodes"] == []
    both = await ask(LIST, filter={**wanted, "includeArchived": True})
    assert [one["name"] for one in both["nodes"]] == [draft["name"]]
    assert (await refused(CHANGE, id=made["id"], template=draft))["code"] == "CONFLICT"
    mine = {**report_input, "templateId": made["id"], "parameters": {"brand": "Acme"}}
    refusal = await refused(REPORT, report=mine)
    assert (refusal["code"], refusal["field"]) == ("CONFLICT", "report.templateId")


async def test_two_changes_at_once_make_two_versions(ask, draft):
    made = await ask(CREATE, template=draft)
    await asyncio.gather(
        *(
            ask(CHANGE, id=made["id"], template={**draft, "sqlTemplate": SQL + " " * number})
            for number in range(1, 5)
        )
    )

    assert (await ask(READ, id=made["id"]))["version"] == 5
