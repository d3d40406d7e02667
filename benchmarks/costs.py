"""What fields cost: CPU against that of a plain column, from which the weights of the schema come.

    python -m benchmarks.costs [ROUNDS]

Starts the whole system, collects a year, and asks each question with a field so many times and
without it. The difference, divided by how often the field was in the answer, is its CPU: that of
the API and of PostgreSQL together. One point is the CPU of a plain column of a row in a list. The
column `declared` is what the schema declares, with all that is asked within the field; the last one
says how much more or less it really is.
"""

import asyncio
import sys
from dataclasses import dataclass

import httpx2

from benchmarks.support import board
from benchmarks.support.processes import cpu
from tests.local.running_system import RunningSystem, running_system

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
PARTS = ("api", "postgres")
ENOUGH = 0.4  # seconds of CPU that are measured, in steps of 0.01
MOST = 100  # requests, if they take less than that
REPORTS = 20
MONDAYS = '{cron: "0 6 * * 1"}'
SCHEDULE = "mutation($report: ID!) { scheduleCreate(reportId: $report, schedule: %s) { id } }"
COLLECTED = """query($id: ID!) { collection(id: $id) { isOver weeksCompleted weeks { id rowCount
  execution { id } } } }"""
SQL = "SELECT {{a}} AS x, SUM(clicks) AS clicks FROM dsp_clicks GROUP BY 1"


@dataclass(frozen=True)
class Field:
    """A field to be measured: what is asked with it, and without it."""

    name: str
    within: str  # the question, with % where the field goes
    asked: str  # the field; # becomes a number, so that it can be asked several times
    times: int = 1  # that it is asked beside itself
    rows: int = 1  # of the list that it is asked in

    def question(self, times: int) -> str:
        """The question with the field so many times."""
        asked = " ".join(f"f{n}: {self.asked.replace('#', str(n))}" for n in range(times))
        return self.within.replace("%", asked)


def fields(at: dict[str, str], widget: str, table: str) -> list[Field]:
    """Every field that is measured."""
    return [
        *of_weeks(at),
        *[Field(name, "{ __typename % }", asked, 10) for name, asked in roots(at).items()],
        *[
            Field(name, "mutation { __typename % }", asked, 4)
            for name, asked in mutations(at).items()
        ],
        *of_reports(at),
        *heavy(at, widget, table),
    ]


def of_weeks(at: dict[str, str]) -> list[Field]:
    """Fields of the rows of a list. The first one is the measure of all."""
    weeks = f'{{ collection(id: "{at["collection"]}") {{ weeks {{ id % }} }} }}'
    return [
        Field("plain column", weeks, "status", 40, 52),
        Field("column under another name", weeks, "startDate", 40, 52),
        Field("id", weeks, "id", 40, 52),
        Field("JSON of a row", weeks, "summary { suppressedRows }", 10, 52),
        Field("one row, by a key", weeks, "collection { id }", 10, 52),
        Field("a list of rows", weeks, "revisions { id: revision }", 10, 52),
    ]


