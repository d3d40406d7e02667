"""What an AMC query asks for: its columns, tables and parameters, read by a parser.

It checks only what the product has to know, and what AMC is known to refuse. AMC judges the rest.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlglot import Dialect, exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.parser import Parser as SqlParser
from sqlglot.tokenizer_core import Token, TokenType

from domain import pool
from domain.errors import Invalid
from domain.problems import Problem, Problems
from domain.queries import placeholders
from domain.queries.placeholders import FIELD, MOST_PROBLEMS, Mark, position

LONGEST = 65_536  # characters; AMC's limit
MOST_COLUMNS = 500  # of a result
MOST_TABLES = 100  # that a query reads
MOST_STEPS = 4  # of the parser for each character; usual SQL takes less than one
FILTERED = "filtered"  # AMC adds this column, which tells what was withheld for privacy
FORBIDDEN = (exp.DML, exp.DDL, exp.Command, exp.Drop, exp.Alter, exp.Set, exp.Copy, exp.Into)


class Tangled(Exception):
    """Raised if the parser takes too many steps: each JOIN without ON doubles their number."""


class AmcSql(Dialect):
    """AMC's SQL as far as it has to be read here. sqlglot's own reading suits it."""

    class Parser(SqlParser):
        """Takes a number of steps, forward or back, that the SQL's length bounds."""

        _left: int | None = None

        def _advance(self, times: int = 1) -> None:
            if self._left is None:
                self._left = MOST_STEPS * len(self.sql) + 1000
            self._left -= 1
            if self._left < 0:
                raise Tangled
            super()._advance(times)


@dataclass(frozen=True)
class Shape:
    """What can be known of a template's SQL without its values."""

    marks: tuple[Mark, ...]
    custom_parameters: tuple[str, ...]
    output_columns: tuple[str, ...]
    data_sources: tuple[str, ...]


async def read_ahead(sql_template: str) -> None:
    """Parse SQL on the pool, so that `shape` has it cached. Long SQL takes half a second."""
    with contextlib.suppress(Invalid):  # `shape` raises it again
        await pool.run(shape, sql_template)


@lru_cache(maxsize=256)
def shape(sql_template: str) -> Shape:
    """What the SQL asks for. Raises Problems unless it is one query that can be understood."""
    if len(sql_template) > LONGEST:  # before anything looks at it
        raise Problems([Problem(FIELD, f"AMC takes {LONGEST:,} characters of SQL.")])
    marks, wrong = placeholders.marks(sql_template)
    if wrong:
        raise Problems(wrong)
    query = _query(placeholders.blanked(sql_template))
    names, unnamed = _columns(query)
    customs, uncalled = _custom_parameters(query)
    tables, unread = _sources(query)
    wrong = [Problem(FIELD, message) for message in (*unnamed, *uncalled, *unread)]
    if wrong:
        raise Problems(wrong)
    return Shape(tuple(marks), tuple(customs), tuple(names), tuple(tables))


