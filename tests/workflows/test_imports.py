"""Queries that are saved at AMC are brought in as workflows, once."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain import db, ids
from domain.instances import accounts
from tests.local.command_line import amc_reports
from tests.workflows.workflows import CHANGE, CONVERT, RUN

SQL = "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions GROUP BY campaign"
ASKED = (
    "SELECT campaign, SUM(impressions) AS n FROM dsp_impressions "
    "WHERE ARRAY_CONTAINS(CUSTOM_PARAMETER('names'), campaign) "
    "AND impressions >= CUSTOM_PARAMETER('least') GROUP BY campaign"
)
PLAIN = {"workflowId": "campaigns", "sqlQuery": SQL}
RICH = {
    "workflowId": "some.campaigns_2",
    "sqlQuery": ASKED,
    "inputParameters": [
        {
            "name": "names",
            "dataType": {"type": "ARRAY", "elementDataType": "STRING"},
            "columnType": "DIMENSION",
            "displayName": "Names",
            "defaultValue": ["One"],
        },
        {"name": "least", "dataType": "LONG", "defaultValue": "2", "description": "At least."},
        {"name": "unused", "dataType": "TIMESTAMP"},
    ],
    "distinctUserCountColumn": "du_count",
    "filteredMetricsDiscriminatorColumn": "filtered",
    "outputFormat": None,
    "colour": "red",
}
LIST = """
{ workflows { nodes { id name sqlQuery parameterDefinitions parameters instance { name } } } }
"""
ALICE = ("--instance", "amcacme", "--user", "alice@example.com")


@pytest.fixture
def bring(tmp_path: Path, alice: Any) -> Any:
    """Bring in a document, in Alice's name; how the command ends."""

    def bring_in(document: object, *who: str) -> Any:
        file = tmp_path / "workflows.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        return amc_reports("import-workflows", file, *(who or ALICE))

    return bring_in


async def test_a_list_of_amc_is_brought_in_once(ask, refused, bring, sent):
    first = bring({"workflows": [PLAIN, RICH], "nextToken": None})
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines() == [
        "some.campaigns_2: executions have their own settings for distinctUserCountColumn",
        "some.campaigns_2: left out, unknown or unused: colour, inputParameters.unused",
        "campaigns: imported",
        "some.campaigns_2: imported",
    ]
    made = (await ask(LIST))["nodes"]
    rich, plain = sorted(made, key=lambda one: one["name"], reverse=True)
    assert (plain["name"], plain["sqlQuery"], plain["parameters"]) == ("campaigns", SQL, {})
    assert rich["parameterDefinitions"] == {
        "type": "object",
        "properties": {
            "names": {
                "type": "array",
                "items": {"type": "string"},
                "title": "Names",
                "default": ["One"],
            },
            "least": {"type": "integer", "description": "At least.", "default": 2},
        },
        "required": [],
    }
    run = await ask(RUN, id=rich["id"])
    assert run["parameters"] == {"names": ["One"], "least": 2}

    again = bring({"workflows": [PLAIN, RICH]})
    assert again.stdout.splitlines()[-1] == "Nothing new: 2 read, 2 exist unchanged."
    assert (await ask(LIST))["nodes"] == made


async def test_one_workflow_comes_flat_or_wrapped(ask, bring):
    assert bring(PLAIN).stdout == "campaigns: imported\n"
    assert bring({"workflow": PLAIN}).stdout.startswith("Nothing new: 1 read")


async def test_what_was_changed_or_converted_here_is_left_as_it_is(ask, bring, instance):
    bring({"workflows": [PLAIN, RICH]})
    found = {one["name"]: one["id"] for one in (await ask(LIST))["nodes"]}
    mine = {
        "name": "Renamed",
        "sqlQuery": SQL.replace("SUM", "MAX"),
        "instanceId": ids.encode("inst", instance.id),
    }
    await ask(CHANGE, id=found["campaigns"], workflow=mine)
    await ask(CONVERT, id=found["some.campaigns_2"])

    told = bring({"workflows": [PLAIN, RICH]}).stdout
    assert "campaigns: already exists and differs; it was not changed" in told
    assert "some.campaigns_2: has become a report" in told
    assert [one["name"] for one in (await ask(LIST))["nodes"]] == ["Renamed"]


