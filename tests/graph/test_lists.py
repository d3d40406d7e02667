"""Every list of the schema: its orders, its pages and its count."""

from collections.abc import Iterator
from typing import Any

import graphql
import pytest

from domain import ids
from domain.pages import page_statements
from graph.schema import schema
from tests.graph.copies import COPIES, copies

BUILT = graphql.build_schema(schema.as_str())
READ = "nodes { __typename } edges { cursor } pageInfo { hasNextPage hasPreviousPage } totalCount"


def connections() -> Iterator[tuple[str, str, graphql.GraphQLField]]:
    """Every field that is a list with pages, with the name of its type."""
    for type_ in BUILT.type_map.values():
        if not graphql.is_object_type(type_) or type_.name.startswith("__"):
            continue
        for name, field in type_.fields.items():
            if graphql.get_named_type(field.type).name.endswith("Connection"):
                yield type_.name, name, field


# Of the parents that have lists, these have copies. Lists of all parents are made by one function.
PARENTS = ("Query", "Workflow", "Instance")
CONNECTIONS = [one for one in connections() if one[0] in PARENTS]


def orders(field: graphql.GraphQLField) -> list[str]:
    """The names of the orders of a list."""
    kind = graphql.get_named_type(field.args["orderBy"].type)
    return list(graphql.get_named_type(kind.fields["field"].type).values)


@pytest.fixture
async def where(alice: Any, instance: Any) -> dict[str, str]:
    """The required arguments of lists, for lists of COPIES items and one."""
    rows = await copies(alice, instance.id)
    report = ids.encode("rpt", rows["report_definitions"].id)
    of_instance = f'instanceId: "{ids.encode("inst", instance.id)}"'
    return {
        "campaigns": of_instance,
        "asins": of_instance,
        "templateVersions": f'templateId: "{ids.encode("tmpl", rows["query_templates"].id)}"',
        "scheduleTicks": f'scheduleId: "{ids.encode("sch", rows["report_schedules"].id)}"',
        "aggregates": f'filter: {{reportId: "{report}", level: WEEKLY}}',
        "reportConfigurations": "enabled: null",
        "views": f'reportId: "{report}"',
        "insights": f'of: "{ids.encode("view", rows["dashboard_views"].id)}"',
        "Workflow": ids.encode("wf", rows["workflows"].id),
        "Instance": ids.encode("inst", instance.id),
    }


def text_of(of: str, name: str, where: dict[str, str], *pages: str) -> str:
    """The question for some pages of a list."""
    asked = ""
    for place, page in enumerate(pages):
        given = ", ".join(one for one in (where.get(name), page) if one)
        asked += f"page{place}: {name}({given}) {{ {READ} }} "
    if of == "Query":
        return f"{{ viewer {{ id }} {asked} }}"
    return f'{{ viewer {{ id }} node(id: "{where[of]}") {{ ... on {of} {{ {asked} }} }} }}'


async def test_every_list_reads_all_items_in_every_order_from_both_ends(
    ask, where, count_statements
):
    assert len(CONNECTIONS) > 20
    for of, name, field in CONNECTIONS:

        async def read(*pages: str, of: str = of, name: str = name) -> Any:
            answer = await ask(text_of(of, name, where, *pages))
            found = answer if of == "Query" else answer["node"]
            return [found[f"page{place}"] for place in range(len(pages))]

        for order in orders(field):
            place = f"{of}.{name} by {order}"
            up, down = (f"orderBy: {{field: {order}, direction: {one}}}" for one in ("ASC", "DESC"))
            with count_statements() as of_all:
                whole, reverse = await read(f"{up}, first: 100", f"{down}, first: 100")
            cursors = cursors_of(whole)
            assert len(set(cursors)) == len(cursors) == whole["totalCount"] >= COPIES, place
            assert not whole["pageInfo"]["hasNextPage"], place
            assert cursors_of(reverse) == cursors[::-1], place

            after = f'after: "{cursors[2]}", first: 2'
            with count_statements() as of_two:
                rest, back = await read(f"{up}, {after}", f"{down}, {after}")
            assert (cursors_of(rest), rest["totalCount"]) == (cursors[3:5], len(cursors)), place
            assert cursors_of(back) == cursors[1::-1], place
            # Two lists are two statements, whatever the length of the page.
            assert pages_of(of_two) == pages_of(of_all) == 2, place
            [before] = await read(f'{up}, before: "{cursors[3]}", last: 2')
            assert cursors_of(before) == cursors[1:3], place


def pages_of(statements: list[str]) -> int:
    """The number of statements that read a page."""
    return sum("cursor_0" in one for one in statements)


def cursors_of(page: Any) -> list[str]:
    """The cursors of a page."""
    return [one["cursor"] for one in page["edges"]]


async def test_an_order_is_by_the_values_that_are_shown(ask, where):
    question = """query($order: ReportOrder) { reports(orderBy: $order) {
      nodes { name createdAt lastRunAt nextRunAt } } }"""

    async def values(order: str, name: str) -> list[Any]:
        by = {"field": order, "direction": "ASC"}
        return [one[name] for one in (await ask(question, order=by))["nodes"]]

    names = await values("NAME", "name")
    assert [one.lower() for one in names] == sorted(one.lower() for one in names)
    runs = await values("LAST_RUN_AT", "lastRunAt")
    assert runs[0] is None  # what never ran is first
    assert runs == [None] * runs.count(None) + sorted(filter(None, runs))
    upcoming = await values("NEXT_RUN_AT", "nextRunAt")
    assert upcoming[-1] is None  # what does not run is last
    assert upcoming[: -upcoming.count(None)] == sorted(filter(None, upcoming))


