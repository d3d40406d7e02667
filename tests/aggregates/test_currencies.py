"""Amounts of different currencies are never added up: generated results, beside sums by hand."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.aggregates.rollups import Rollup, SegmentResult, aggregate
from domain.aggregates.sums import RowFilter
from domain.amc.currencies import OTHER_CURRENCY
from domain.templates.metrics import ReportConfig
from tests.aggregates.stored_results import MARCH, WEEK, march, segment

CONFIG = ReportConfig.model_validate(
    {
        "dimensions": ["campaign", "currency_iso_code"],
        "metrics": [
            {"title": one["name"], "unit": "count", "kind": "additive", **one}
            for one in (
                {"name": "clicks"},
                {"name": "cost", "unit": "currency"},
                {"name": "sales", "unit": "currency"},
                {"name": "roas", "kind": "ratio", "numerator": "sales", "denominator": "cost"},
                {"name": "rate", "kind": "ratio", "numerator": "clicks", "denominator": "shown"},
            )
        ],
    }
)
HOMES = {"USD": "ATVPDKIKX0DER", "EUR": "A1PA6795UKMFR9", None: "ELSEWHERE"}  # marketplaces
MONEY = ("cost", "sales", "roas")
TOLD = [  # columns that tell the currency of a row, and what they may hold
    *(("currency_iso_code", one) for one in (["USD"], ["USD", "EUR"], ["usd", " USD ", None])),
    *(("purchase_currency", one) for one in (["EUR"], [None], ["USD", None, None, "JPY"])),
    ("currency", ["USD", "", "EUR"]),
    *(("currency_name", one) for one in (["US Dollar"], ["US Dollar", "Euro"], [None])),
]
Row = dict[str, Any]


@dataclass
class Made:
    """Generated results: each with its rows, and all of them as segments."""

    rows: list[list[Row]]
    segments: list[SegmentResult]


def made(chance: random.Random, folder: Path) -> Made:
    """A few weeks of results, some with columns of currencies, in any order."""
    rows, segments = [], []
    for number in range(chance.randint(1, 3)):
        told = dict(chance.sample(TOLD, chance.randint(0, 2)))
        own = [
            {
                "campaign": chance.choice("ABC"),
                "clicks": chance.randint(0, 9),
                "shown": chance.randint(1, 99),
                "cost": Decimal(chance.randint(1, 10**6)).scaleb(-2),
                "sales": Decimal(chance.randint(1, 10**6)).scaleb(-2),
                **{name: chance.choice(values) for name, values in told.items()},
            }
            for _ in range(chance.choice([1, 2, 3, 8]))
        ]
        numbers = {"clicks": "BIGINT", "shown": "BIGINT", "cost": "DOUBLE", "sales": "DOUBLE"}
        types = {"campaign": "VARCHAR", **numbers, **dict.fromkeys(told, "VARCHAR")}
        names = list(types)
        chance.shuffle(names)
        types |= {name: "INTEGER" for name, values in told.items() if values == [None]}
        columns = {
            name: "DECIMAL(18,2)" if types[name] == "DOUBLE" else types[name] for name in names
        }
        start = march(2) + timedelta(weeks=number)
        values = [tuple(row[name] for name in columns) for row in own]
        segments.append(segment(folder, start, start + timedelta(weeks=1), values, columns=columns))
        rows.append(own)
    return Made(rows, segments)


def is_mixed(rows: Sequence[Row], home: str | None) -> bool:
    """Whether these rows are in another currency than this one, or in several."""
    told = [
        str(value).strip()
        for row in rows
        for name, value in row.items()
        if "currency" in name and value is not None and str(value).strip()
    ]
    codes = {one.upper() for one in told if len(one) == 3}
    names = {one for one in told if len(one) != 3}
    return bool(codes - {home}) or len(names) > 1


def expected(rows: Sequence[Row], home: str | None) -> dict[str, Decimal | str]:
    cost, sales, clicks = (sum(row[name] for row in rows) for name in ("cost", "sales", "clicks"))
    found = {"clicks": Decimal(clicks), "cost": cost, "sales": sales}
    ratios = {"roas": (sales, cost), "rate": (clicks, sum(row["shown"] for row in rows))}
    for name, (above, below) in ratios.items():
        found[name] = round(Decimal(above) / Decimal(below), 10)
    refused = dict.fromkeys(MONEY, OTHER_CURRENCY) if is_mixed(rows, home) else {}
    return {**found, **refused}


def shown(rollup: Rollup) -> dict[str, Decimal | str]:
    return {
        name: rollup.states[name] if value is None else Decimal(value)
        for name, value in rollup.metrics.items()
    }


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_an_amount_is_in_the_currency_of_the_instance_or_has_no_value(tmp_path, first):
    compared = refused = 0
    for seed in range(first, first + 30):
        chance = random.Random(seed)
        home = chance.choice([*HOMES])
        given = made(chance, tmp_path)
        amounts = CONFIG.amounts(HOMES[home])
        filters = [RowFilter("campaign", ["A", "B"])] if chance.random() < 0.3 else []
        wholes = [row for rows in given.rows for row in rows]
        kept = [row for row in wholes if not filters or row["campaign"] != "C"]
        if not kept:
            continue
        for one in aggregate(
            CONFIG, "UTC", given.segments, [MARCH], tmp_path, filters=filters, amounts=amounts
        ):
            own = kept
            if one.dimension == "campaign":
                own = [row for row in kept if row["campaign"] == one.value]
            elif one.dimension is not None:
                own = [row for row in kept if row.get(one.dimension) == one.value]
            assert shown(one) == expected(own, home), (seed, one.dimension, one.value)
            compared += 1
            refused += one.states.get("cost") == OTHER_CURRENCY
    assert compared > 100
    assert 0 < refused < compared


def test_a_view_of_some_metrics_knows_the_amounts_of_all(tmp_path):
    """A ratio of two amounts has no unit that tells of money."""
    columns = {"cost": "BIGINT", "sales": "BIGINT", "currency_code": "VARCHAR"}
    rows = [(1, 2, "USD"), (3, 5, "MXN")]
    results = [segment(tmp_path, march(2), march(9), rows, columns=columns)]
    roas = [one for one in CONFIG.metrics if one.name == "roas"]
    some = CONFIG.model_copy(update={"metrics": roas, "dimensions": []})
    amounts = CONFIG.amounts(HOMES["USD"])
    (found,) = aggregate(some, "UTC", results, [WEEK], tmp_path, amounts=amounts)
    assert found.states == {"roas": OTHER_CURRENCY}
