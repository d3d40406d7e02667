"""Weeks of a report as collections leave them, with something planted in them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import exp
from random import Random
from typing import Any

import orjson
from sqlalchemy import update

from domain import db, ids, models
from domain.calendar import units
from tests.numbers.numbers import SERIES

START = date(2025, 9, 1)  # a Monday
WEEKS = 60
ODD = 39  # the week in which sales of the larger campaign halve: from 1 June 2026
ODD_START = START + timedelta(7 * ODD)
SHARES = {"Autumn": 0.7, "Spring": 0.3}
Amounts = Mapping[str, Decimal]


def weeks(number: int = WEEKS, odd: int | None = ODD, seed: int = 5) -> list[dict[str, Amounts]]:
    """Cost and sales of each week by campaign: noise of 4 %, and one week that is odd."""
    random = Random(seed)
    made = []
    for at in range(number):
        of_week: dict[str, Amounts] = {}
        for name, share in SHARES.items():
            cost = 1000 * share * exp(random.gauss(0, 0.04))
            sales = 4000 * share * exp(random.gauss(0, 0.04))
            if at == odd and name == "Autumn":
                sales /= 2
            of_week[name] = {"cost": _cents(cost), "sales": _cents(sales)}
        made.append(of_week)
    return made


def _cents(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


async def keep_weeks(
    report: str, given: Sequence[Mapping[str, Amounts]], dimension: str = "campaign"
) -> None:
    """Store the aggregates of these weeks, in place of those that are there."""
    async with db.owner_transaction() as session:
        row = await session.get_one(models.Report, ids.decode("rpt", report))
        table = models.Aggregate.__table__
        await session.execute(table.delete().where(table.c.report_id == row.id))  # type: ignore[attr-defined]
        rows = [one for at, week in enumerate(given) for one in _rows(row, at, week, dimension)]
        await session.execute(table.insert(), rows)  # type: ignore[attr-defined]


async def split(report: str, week: int, **changed: Any) -> None:
    """Have the results of this week and later come from another series than those before.

    Without changes, it has another version of the template.
    """
    later: dict[str, Any] = {"series_hash": "series-2", "template_version": 2, **changed}
    async with db.owner_transaction() as session:
        row = await session.get_one(models.Report, ids.decode("rpt", report))
        version = await session.get_one(models.TemplateVersion, row.template_version_id)
        first = {
            "series_hash": SERIES,
            "report_id": row.id,
            "instance_id": row.instance_id,
            "template_version": 1,
            "report_config": version.report_config,
            "parameters_digest": "one",
            "time_zone": "America/New_York",
            "week_start": "monday",
            "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        later |= {"started_at": datetime(2026, 2, 1, tzinfo=UTC)}
        session.add_all([models.Series(**first), models.Series(**first | later)])
        table = models.Aggregate
        since = START + timedelta(7 * week)
        await session.execute(
            update(table)
            .where(table.report_id == row.id, table.data_date >= since)
            .values(series_hash=later["series_hash"])
        )


def _rows(
    report: models.Report, at: int, week: Mapping[str, Amounts], dimension: str
) -> list[dict[str, Any]]:
    period = units.period("weekly", START + timedelta(7 * at))
    names = dict.fromkeys(name for one in week.values() for name in one)
    whole = {name: sum((one[name] for one in week.values()), Decimal(0)) for name in names}
    shared = {
        "report_id": report.id,
        "instance_id": report.instance_id,
        "series_hash": SERIES,
        "generation": 1,
        "aggregation_type": "weekly",
        "aggregation_key": period.key,
        "data_date": period.start,
        "period_end_date": period.days.last,
        "state": "DATA",
        "coverage": {"days": 7, "covered": 7},
        "row_count": 10,
    }
    by: list[tuple[str, dict[str, str], Amounts]] = [("", {}, whole)]
    for value, amounts in week.items():
        named = {dimension: value}
        by.append((orjson.dumps(named).decode(), named, dict(amounts)))
    return [
        shared | {"dimension_key": packed, "dimensions": named, "metrics": _metrics(amounts)}
        for packed, named, amounts in by
    ]


def _metrics(amounts: Amounts) -> dict[str, str]:
    made = {name: str(value) for name, value in amounts.items()}
    if {"cost", "sales"} <= set(made):
        made["roas"] = f"{amounts['sales'] / amounts['cost']:.10f}"
    return made
