"""What fields cost: CPU against that of a plain column, from which the weights of the schema come.

    python -m benchmarks.costs [ROUNDS]

Starts the whole system, collects a year by day, and asks each question with a field so many times
and without it. The difference, divided by how often the field was in the answer, is its CPU:
that of the API and of PostgreSQL together. One point is the CPU of a plain column of a row in a
list. The last column is what the schema declares, with all that is asked within the field.
"""

import asyncio
import sys
from dataclasses import dataclass

import httpx2

from benchmarks import board
from benchmarks.processes import cpu
from tests.local.running_system import RunningSystem, running_system

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
PARTS = ("api", "postgres")
DAILY = """
mutation($report: ID!) {
  collectionStart(collection: {
    reportId: $report, targetWeeks: 364, segmentation: {type: DAILY, parallelLimit: 10}
  }) { id }
}
"""
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
    weeks = f'{{ collection(id: "{at["collection"]}") {{ weeks {{ id % }} }} }}'
    root = "{ __typename % }"
    execution = f'{{ execution(id: "{at["execution"]}") {{ id % }} }}'
    data = f'{{ node(id: "{widget}") {{ ... on Widget {{ id data {{ level % }} }} }} }}'
    rows = f'{{ node(id: "{table}") {{ ... on Widget {{ id data {{ level % }} }} }} }}'
    report = f'reportId: "{at["report"]}"'
    daily = f"{{{report}, targetWeeks: 364, segmentation: {{type: DAILY}}}}"
    return [
        Field("plain column", weeks, "status", 20, 364),
        Field("column under another name", weeks, "startDate", 20, 364),
        Field("id", weeks, "id", 20, 364),
        Field("JSON of a row", weeks, "summary", 5, 364),
        Field("one row, by a key", weeks, "collection { id }", 5, 364),
        Field("a list of rows", weeks, "revisions { id: revision }", 5, 364),
        Field("field at the root", root, f'collection(id: "{at["collection"]}") {{ id }}', 50),
        Field("viewer", root, "viewer { id }", 50),
        Field("connection", root, "collections(first: 1) { nodes { id } }", 50),
        Field("overview", root, f'report(id: "{at["report"]}") {{ state }}', 50),
        Field("rows(first: 1)", execution, "rows(first: 1, offset: #) { rows }", 10),
        Field("rows(first: 100)", execution, "rows(first: 100, offset: #) { rows }", 10),
        Field("download", execution, "download(format: CSV) { url }", 20),
        Field("numbers", data.replace("data { level % }", "%"), "data { level }", 10),
        Field("points", rows, "points(first: 50) { key cells { value state } }", 2),
        Field("chart", data, "chart", 10),
        Field("altText", data, "altText", 10),
        Field("plan", root, f"collectionPlan(collection: {daily}) {{ executions }}", 20),
        Field("lookbackOptions", root, f"lookbackOptions({report}) {{ timeZone }}", 20),
        Field(
            "templatePreview", root, f'templatePreview(templateId: "{at["slug"]}") {{ sql }}', 20
        ),
        Field("templateValidate", root, f'templateValidate(sqlTemplate: "{SQL}") {{ sql }}', 20),
        Field("dashboardTemplates", root, f"dashboardTemplates({report}) {{ slug }}", 20),
        Field("dashboardTemplates, all", root, "dashboardTemplates { widgets filters }", 20),
        Field(
            "viewAs",
            f'{{ dashboard(id: "{at["board"]}") {{ id % }} }}',
            'viewAs(email: "@") { access }'.replace("@", at["email"]),
            10,
        ),
        Field(
            "__schema",
            root,
            "__schema { types { name description fields { name description "
            "args { name description type { name } } type { name kind ofType { name } } } } }",
            2,
        ),
        Field("__type", root, '__type(name: "Week") { fields { name description } }', 10),
    ]


async def used(system: RunningSystem, question: str, repeated: int) -> tuple[float, int]:
    """Seconds of CPU to answer the question once, and its points."""
    pids, running = system.pids(), system.running
    headers = {"Authorization": f"Bearer {running.token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        await http.post(f"{running.address}/graphql", json={"query": question})
        before = sum(cpu(pids[part]) for part in PARTS)
        for _ in range(repeated):
            response = await http.post(f"{running.address}/graphql", json={"query": question})
    answer = response.json()
    spent = sum(cpu(pids[part]) for part in PARTS) - before
    assert not answer.get("errors"), (question, answer["errors"])
    return spent / repeated, answer["extensions"]["cost"]["actual"]


async def measured(system: RunningSystem, one: Field) -> tuple[float, float]:
    """Microseconds of CPU of the field in one place, and its points there."""
    found = []
    for _ in range(ROUNDS):
        without, few = await used(system, one.question(0), 20)
        having, many = await used(system, one.question(one.times), 20)
        each = one.times * one.rows
        found.append(((having - without) / each * 1e6, (many - few) / each))
    return min(found)


async def filled(system: RunningSystem) -> dict[str, str]:
    """A report with a year of days, and a dashboard of it."""
    report = await system.report()
    collection = (await system.ask(DAILY, report=report))["id"]
    while not (now := await system.ask(COLLECTED, id=collection))["isOver"]:  # noqa: ASYNC110
        await asyncio.sleep(1)
    made = await system.ask(board.CREATE)
    add = [board.widget(number, report) for number in range(len(board.WIDGETS))]
    await system.ask(board.ADD, id=made["id"], version=made["version"], change={"add": add})
    largest = max(now["weeks"], key=lambda week: week["rowCount"] or 0)
    return {
        "report": report,
        "collection": collection,
        "execution": largest["execution"]["id"],
        "board": made["id"],
        "email": system.running.user,
        "slug": "campaign-performance",
    }


async def main() -> None:
    """All of it, in one run."""
    with running_system(SANDBOX_MIN_SECONDS="0", SANDBOX_MAX_SECONDS="0") as system:
        at = await filled(system)
        read = "query($id: ID!) { dashboard(id: $id) { widgets { id type chartType title } } }"
        widgets = (await system.ask(read, id=at["board"]))["widgets"]
        area = next(one["id"] for one in widgets if one["chartType"] == "AREA")
        table = next(one["id"] for one in widgets if one["type"] == "TABLE")
        point = 0.0
        print(f"{'field':28} {'µs':>10} {'points':>8} {'declared':>9}")
        for one in fields(at, area, table):
            spent, declared = await measured(system, one)
            point = point or spent
            print(f"{one.name:28} {spent:10.1f} {spent / point:8.1f} {declared:9.1f}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
