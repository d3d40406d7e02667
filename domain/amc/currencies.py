"""Which amounts of a result may be added up: those in the currency of the instance.

A column of AMC such as `currency_iso_code` or `purchase_currency` names the currency of a row. If a
row of a group names another one than that of the instance's marketplace, no amount of the group has
a value, and its state says why. So every amount is in the currency that it is shown in, and two
currencies are never added up. Rows that name none are taken to be in the instance's currency.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from domain import duck
from domain.amc.marketplaces import currency_of

OTHER_CURRENCY = "OTHER_CURRENCY"  # the state of an amount in another currency, or in several
# Columns that hold a code (currency_iso_code, purchase_currency, currency), or a name in words.
NAMED = re.compile(r"(.*_)?currency(_iso)?(_code|_name)?", re.IGNORECASE)
CODE = "[A-Za-z]{3}"  # ISO 4217


@dataclass(frozen=True)
class Amounts:
    """The columns of a source that hold amounts, and the currency of its instance."""

    columns: frozenset[str]  # in lower case
    home: str | None  # ISO 4217; None if it is not known

    def decide(self, unit: str, *parts: str | None) -> bool:
        """Return whether a metric of this unit, a ratio of these parts if any, rests on amounts."""
        return unit == "currency" or any(one.lower() in self.columns for one in parts if one)


NO_AMOUNTS = Amounts(frozenset(), None)


def amounts(
    metrics: Iterable[tuple[str, str | None, str | None]], marketplace: str | None
) -> Amounts:
    """Return the amounts among all metrics that a source declares: name, unit and numerator."""
    named = (numerator or name for name, unit, numerator in metrics if unit == "currency")
    return Amounts(frozenset(one.lower() for one in named), currency_of(marketplace))


def columns(types: Iterable[tuple[str, str]]) -> list[str]:
    """Return those of these columns, each with DuckDB's type, that tell the currency of a row."""
    return sorted({name for name, type_ in types if type_ == "VARCHAR" and NAMED.fullmatch(name)})


def of_row(told: Sequence[str], present: Collection[str], home: str | None) -> str:
    """Return SQL for the columns `foreign_currency` and `currency_name` of a row.

    `told` are the columns that tell a currency, of which a file may lack some. `home` is the code
    of the instance's currency; if it is not known, every code counts as another one.
    """
    values = [f"trim({duck.name(one)}::VARCHAR)" for one in told if one in present]
    is_code = [f"regexp_full_match({one}, '{CODE}')" for one in values]
    foreign = [
        f"coalesce({code} AND upper({one}) <> '{home or ''}', FALSE)"
        for code, one in zip(is_code, values, strict=True)
    ]
    names = [
        f"CASE WHEN NOT {code} AND {one} <> '' THEN {one} END"
        for code, one in zip(is_code, values, strict=True)
    ]
    return (
        f"{' OR '.join(foreign) or 'FALSE'} AS foreign_currency, "
        f"coalesce({', '.join([*names, 'NULL::VARCHAR'])}) AS currency_name"
    )


def is_foreign() -> str:
    """Return SQL that is true for a group with amounts of other currencies, or of several ones."""
    named = "coalesce(min(currency_name) <> max(currency_name), FALSE)"
    return f"(bool_or(foreign_currency) OR {named})"


def mixed(
    connection: duckdb.DuckDBPyConnection, path: Path, types: Mapping[str, str], amounts: Amounts
) -> list[dict[str, Any]]:
    """Return a warning if a stored result has amounts of other currencies, or of several ones.

    It counts the rows that are, or may be, in another currency, and names one of these currencies.
    """
    if not amounts.columns & {name.lower() for name in types}:
        return []
    told = columns(types.items())
    if not told:
        return []
    shown = ", ".join(f"trim({duck.name(name)})" for name in told)
    count, example, is_mixed = connection.execute(
        f"""
        SELECT count(*) FILTER (foreign_currency OR currency_name IS NOT NULL),
            coalesce(min(told) FILTER (foreign_currency), min(currency_name)), {is_foreign()}
        FROM (
            SELECT coalesce({shown}) AS told, {of_row(told, types, amounts.home)}
            FROM read_parquet('{path}')
        )
        """  # noqa: S608  (names are quoted, and the path is our own)
    ).fetchone() or (0, None, False)
    if not is_mixed:
        return []
    named = (
        f"{amounts.home}, the instance's currency" if amounts.home else "the instance's currency"
    )
    why = f"Its amounts are not all in {named}, so they are not added up."
    return [{"column": told[0], "count": count, "example": example, "message": why}]