def roots(at: dict[str, str]) -> dict[str, str]:
    """Fields at the root that read a few rows."""
    by_id = ("report", "collection", "execution", "schedule", "dashboard", "template")
    lists = (
        "instances",
        "accounts",
        "templates",
        "reports",
        "executions",
        "collections",
        "schedules",
        "notices",
        "noticeTargets",
        "builderSessions",
        "dashboards",
        "reportConfigurations",
        "exports",
        "auditEntries",
    )
    report = f'reportId: "{at["report"]}"'
    page = "(first: 1) { nodes { id } }"
    return {
        "viewer": "viewer { id }",
        "node": f'node(id: "{at["collection"]}") {{ id }}',
        "nodes": f'nodes(ids: ["{at["collection"]}"]) {{ id }}',
        **{one: f'{one}(id: "{at[one]}") {{ id }}' for one in by_id},
        **{one: f"{one}{page}" for one in lists},
        "reports, counted": "reports(first: 1) { totalCount }",
        "aggregates": f"aggregates(first: 1, filter: {{{report}}}) {{ nodes {{ __typename }} }}",
        "views": f"views(first: 1, {report}) {{ nodes {{ id }} }}",
        "insights": f'insights(first: 1, of: "{at["dashboard"]}") {{ nodes {{ id }} }}',
        "scheduleTicks": f'scheduleTicks(first: 1, scheduleId: "{at["schedule"]}") '
        "{ nodes { id } }",
        "exportUsage": "exportUsage { __typename }",
        "overview": "overview { __typename }",
        "dashboardTemplates": f"dashboardTemplates({report}) {{ slug }}",
        "dashboardTemplates, all": "dashboardTemplates { slug }",
        "collectionPlan": f"collectionPlan(collection: {{{report}, targetWeeks: 364, "
        "segmentation: {type: DAILY}}) { executions }",
        "lookbackOptions": f"lookbackOptions({report}) {{ timeZone }}",
        "schedulePreview": f"schedulePreview(schedule: {at['schedule input']}, {report}) "
        "{ __typename }",
        "templatePreview": f'templatePreview(templateId: "{at["slug"]}") {{ sql }}',
        "templateValidate": f'templateValidate(sqlTemplate: "{SQL}") {{ sql }}',
    }


def mutations(at: dict[str, str]) -> dict[str, str]:
    """Mutations that write a few rows."""
    report = f'id: "{at["report"]}"'
    return {
        "reportFavorite": f"reportFavorite({report}, favorite: true) {{ id }}",
        "reportDuplicate": f"reportDuplicate({report}) {{ id }}",
        "dashboardCreate": 'dashboardCreate(dashboard: {name: "One"}) { id }',
        "reportRun": f"reportRun({report}) {{ id }}",
    }


def of_reports(at: dict[str, str]) -> list[Field]:
    """Lists within rows: of one row, and of each row of a list."""
    one = f'{{ report(id: "{at["report"]}") {{ id % }} }}'
    many = f"{{ reports(first: {REPORTS}) {{ nodes {{ id % }} }} }}"
    pages = "executions(first: 1#) { nodes { id } }"  # each of another size, so each is read
    return [
        Field("list of one row", one, pages, 8),
        Field("list of each row", many, pages, 4, REPORTS),
        Field("list of one row, counted", one, "executions(first: 1#) { totalCount }", 8),
        Field(
            "list of each row, counted", many, "executions(first: 1#) { totalCount }", 4, REPORTS
        ),
        Field("recentExecutions of one row", one, "recentExecutions { id }", 10),
        Field("recentExecutions of each row", many, "recentExecutions { id }", 5, REPORTS),
        Field("overview of a report", one, "state", 10),
        Field("overview of each report", many, "state", 5, REPORTS),
    ]


def heavy(at: dict[str, str], widget: str, table: str) -> list[Field]:
    """Fields that compute or read files."""
    execution = f'{{ execution(id: "{at["execution"]}") {{ id % }} }}'
    numbers = f'{{ node(id: "{widget}") {{ ... on Widget {{ id % }} }} }}'
    data = f'{{ node(id: "{widget}") {{ ... on Widget {{ id data {{ level % }} }} }} }}'
    rows = f'{{ node(id: "{table}") {{ ... on Widget {{ id data {{ level % }} }} }} }}'
    schema = (
        "__schema { types { name description fields { name description "
        "args { name description type { name } } type { name kind ofType { name } } } } }"
    )
    sight = f'viewAs(email: "{at["email"]}") {{ access }}'
    return [
        Field("rows(first: 1)", execution, "rows(first: 1, offset: #) { rows }", 10),
        Field("rows(first: 100)", execution, "rows(first: 100, offset: #) { rows }", 10),
        Field("download", execution, "download(format: CSV) { url }", 20),
        Field("numbers", numbers, "data { level }", 10),
        Field("points", rows, "points(first: 50) { key cells { value state } }", 2),
        Field("chart", data, "chart", 10),
        Field("altText", data, "altText", 10),
        Field("viewAs", f'{{ dashboard(id: "{at["dashboard"]}") {{ id % }} }}', sight, 10),
        Field("__schema", "{ __typename % }", schema, 1),
        Field("__type", "{ __typename % }", '__type(name: "Week") { fields { name } }', 10),
    ]