def _query(text: str) -> exp.Query:
    """The one query that this is. Raises Invalid, with line and column where they are known."""
    try:
        tokens = AmcSql().tokenize(text)
        _refuse_unknown_words(text, tokens)
        statements = AmcSql().parser().parse(tokens, text)
    except ParseError as error:
        raise _unreadable(text, error) from error
    except Tangled as tangled:
        raise Invalid(
            "The SQL can be read in too many ways. Give each JOIN its ON.", field=FIELD
        ) from tangled
    except (TokenError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else "it is no SQL"
        raise Invalid(f"The SQL cannot be read: {why}.", field=FIELD) from error
    if len(statements) != 1:
        raise Invalid(f"One query is needed; this is {len(statements)}.", field=FIELD)
    query = statements[0]
    begins = tokens[0].token_type if tokens else None
    begun = begins in (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN)
    if not begun or not isinstance(query, exp.Query) or query.find(*FORBIDDEN) is not None:
        raise Invalid("Only a query is possible: SELECT, or WITH ... SELECT.", field=FIELD)
    return query


def _unreadable(text: str, error: ParseError) -> Invalid:
    details: dict[str, Any] = error.errors[0] if error.errors else {}
    word, line = details.get("highlight") or "", details.get("line")
    if line is None:
        return Invalid("The SQL cannot be read.", field=FIELD)
    column = int(details["col"]) - len(word) + 1  # sqlglot counts to the word's end
    said = str(details.get("description", "")).partition(" but got ")[0]
    hint = f" {said}." if said.startswith("Expect") and "<" not in said else ""
    near = f", near {word!r}" if word else ""
    return Invalid(
        f"The SQL cannot be read at line {line}, column {column}{near}.{hint}", field=FIELD
    )


def _refuse_unknown_words(text: str, tokens: list[Token]) -> None:
    """Raise Problems for what AMC is known to refuse, before anybody waits for AMC."""
    wrong = (
        Problem(FIELD, f"{position(text, token.start).capitalize()}: {message}")
        for token, follows in zip(tokens, [*tokens[1:], None], strict=False)
        if (message := _unknown(token, follows))
    )
    told = list(islice(wrong, MOST_PROBLEMS))
    if told:
        raise Problems(told)


def _unknown(token: Token, follows: Token | None) -> str | None:
    match token.token_type:
        case TokenType.LIMIT:
            return "AMC has no LIMIT; number the rows with ROW_NUMBER() and keep the first ones."
        case TokenType.DPIPE:
            return "AMC has no ||; join text with CONCAT."
        case TokenType.RIGHT if follows and follows.token_type in (
            TokenType.JOIN,
            TokenType.OUTER,
        ):
            return "AMC has no RIGHT JOIN; turn the tables round and use LEFT JOIN."
        case TokenType.INTERVAL if follows and follows.token_type in (
            TokenType.STRING,
            TokenType.NUMBER,
        ):
            return "AMC has no INTERVAL; compare with SECONDS_BETWEEN or EXTEND_TIME_WINDOW."
        case TokenType.PARAMETER | TokenType.PLACEHOLDER | TokenType.COLON:
            return "write {{name}} or CUSTOM_PARAMETER('name') for a parameter."
        case _:
            return None


def _columns(query: exp.Query) -> tuple[list[str], list[str]]:
    """The names of the outer select, and what is wrong with them."""
    names: list[str] = []
    wrong: list[str] = []
    for number, column in enumerate((one.unnest() for one in query.selects), 1):
        name = column.name if isinstance(column, exp.Column) else column.alias
        if isinstance(column, exp.Star) or name == "*":
            wrong.append("AMC takes no `*` in the outer select; name the columns.")
        elif not name:
            wrong.append(f"Column {number} of the outer select needs a name: AS ...")
        elif name.lower() == FILTERED:
            wrong.append(f"AMC adds a column {FILTERED!r} of its own; call this one otherwise.")
        names.append(name)
    counted = Counter(name.lower() for name in names if name not in ("", "*"))
    twice = [name for name, number in counted.items() if number > 1]
    if twice:
        wrong.append(f"The outer select has {', '.join(map(repr, twice[:10]))} more than once.")
    if len(names) > MOST_COLUMNS:
        wrong.insert(0, f"A query has at most {MOST_COLUMNS} columns; this one has {len(names)}.")
    return names, wrong[:MOST_PROBLEMS]


def _calls(query: exp.Query, function: str) -> Iterator[exp.Anonymous]:
    for call in query.find_all(exp.Anonymous):
        if str(call.this).upper() == function:
            yield call


def _first_text(call: exp.Anonymous) -> str | None:
    first = call.expressions[0] if call.expressions else None
    return str(first.this) if isinstance(first, exp.Literal) and first.is_string else None


def _custom_parameters(query: exp.Query) -> tuple[list[str], list[str]]:
    """The names in CUSTOM_PARAMETER('...'), each once."""
    found: dict[str, None] = {}
    wrong: list[str] = []
    for call in _calls(query, "CUSTOM_PARAMETER"):
        name = _first_text(call)
        if name is None or len(call.expressions) != 1:
            wrong.append("CUSTOM_PARAMETER takes one name in quotes.")
        else:
            found[name] = None
    return list(found), wrong[:1]


def _sources(query: exp.Query) -> tuple[list[str], list[str]]:
    """The names of the tables it reads, and what is wrong with how they are named."""
    found = set(_tables(query))
    wrong: list[str] = []
    for call in _calls(query, "EXTEND_TIME_WINDOW"):
        name = _first_text(call)
        if name is None:
            wrong.append("EXTEND_TIME_WINDOW takes the name of a table in quotes.")
        else:
            found.add(name.lower())
    if len(found) > MOST_TABLES:
        wrong.insert(0, f"A query reads at most {MOST_TABLES} tables; this one reads {len(found)}.")
    return sorted(found), wrong[:1]


@dataclass(frozen=True)
class _With:
    """The names of a WITH that are visible at one place below it."""

    names: Mapping[str, int]  # with their position in the WITH
    seen: int  # how many of them are visible; a definition sees those before it, not itself
    around: "_With | None"

    def defines(self, name: str) -> bool:
        """Return whether this WITH or one around it defines the name."""
        with_: _With | None = self
        while with_ is not None:
            if with_.names.get(name, with_.seen) < with_.seen:
                return True
            with_ = with_.around
        return False


def _tables(query: exp.Query) -> Iterator[str]:
    """Yield the names of tables that no WITH around them defines. Visits every node once."""
    to_visit: list[tuple[exp.Expr, _With | None]] = [(query, None)]
    while to_visit:
        node, scope = to_visit.pop()
        with_ = node.args.get("with_")
        if with_ is not None:
            names: dict[str, int] = {}
            for place, one in enumerate(with_.expressions):
                names.setdefault(one.alias.lower(), place)
                to_visit.append((one, _With(names, place, scope)))
            scope = _With(names, len(with_.expressions), scope)
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            name = node.name.lower()
            if node.db or scope is None or not scope.defines(name):
                yield name
        to_visit += [(one, scope) for one in node.iter_expressions() if one is not with_]