def of(**changes: Any) -> dict[str, Any]:
    return {"workflowId": "bad", "sqlQuery": SQL} | changes


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "is no JSON"),
        ([], "This is not AMC's JSON"),
        ({"executions": []}, "This is not AMC's JSON"),
        ({"workflows": [PLAIN, 5]}, "workflows.1: workflow: 'workflow' must be an object"),
        (
            {"workflows": [PLAIN, PLAIN]},
            "workflows.1 (campaigns): workflowId: 'workflowId' is the id",
        ),
        (
            {"workflows": [PLAIN, of(sqlQuery=None)]},
            "workflows.1 (bad): sqlQuery: 'sqlQuery' must be text",
        ),
        (
            {"workflows": [PLAIN, of(workflowId=7)]},
            "workflows.1: workflowId: 'workflowId' must be text",
        ),
        ({"workflows": [PLAIN, of(sqlQuery="SELEC x")]}, "workflows.1 (bad): sqlQuery: "),
        (
            {"workflows": [PLAIN, of(sqlQuery=ASKED)]},
            "workflows.1 (bad): sqlQuery: CUSTOM_PARAMETER('names') is not defined",
        ),
        (
            of(sqlQuery=ASKED, inputParameters=[{"name": "names", "dataType": "TIMESTAMP"}]),
            "inputParameters.0.dataType: 'dataType' must be one of",
        ),
        (
            of(
                sqlQuery=ASKED,
                inputParameters=[
                    {"name": "least", "dataType": "LONG", "defaultValue": "many"},
                    RICH["inputParameters"][0],
                ],
            ),
            "parameterDefinitions.properties.least.default: 'least'",
        ),
        (
            of(inputParameters=["x"]),
            "workflow (bad): inputParameters.0: Item 1 of",
        ),
    ],
)
async def test_a_bad_file_says_which_entry_is_wrong_and_brings_nothing_in(
    ask, bring, document, says
):
    ended = bring(document)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert says in ended.stderr, ended.stderr
    assert "Traceback" not in ended.stderr
    assert (await ask(LIST))["nodes"] == []


async def test_who_may_not_edit_brings_nothing_in(ask, bring, bob, charlie):
    for who, says in (
        ("bob@example.com", "the role editor is needed"),
        ("charlie@example.com", "There is no instance"),
        ("nobody@example.com", "There is nobody"),
    ):
        ended = bring(PLAIN, "--instance", "amcacme", "--user", who)
        assert (ended.returncode, says in ended.stderr) == (1, True), ended.stderr
    assert "no instance 'nowhere'" in bring(PLAIN, "--instance", "nowhere", *ALICE[2:]).stderr
    assert "cannot be read" in amc_reports("import-workflows", "/nowhere.json", *ALICE).stderr
    assert (await ask(LIST))["nodes"] == []


async def test_what_is_saved_at_amc_is_brought_in_page_by_page(ask, alice, instance, amc):
    async with db.worker_transaction() as session:
        account, _ = await accounts.load(session, instance.account_id)
    for number in range(101):
        await amc.save_workflow(account, "amcacme", f"w{number:03}", SQL, [])
    await amc.save_workflow(account, "amcacme", "amc-reports-" + "0" * 32, SQL, [])
    asked = {"AMC_API_URL": amc.transport.api_url}
    asked["AMC_TOKEN_URL"] = amc.transport.token_url

    first = amc_reports("import-workflows", "--from-amc", *ALICE, **asked)
    again = amc_reports("import-workflows", "--from-amc", *ALICE, **asked)

    assert first.stdout.count(": imported") == 101, first.stderr
    assert again.stdout == "Nothing new: 101 read, 101 exist unchanged.\n"
    listed = await ask("{ workflows(first: 100) { nodes { name } pageInfo { hasNextPage } } }")
    assert listed["pageInfo"]["hasNextPage"]