async def test_a_count_costs_a_statement_only_if_it_is_asked_for(ask, where, count_statements):
    with count_statements() as without:
        await ask("{ reports { nodes { id } } }")
    with count_statements() as counted:
        answer = await ask("{ reports { nodes { id } totalCount } }")
    assert answer["totalCount"] == COPIES + 1
    assert len(counted) == len(without) + 1


async def test_a_cursor_of_another_order_is_refused(ask, refused, where):
    page = await ask(
        "{ executions(first: 1, orderBy: {field: STARTED_AT, direction: ASC}) "
        "{ edges { cursor } } }"
    )
    cursor = page["edges"][0]["cursor"]
    question = (
        "query($c: String!) { executions(after: $c, orderBy: "
        "{field: COMPLETED_AT, direction: ASC}) { nodes { id } } }"
    )
    said = await refused(question, c=cursor)
    assert said["code"] == "BAD_USER_INPUT"
    assert said["field"] == "after"


FILTERS = """
query($reports: ReportFilter, $executions: ExecutionFilter, $collections: CollectionFilter,
      $schedules: ScheduleFilter, $boards: DashboardFilter, $templates: TemplateFilter,
      $notices: NoticeFilter, $workflows: WorkflowFilter, $ticks: TickFilter, $schedule: ID!) {
  reports(filter: $reports) { totalCount }
  executions(filter: $executions) { totalCount }
  collections(filter: $collections) { totalCount }
  schedules(filter: $schedules) { totalCount }
  boards: dashboards(filter: $boards) { totalCount }
  templates(filter: $templates) { totalCount }
  notices(filter: $notices) { totalCount }
  workflows(filter: $workflows) { totalCount }
  ticks: scheduleTicks(scheduleId: $schedule, filter: $ticks) { totalCount }
}
"""
FAR = "2190-01-01T00:00:00Z"


async def test_filters_take_lists_and_a_list_without_a_match_is_empty(
    ask, refused, where, instance, elsewhere
):
    here, there = (ids.encode("inst", one.id) for one in (instance, elsewhere))
    schedule = where["scheduleTicks"].partition('"')[2].rstrip('"')

    async def counts(**filters: Any) -> dict[str, int]:
        answer = await ask(FILTERS, schedule=schedule, **filters)
        return {name: page["totalCount"] for name, page in answer.items()}

    everything = await counts()
    # Each of these conditions holds of all items, and together they still do.
    assert everything == await counts(
        reports={
            "instanceIds": [here, there],
            "states": ["ACTIVE"],
            "mine": True,
            "templateIds": [],
        },
        executions={"instanceIds": [here], "statuses": ["PENDING", "FAILED"], "mine": True},
        collections={"instanceIds": [here], "statuses": ["PENDING"], "types": ["BACKFILL"]},
        schedules={"instanceIds": [here], "createdBefore": FAR, "text": "rpt_"},
        boards={"mine": True, "createdBefore": FAR, "templateTypes": []},
        templates={"categories": [], "reportTypes": None},
        notices={"events": ["FAILED", "MISSED"], "states": ["PENDING"]},
        workflows={"instanceIds": [here], "mine": True},
        ticks={"outcomes": ["RAN", "SKIPPED"], "nominalBefore": FAR},
    )
    nothing = await counts(
        reports={"instanceIds": [there]},
        executions={"outcomes": ["DATA"], "triggers": ["MANUAL", "API"]},
        collections={"statuses": ["FAILED", "PARTIAL"]},
        schedules={"mine": True},  # in nobody's name
        boards={"createdFrom": FAR},
        templates={"categories": ["there is none"]},
        notices={"states": ["SENT"], "events": ["MISSED"]},
        workflows={"mine": False},
        ticks={"nominalFrom": FAR},
    )
    assert set(nothing.values()) == {0}

    some = await counts(reports={"text": "ALPHA"}, executions={"text": "alpha"})
    assert (some["reports"], some["executions"]) == (2, 2)
    many = {"templateIds": [ids.encode("tmpl", instance.id)] * 101}
    said = await refused(FILTERS, schedule=schedule, reports=many)
    assert (said["code"], said["field"]) == ("BAD_USER_INPUT", "filter.templateIds")


async def test_pages_that_differ_in_values_alone_are_one_statement(ask, where):
    query = """query($after: String, $text: String) {
      reports(first: 1, after: $after, filter: {text: $text}) {
        nodes { name } pageInfo { endCursor } } }"""
    for name in list(page_statements._kept):
        del page_statements._kept[name]
    after, names = None, []
    for _ in range(3):
        page = await ask(query, after=after, text="a")
        after = page["pageInfo"]["endCursor"]
        names += [one["name"] for one in page["nodes"]]
    assert len(names) == 3
    assert len(page_statements._kept) == 2  # with a cursor, and without
    assert (await ask(query, text="beta"))["nodes"][0]["name"] == "beta"
    assert (await ask(query, text="nothing"))["nodes"] == []
    assert len(page_statements._kept) == 2
