"""A report whose numbers of each day are known, so that any answer can be computed by hand."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from domain import db, ids, models
from domain.calendar import units
from domain.calendar.days import Days
from tests.graph.front_door import CREATE
from tests.numbers.numbers import row_of

ASK = """
mutation($question: String!, $dashboard: ID, $report: ID, $conversation: ID, $key: String) {
  insightAsk(
    question: $question, dashboardId: $dashboard, reportId: $report,
    conversationId: $conversation, idempotencyKey: $key
  ) {
    id conversationId question answer outcome reason kind confidence method metrics
    numbers { name value metric title unit currency of start end aggregateIds }
    choices { label question } startDate endDate feedback wording wordingError version
    dashboard { id } report { id }
  }
}
"""
DATA = Days(date(2025, 3, 31), date(2026, 10, 26))  # whole weeks
CAMPAIGNS = {"Brand Exact": 5, "Brand Broad": 3, "Autumn Display": 2}
RATES = {"Brand Exact": 4200, "Brand Broad": 3000, "Autumn Display": 5100}  # of sales
DEVICES = {"Phone": 6, "Desktop": 4}
WITHHELD = "2025-W40"  # a week that privacy withholds
RAISED = date(2026, 4, 1)  # in April, Autumn Display sells four times as much
ODD = date(2026, 8, 10)  # in this week, there are three times as many clicks
METRICS = [
    ("impressions", "Impressions", "additive", "count"),
    ("clicks", "Clicks", "additive", "count"),
    ("cost", "Cost", "additive", "currency"),
    ("sales", "Sales", "additive", "currency"),
    ("purchases", "Purchases", "additive", "count"),
    ("reach", "Reach", "distinct", "users"),
]
ADDED = [name for name, _, kind, _ in METRICS if kind == "additive"]
RATIOS = [
    ("roas", "ROAS", "ratio", "sales", "cost"),
    ("click_rate", "Click-through rate", "percent", "clicks", "impressions"),
    ("cost_per_click", "Cost per click", "currency", "cost", "clicks"),
]


def of_day(metric: str, day: date, campaign: str) -> Decimal:
    """The number of a campaign on a day."""
    number, weight = day.toordinal(), CAMPAIGNS[campaign]
    swing = number % 7 + (number // 7) * 13 % 9
    match metric:
        case "impressions":
            return Decimal(weight * (900 + 10 * swing))
        case "clicks":
            odd = 3 if ODD <= day < ODD + timedelta(7) else 1
            return Decimal(weight * (20 + swing) * odd)
        case "cost":
            return Decimal(weight * (1000 + 15 * swing)) / 100
        case "purchases":
            return Decimal(weight + swing % 3)
        case "sales":
            raised = campaign == "Autumn Display" and day.month == 4 and day.year == 2026
            return Decimal(weight * (RATES[campaign] + 90 * swing) * (4 if raised else 1)) / 100
    raise KeyError(metric)


def total(metric: str, days: Days, campaign: str | None = None) -> Decimal:
    """The sum of a metric, or the quotient of two, over some days."""
    for name, _, _, above, below in RATIOS:
        if name == metric:
            return total(above, days, campaign) / total(below, days, campaign)
    names = [campaign] if campaign else list(CAMPAIGNS)
    return sum((of_day(metric, day, one) for day in days for one in names), Decimal(0))


def days(start: str, last: str) -> Days:
    """Days by their first and last."""
    return Days.from_last(date.fromisoformat(start), date.fromisoformat(last))


def config() -> dict[str, Any]:
    """What the template says of the columns."""
    plain = [
        {"name": name, "title": title, "kind": kind.upper(), "unit": unit.upper()}
        for name, title, kind, unit in METRICS
    ]
    ratios = [
        {
            "name": name,
            "title": title,
            "kind": "RATIO",
            "unit": unit.upper(),
            "numerator": above,
            "denominator": below,
        }
        for name, title, unit, above, below in RATIOS
    ]
    return {"dimensions": ["campaign", "device"], "metrics": [*plain, *ratios]}


COLUMNS = ", ".join(f"1 AS {name}" for name, *_ in METRICS)
SQL = f"SELECT campaign, device_type AS device, {COLUMNS} FROM dsp_impressions"


async def known_report(ask: Any, own_template: Any, report_input: dict[str, Any]) -> Any:
    """Make a report of Alice's whose numbers are known."""
    template = await own_template(SQL, reportConfig=config())
    made = await ask(CREATE, report={**report_input, "templateId": template})
    await fill(made["id"])
    return made


async def fill(report: str) -> None:
    """Give a report the aggregates of its weeks, months and quarters."""
    async with db.owner_transaction() as session:
        row = await session.get_one(models.Report, ids.decode("rpt", report))
        session.add_all(
            one
            for level in units.LEVELS
            for period in units.periods(level, DATA)
            for one in _rows(row, period)
        )


def _rows(report: models.Report, period: units.Period) -> Iterator[models.Aggregate]:
    covered = period.days.intersection(DATA)
    length, known = period.days.length, covered.length
    coverage = {"days": length, "covered": known}
    coverage |= {"missing": length - known} if known < length else {}
    if period.key == WITHHELD:
        yield row_of(report, period, "", {}, "SUPPRESSED", {})
        return
    more = {"coverage": coverage, "suppressed_rows": 0}
    whole = {name: total(name, covered) for name in ADDED}
    whole["reach"] = Decimal(1000 + 7 * known)
    yield row_of(report, period, "", {}, whole | _ratios(whole), more)
    for campaign in CAMPAIGNS:
        part = {name: total(name, covered, campaign) for name in ADDED}
        key = {"campaign": campaign}
        yield row_of(report, period, str(key), key, part | _ratios(part), more)
    for device, tenths in DEVICES.items():
        part = {name: whole[name] * tenths / 10 for name in ADDED}
        yield row_of(report, period, device, {"device": device}, part | _ratios(part), more)


def _ratios(sums: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: sums[above] / sums[below] for name, _, _, above, below in RATIOS}
