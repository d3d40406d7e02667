"""The grammar of AMC SQL: what the parser accepts, and what AMC rejects."""

import logging
import re

import sqlglot
from sqlglot import exp, parser
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError

from sandbox.sql.rejections import INVALID, Rejected, invalid

# sqlglot warns about statements that it takes for commands. They are rejected here.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

LONGEST = 65_536  # length in characters
DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
    re.IGNORECASE,
)


class Amc(Dialect):
    """The dialect. Functions stay names with arguments, unless they have a grammar of their own."""

    class Parser(parser.Parser):
        """A parser that knows no functions, so that none gets a meaning other than AMC's."""

        FUNCTIONS = {}  # noqa: RUF012 - sqlglot's way
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: parse
            for name, parse in parser.Parser.FUNCTION_PARSERS.items()
            if name in {"CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION"}
        }
        NO_PAREN_FUNCTIONS = {  # noqa: RUF012
            token: made
            for token, made in parser.Parser.NO_PAREN_FUNCTIONS.items()
            if made in (exp.CurrentDate, exp.CurrentTimestamp)
        }


# Nodes that AMC rejects, with its words.
REFUSED: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], str], ...] = (
    (exp.DPipe, "Unsupported scalar operation type ||"),
    (exp.Interval, "interval data types are not enabled"),
    ((exp.Limit, exp.Fetch, exp.Offset), "LIMIT is not supported; use RANK() or ROW_NUMBER()"),
    (exp.Qualify, "QUALIFY is not supported"),
    ((exp.Intersect, exp.Except), "Only UNION is supported between queries"),
    (exp.Into, "Only SELECT queries are supported"),
    ((exp.Pivot, exp.TableSample, exp.Lateral), "Unsupported table operation"),
    ((exp.Placeholder, exp.Parameter), "Bind parameters are not supported; use CUSTOM_PARAMETER"),
)
WRITES = (exp.DML, exp.DDL, exp.Command, exp.Drop, exp.Alter, exp.Set, exp.Copy)


def parse(sql: str) -> exp.Query:
    """Parse SQL that is one query. Raises Rejected for everything that AMC cannot read."""
    if len(sql) > LONGEST:
        raise Rejected(f"{INVALID} It is longer than {LONGEST} characters.")
    if "\x00" in sql:
        raise Rejected(f"{INVALID} It has a character that is no text.")
    try:
        statements = [one for one in sqlglot.parse(sql, dialect=Amc) if one is not None]
    except (ParseError, TokenError) as wrong:
        raise Rejected(f"{INVALID} {_place(wrong)}") from None
    except RecursionError:
        raise Rejected(f"{INVALID} It is nested too deeply.") from None
    if len(statements) != 1:
        raise Rejected(f"{INVALID} Exactly one query is needed.")
    query = statements[0]
    if not isinstance(query, exp.Query) or query.find(*WRITES):
        raise Rejected(f"{INVALID} Only SELECT queries are supported")
    _refuse(query)
    return query


def _refuse(query: exp.Query) -> None:
    for node in query.walk():
        for kinds, words in REFUSED:
            if isinstance(node, kinds):
                raise invalid(words, node)
        if isinstance(node, exp.Join) and node.side == "RIGHT":
            raise invalid("RIGHT JOIN is not supported; use LEFT JOIN", node.this)
        if isinstance(node, exp.Join) and (node.method or node.kind in {"SEMI", "ANTI"}):
            raise invalid("Unsupported join type", node.this)
        if isinstance(node, exp.With) and node.recursive:
            raise invalid("Recursive queries are not supported", node)


def _place(wrong: ParseError | TokenError) -> str:
    details = getattr(wrong, "errors", None)
    if not details:
        return "A quote or a comment is not closed."
    first = details[0]
    return f'Encountered "{first["highlight"]}" at line {first["line"]}, column {first["col"]}.'


def duration(text: str) -> tuple[int, int]:
    """Parse an ISO 8601 duration into months and seconds. Raises ValueError."""
    match = DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"'{text}' is not an ISO 8601 duration")
    years, months, weeks, days, hours, minutes, seconds = (int(one or 0) for one in match.groups())
    day = 86_400
    rest = (weeks * 7 + days) * day + hours * 3600 + minutes * 60 + seconds
    return years * 12 + months, rest
