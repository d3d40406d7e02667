"""AMC SQL of templates: read by a parser, filled in with typed values, never by pasting text.

A value goes where AMC takes one, `CUSTOM_PARAMETER('name')`, or where AMC takes only a literal,
`{{name}}`; the literal is built by sqlglot.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from domain.errors import Invalid

LONGEST = 65_536  # characters; AMC's limit
WHERE = "sqlTemplate"
TYPES = {"string": "STRING", "integer": "LONG", "number": "DECIMAL", "boolean": "BOOLEAN"}
# What is quoted or commented is one piece; only a placeholder outside of these is one.
PIECES = re.compile(
    r"""(?P<string>'(?:[^']|'')*') | (?P<name>"[^"]*")
        | (?P<gap>(?: \s | --[^\n]* | /\*.*?\*/ )+) | \{\{\s*(?P<placeholder>\w+)\s*\}\}""",
    re.VERBOSE | re.DOTALL,
)
PLACEHOLDER = re.compile(r"\{\{")
FORBIDDEN = (exp.DML, exp.DDL, exp.Command, exp.Drop, exp.Alter, exp.Set, exp.Copy, exp.Into)


@dataclass(frozen=True)
class Rendered:
    """What AMC is asked to run: the SQL, and typed values for its CUSTOM_PARAMETERs."""

    sql: str
    sql_hash: str
    parameters: list[dict[str, Any]]


def render(
    sql_template: str, definitions: Mapping[str, Any], values: Mapping[str, Any]
) -> Rendered:
    """The template with these checked values. Raises Invalid when it grows beyond AMC's limit."""
    known: Mapping[str, Any] = definitions.get("properties", {})

    def literal_of(name: str) -> str:
        if values.get(name) is None:
            raise Invalid(f"The parameter {name!r} is missing.", field=f"parameters.{name}")
        return literal(values[name])

    sql = _one_line(sql_template, literal_of)
    if len(sql) > LONGEST:
        raise Invalid(
            f"The SQL has {len(sql):,} characters with these values; AMC takes {LONGEST:,}.",
            field="parameters",
        )
    given = [
        {
            "name": name,
            "dataType": data_type(known[name]),
            "value": values.get(name, [] if known[name].get("type") == "array" else None),
        }
        for name in custom_parameters(sql_template)
    ]
    digest = hashlib.sha256(sql.encode() + orjson.dumps(given, default=str)).hexdigest()
    return Rendered(sql, digest, given)


def digest(sql_template: str) -> str:
    """SHA-256 of the template's SQL as it is on one line, so that comments do not matter."""
    return hashlib.sha256(
        _one_line(sql_template, lambda name: f"{{{{{name}}}}}").encode()
    ).hexdigest()


def literal(value: Any) -> str:
    """A value as SQL writes it down; a list as what stands behind IN."""
    if isinstance(value, list):
        return f"({', '.join(literal(one) for one in value) or 'NULL'})"
    return _node(value).sql()


def _node(value: Any) -> exp.Expression:
    match value:
        case bool():
            return exp.true() if value else exp.false()
        case int() | Decimal() | float():
            number = exp.Literal.number(format(abs(Decimal(str(value))), "f"))
            return exp.Neg(this=number) if value < 0 else number
        case datetime() | date():
            return exp.Literal.string(value.isoformat())
        case str():
            return exp.Literal.string(value)
        case _:
            raise TypeError(f"no SQL literal for {type(value).__name__}")


def data_type(definition: Mapping[str, Any]) -> Any:
    """AMC's name for a defined type; a list has the type of its items."""
    if definition.get("type") == "array":
        return {"type": "ARRAY", "elementDataType": data_type(definition.get("items", {}))}
    if definition.get("format") == "date":
        return "DATE"
    return TYPES[str(definition.get("type", "string"))]


def _one_line(sql: str, fill: Callable[[str], str]) -> str:
    """The SQL as AMC wants it: on one line, without comments, placeholders filled in."""

    def piece(match: re.Match[str]) -> str:
        if match["placeholder"]:
            return fill(match["placeholder"])
        return match[0] if match["string"] or match["name"] else " "

    line = PIECES.sub(piece, sql).strip()
    return re.sub(r"\s*;$", "", line)


