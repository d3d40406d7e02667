"""What is kept of a result beside its file: checksum, totals, first rows, campaigns and ASINs.

`of_file` asks DuckDB. `of_rows` computes the same in Python, from the texts of all values: for a
small result that takes a fraction of the time of DuckDB's statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import duckdb

from domain import duck
from domain.executions import results
from domain.executions.columns import FILTERED
from domain.instances import campaigns

FIRST_ROWS = 20
LONGEST_SHOWN = 1000  # characters of a value in the summary
EXACT = Context(prec=100)  # digits; more than a sum of DECIMAL(38) has

Row = Sequence[str | None]


@dataclass(frozen=True)
class Contents:
    """What is kept of a result beside its file."""

    checksum: str
    suppressed: int  # rows whose dimensions AMC withheld
    totals: dict[str, str | None]
    first_rows: list[list[Any]]
    campaigns: list[dict[str, Any]]
    asins: list[str]


def of_file(
    connection: duckdb.DuckDBPyConnection, types: Mapping[str, str], summed: Sequence[str]
) -> Contents:
    """Read the contents of the view `result`."""
    names = list(types)
    suppressed = "count(*) FILTER (filtered)" if FILTERED in types else "0"
    sums = [duck.digits(f"sum({duck.name(name)})") for name in summed]
    row = connection.execute(f"SELECT {', '.join([suppressed, *sums])} FROM result").fetchone()
    counted, *totals = row or (0,)
    return Contents(
        checksum=duck.checksum(connection, "result", types),
        suppressed=counted,
        totals=dict(zip(summed, totals, strict=True)),
        first_rows=_short(results.rows(connection, "result", names, FIRST_ROWS, 0)),
        campaigns=campaigns.campaigns_in(connection, names),
        asins=campaigns.asins_in(connection, names),
    )


def of_rows(rows: Sequence[Row], types: Mapping[str, str], summed: Sequence[str]) -> Contents:
    """Compute the contents from all rows, whose values are texts as DuckDB writes them."""
    names = list(types)
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    return Contents(
        checksum=duck.checksum_of(rows, types),
        suppressed=columns.get(FILTERED, ()).count("true"),
        totals={name: _total(columns.get(name, ())) for name in summed},
        first_rows=_short(
            [
                [_shown(value, type_) for value, type_ in zip(row, types.values(), strict=True)]
                for row in rows[:FIRST_ROWS]
            ]
        ),
        campaigns=campaigns.campaigns_of(columns),
        asins=campaigns.asins_of(columns),
    )


def _total(values: Sequence[str | None]) -> str | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    total = Decimal(0)
    for value in known:
        total = EXACT.add(total, Decimal(value))
    return _digits(f"{total:f}")


def _digits(text: str) -> str:
    """Return a number without trailing zeros, as `duck.digits` does."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(value: str | None, type_: str) -> Any:
    """Return a value as `results.rows` does."""
    if value is None:
        return None
    if type_.startswith("DECIMAL"):
        return _digits(value)
    if type_ == "BIGINT":
        return int(value) if abs(int(value)) <= results.SAFE else value
    return value == "true" if type_ == "BOOLEAN" else value


def _short(rows: list[list[Any]]) -> list[list[Any]]:
    """Cut long texts: the summary is a part of the execution's row."""
    return [[one[:LONGEST_SHOWN] if isinstance(one, str) else one for one in row] for row in rows]