async def used(system: RunningSystem, question: str) -> tuple[float, int]:
    """Seconds of CPU to answer the question once, and its points."""
    pids, running = system.pids(), system.running
    headers = {"Authorization": f"Bearer {running.token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:

        async def answer() -> httpx2.Response:
            return await http.post(f"{running.address}/graphql", json={"query": question})

        told = (await answer()).json()
        assert not told.get("errors"), told["errors"][0]["message"]
        before, spent, number = sum(cpu(pids[part]) for part in PARTS), 0.0, 0
        while spent < ENOUGH and number < MOST:
            for _ in range(5):
                await answer()
            number += 5
            spent = sum(cpu(pids[part]) for part in PARTS) - before
    return spent / number, told["extensions"]["cost"]["actual"]


async def measured(system: RunningSystem, one: Field) -> tuple[float, float]:
    """Microseconds of CPU of the field in one place, and its points there."""
    found = []
    for _ in range(ROUNDS):
        without, few = await used(system, one.question(0))
        having, many = await used(system, one.question(one.times))
        each = one.times * one.rows
        found.append(((having - without) / each * 1e6, (many - few) / each))
    return min(found)


async def filled(system: RunningSystem) -> dict[str, str]:
    """Reports, one of them with a year of weeks, a schedule and a dashboard."""
    for _ in range(REPORTS):
        report = await system.report()
    collection = (await system.ask(board.START, report=report))["id"]
    while not (now := await system.ask(COLLECTED, id=collection))["isOver"]:  # noqa: ASYNC110
        await asyncio.sleep(1)
    made = await system.ask(board.CREATE)
    add = [board.widget(number, report) for number in range(len(board.WIDGETS))]
    await system.ask(board.ADD, id=made["id"], version=made["version"], change={"add": add})
    schedule = await system.ask(SCHEDULE % MONDAYS, report=report)
    templates = (await system.ask("{ templates(first: 1) { nodes { id } } }"))["nodes"]
    largest = max(now["weeks"], key=lambda week: week["rowCount"] or 0)
    return {
        "report": report,
        "collection": collection,
        "execution": largest["execution"]["id"],
        "dashboard": made["id"],
        "schedule": schedule["id"],
        "schedule input": MONDAYS,
        "template": templates[0]["id"],
        "email": system.running.user,
        "slug": "campaign-performance",
    }


async def main() -> None:
    """All of it, in one run."""
    with running_system(SANDBOX_MIN_SECONDS="0", SANDBOX_MAX_SECONDS="0") as system:
        at = await filled(system)
        read = "query($id: ID!) { dashboard(id: $id) { widgets { id type chartType title } } }"
        widgets = (await system.ask(read, id=at["dashboard"]))["widgets"]
        area = next(one["id"] for one in widgets if one["chartType"] == "AREA")
        table = next(one["id"] for one in widgets if one["type"] == "TABLE")
        point = 0.0
        print(f"{'field':28} {'µs':>10} {'points':>8} {'declared':>9} {'times':>6}")
        for one in fields(at, area, table):
            try:
                spent, declared = await measured(system, one)
            except AssertionError as refused:
                print(f"{one.name:28} {refused}", flush=True)
                continue
            point = point or spent
            points = spent / point
            row = f"{one.name:28} {spent:10.1f} {points:8.1f} {declared:9.1f}"
            print(f"{row} {points / declared:6.2f}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
