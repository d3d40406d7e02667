"""Turns DuckDB's errors into AMC's words, without names that only the sandbox uses."""

import re

import duckdb

from sandbox.sql.rejections import INVALID, Rejected

PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), words)
    for pattern, words in (
        (
            r'column "?([\w$]+)"? must appear in the GROUP BY',
            "Expression '{0}' is not being grouped",
        ),
        (r"aggregate function calls cannot be nested", "Aggregate expressions cannot be nested"),
        (r"window functions? (?:are )?not allowed|cannot contain window", "Windowed aggregate "
         "expression is illegal here"),
        (r"GROUP BY clause cannot contain", "Aggregate expression is illegal in GROUP BY clause"),
        (r"WHERE clause cannot contain", "Aggregate expression is illegal in WHERE clause"),
        (
            r"Cannot compare values of type (\w+)[^ ]* and type (\w+)",
            "Cannot apply comparison to arguments of type '<{0}> = <{1}>'",
        ),
        (
            r"No function matches the given name and argument types '([\w+*/%-]+)\(([^)']*)\)'",
            "Cannot apply '{0}' to arguments of type '{0}({1})'",
        ),
        (
            r"Could not convert string '([^']{0,60})' to (\w+)",
            "Value '{0}' can't be converted to {1}",
        ),
        (r"(?:date|timestamp) field value out of range: \"([^\"]{0,60})\"",
         "'{0}' is not a valid date or time"),
        (r"invalid (?:date|timestamp) field format: \"([^\"]{0,60})\"",
         "'{0}' is not a valid date or time"),
        (r"specifier not recognized|date part|not recognized", "Unknown time unit"),
        (r"Unknown TimeZone '([\w/+-]{0,60})'", "Unknown time zone '{0}'"),
        (r"Overflow|out of range", "Numeric value out of range"),
        (r"more than one row returned by a subquery", "A query in place of a value has more than "
         "one row"),
    )
)  # fmt: skip
NOT_FITTING = "An expression's arguments do not fit its operator or function"


def explained(wrong: duckdb.Error) -> Rejected:
    """A rejection that says what is wrong with the query, and nothing about how it was run."""
    text = str(wrong)
    if isinstance(wrong, duckdb.OutOfMemoryException):
        return Rejected("The query needs more memory than there is; ask for less at once.")
    if isinstance(wrong, duckdb.InvalidInputException) and "regular expression" in text:
        return Rejected(f"{INVALID} Invalid regular expression")
    for pattern, words in PATTERNS:
        match = pattern.search(text)
        if match and not any("__" in group for group in match.groups()):
            return Rejected(f"{INVALID} {words.format(*match.groups())}")
    return Rejected(f"{INVALID} {NOT_FITTING}")
