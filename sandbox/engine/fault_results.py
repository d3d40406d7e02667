"""Results that replace the real one, for the faults empty_result and suppressed_result."""

import csv

from sandbox.sql.query import Query, Result

KINDS = ("empty_result", "suppressed_result")


def instead(kind: str, result: Result, asked: Query) -> None:
    """Overwrites the files of a result with no rows, or with one suppressed row."""
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
