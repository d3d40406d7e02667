"""Results that are not what the query gave, for faults: nothing at all, or all suppressed."""

import csv

from sandbox.sql.query import Query, Result

KINDS = ("empty_result", "suppressed_result")


def instead(kind: str, result: Result, asked: Query) -> None:
    """Write over the first file of a result, and take its other rows away."""
    names = [column.name for column in result.columns]
    for number, path in enumerate(result.paths):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            if kind == "suppressed_result" and number == 0:
                writer.writerow([_value(result, name, asked) for name in names])


def _value(result: Result, name: str, asked: Query) -> str:
    if name == asked.discriminator_column:
        return "true"
    column = next(one for one in result.columns if one.name == name)
    return "7" if column.column_type == "METRIC" else ""
