"""The exception for a query that AMC rejects, with AMC's words."""

from sqlglot import exp

INVALID = "The SQL query was invalid."


class Rejected(Exception):
    """A query that AMC rejects. The message is the reason in AMC's words."""


def invalid(what: str, node: exp.Expr | None = None) -> Rejected:
    """A rejection that says where in the SQL: the words of `node`, counted from 1."""
    spans = [one.meta for one in node.walk() if "line" in one.meta] if node else []
    if not spans:
        return Rejected(f"{INVALID} {what}")
    first = min(spans, key=lambda span: span["start"])
    last = max(spans, key=lambda span: span["end"])
    begins = first["col"] - (first["end"] - first["start"])
    place = (
        f"From line {first['line']}, column {begins} to line {last['line']}, column {last['col']}"
    )
    return Rejected(f"{INVALID} {place}: {what}")