def placeholders(sql_template: str) -> list[str]:
    """The names in `{{ }}`, each once. Raises Invalid for one inside quotes or a comment."""
    found: dict[str, None] = {}
    for match in PIECES.finditer(sql_template):
        if match["placeholder"]:
            found[match["placeholder"]] = None
        elif PLACEHOLDER.search(match[0]):
            raise Invalid(
                f"The placeholder in {match[0][:60]} stands inside quotes or a comment; "
                "put it there without quotes, it becomes a literal of its own.",
                field=WHERE,
            )
    return list(found)


def custom_parameters(sql_template: str) -> list[str]:
    """The names in CUSTOM_PARAMETER('...'), each once."""
    found: dict[str, None] = {}
    for call in _parsed(sql_template).find_all(exp.Anonymous):
        if str(call.this).upper() == "CUSTOM_PARAMETER":
            named = call.expressions[0] if len(call.expressions) == 1 else None
            if not isinstance(named, exp.Literal) or not named.is_string:
                raise Invalid("CUSTOM_PARAMETER takes one name in quotes.", field=WHERE)
            found[str(named.this)] = None
    return list(found)


def output_columns(sql_template: str) -> list[str]:
    """Names of the outer select in order. Raises Invalid unless each has one of its own."""
    query = _parsed(sql_template)
    names = [column.output_name for column in query.selects]
    for number, name in enumerate(names, 1):
        if name == "*":
            raise Invalid("AMC takes no `*`; name the columns.", field=WHERE)
        if not name:
            raise Invalid(f"Column {number} of the select needs a name: AS ...", field=WHERE)
    lowered = [name.lower() for name in names]
    twice = sorted({name for name in lowered if lowered.count(name) > 1})
    if twice:
        raise Invalid(f"The select has {', '.join(twice)} more than once.", field=WHERE)
    return names


def data_sources(sql_template: str) -> list[str]:
    """The AMC tables it reads, by name; what it defines itself in WITH is none."""
    query = _parsed(sql_template)
    own = {cte.alias.lower() for cte in query.find_all(exp.CTE)}
    return sorted({name for name in _tables(query) if name not in own})


def _tables(query: exp.Query) -> Iterator[str]:
    for table in query.find_all(exp.Table):
        if table.name:
            yield table.name.lower()
    for call in query.find_all(exp.Anonymous):
        if str(call.this).upper() == "EXTEND_TIME_WINDOW" and call.expressions:
            yield str(call.expressions[0].name).lower()


def check_template(sql_template: str, definitions: Mapping[str, Any]) -> None:
    """Whether every parameter is defined, used, and has a value when it is needed.

    Raises Invalid with what is wrong and where.
    """
    known: Mapping[str, Any] = definitions.get("properties", {})
    required = set(definitions.get("required", []))
    literals, customs = placeholders(sql_template), custom_parameters(sql_template)
    for name in [*literals, *customs]:
        if name not in known:
            raise Invalid(
                f"The SQL uses the parameter {name!r}, which is not defined.",
                field=f"parameterDefinitions.properties.{name}",
            )
        optional = name not in required and "default" not in known[name]
        if optional and (name in literals or known[name].get("type") != "array"):
            raise Invalid(
                f"{name!r} must be required or have a default: the SQL needs a value.",
                field=f"parameterDefinitions.properties.{name}",
            )
    unused = sorted(set(known) - {*literals, *customs})
    if unused:
        raise Invalid(
            f"The SQL does not use {', '.join(map(repr, unused))}.",
            field=f"parameterDefinitions.properties.{unused[0]}",
        )
    output_columns(sql_template)


def _parsed(sql_template: str) -> exp.Query:
    """The one query of a template, with something in place of its placeholders."""
    try:
        statements = sqlglot.parse(_one_line(sql_template, lambda name: "1"))
    except (ParseError, TokenError) as wrong:
        raise Invalid(f"The SQL cannot be read: {_place(wrong)}", field=WHERE) from wrong
    if len(statements) != 1:
        raise Invalid(f"One query is needed; this is {len(statements)}.", field=WHERE)
    query = statements[0]
    if not isinstance(query, exp.Query) or query.find(*FORBIDDEN) is not None:
        raise Invalid("Only a query is possible: SELECT, or WITH ... SELECT.", field=WHERE)
    return query


def _place(wrong: ParseError | TokenError) -> str:
    details = getattr(wrong, "errors", None)
    if not details:
        return "a quote or a comment is not closed."
    first = details[0]
    return f"{first['description']} near {first['highlight']!r}, column {first['col']}."
