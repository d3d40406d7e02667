"""Who made, started and scheduled what: a table of reports in one operation."""

from domain import db
from tests.graph.copies import COPIES, copies

TABLE = """
query($first: Int) { reports(first: $first, orderBy: {field: NAME, direction: ASC}) { nodes {
  name viewerCan latestStatus lastCompletedAt owner { name email } lastExecution { id }
  dashboards { name viewerCan }
  schedule { id nextRunAt }
  schedules(first: 2) { totalCount nodes {
    report { id } instance { name } runsAs { name } viewerCan
  } }
  collections(first: 2) { totalCount nodes { startedBy { name } viewerCan } }
  executions(first: 2) { totalCount nodes {
    startedBy { name } schedule { id } tick { id } retryOf { id } retries { id } viewerCan
  } }
  views(first: 1) { totalCount }
} } }
"""


async def test_a_table_of_reports_takes_as_many_statements_however_long_it_is(
    ask, alice, instance, count_statements, monkeypatch
):
    # One statement at a time: which batches meet depends on the moment otherwise.
    in_turn = db.settings.model_copy(update={"connections_per_person": 1})
    monkeypatch.setattr(db, "settings", in_turn)
    await copies(alice, instance.id)
    with count_statements() as of_few:
        await ask(TABLE, first=COPIES - 2)
    with count_statements() as of_all:
        found = (await ask(TABLE, first=COPIES + 1))["nodes"]
    reads = [[one for one in each if "set_config" not in one] for each in (of_few, of_all)]
    # The report that has everything is not among the few. It asks for three things more, and for
    # one of them a moment later than the others.
    assert len(reads[1]) <= len(reads[0]) + 4
    assert len(reads[1]) < 40

    assert len(found) == COPIES + 1
    assert {one["owner"]["name"] for one in found} == {"Alice"}
    first = next(one for one in found if one["name"] == "Report")
    assert first["dashboards"] == [
        {
            "name": "Board",
            "viewerCan": ["CHANGE", "DUPLICATE", "PUBLISH", "SHARE", "TRANSFER", "DELETE"],
        }
    ]
    [schedule] = first["schedules"]["nodes"]
    assert schedule["instance"] == {"name": "Acme"}
    assert first["schedule"] is not None
    assert first["executions"]["totalCount"] == 1
    [execution] = first["executions"]["nodes"]
    assert execution["startedBy"] == {"name": "Alice"}
    assert execution["schedule"] == {"id": first["schedule"]["id"]}
    assert execution["viewerCan"] == ["CANCEL"]
    assert first["views"]["totalCount"] == COPIES + 1
