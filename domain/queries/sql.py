"""Renders AMC SQL: a parser reads the template and builds the literals; no text is pasted into it.

A value goes into `CUSTOM_PARAMETER('name')`, or into `{{name}}` where AMC accepts only a literal.
sqlglot builds the literals.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

import orjson
from sqlglot import exp

from domain.errors import Invalid
from domain.problems import Problem, Problems, first
from domain.queries import placeholders
from domain.queries.placeholders import FIELD, Mark, Place
from domain.queries.queries import LONGEST, AmcSql, shape
from domain.sentences import MISSING, has_at_least, near, sentence

DEFINED = "parameterDefinitions.properties"
TYPES = {"string": "STRING", "integer": "LONG", "number": "DECIMAL", "boolean": "BOOLEAN"}


@dataclass(frozen=True)
class Rendered:
    """What AMC is asked to run: the SQL, and typed values for its CUSTOM_PARAMETERs."""

    sql: str
    sql_hash: str
    parameters: list[dict[str, Any]]


def render(
    sql_template: str, definitions: Mapping[str, Any], values: Mapping[str, Any]
) -> Rendered:
    """Fill the template in with these checked values. Raises Problems if AMC cannot take them."""
    known: Mapping[str, Any] = definitions.get("properties", {})
    literals = _Literals(known, values)
    sql = placeholders.one_line(sql_template, literals.of)
    if literals.wrong:
        raise Problems(literals.wrong)
    if (size := len(sql) + literals.left_out) > LONGEST:
        raise Invalid(
            f"The SQL has {size:,} characters with these values; AMC takes {LONGEST:,}.",
            field="parameters",
        )
    given = [
        {
            "name": name,
            "dataType": data_type(known[name]),
            "value": values.get(name, [] if known[name].get("type") == "array" else None),
        }
        for name in shape(sql_template).custom_parameters
    ]
    hashed = hashlib.sha256(sql.encode() + orjson.dumps(given, default=str)).hexdigest()
    return Rendered(sql, hashed, given)


class _Literals:
    """The literals of placeholders, each made once; written out as long as AMC would take them."""

    def __init__(self, known: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self.wrong: dict[Problem, None] = {}
        self.left_out = 0  # characters
        self._known, self._values = known, values
        self._made: dict[tuple[str, Place], str] = {}
        self._written = 0

    def of(self, mark: Mark) -> str:
        """What is written in place of the mark; nothing once it is too much for AMC anyway."""
        key = (mark.name, mark.place)
        if key not in self._made:
            self._made[key] = self._literal(mark)
        made = self._made[key]
        self._written += len(made)
        if self._written <= LONGEST:
            return made
        self.left_out += len(made)
        return ""

    def _literal(self, mark: Mark) -> str:
        try:
            return literal(self._values.get(mark.name), self._known.get(mark.name, {}), mark.place)
        except ValueError as reason:
            told = sentence([mark.name], str(reason))
            self.wrong[Problem(f"parameters.{mark.name}", told)] = None
            return "NULL"


def digest(sql_template: str) -> str:
    """Return the SHA-256 of the template's SQL on one line, so that comments do not matter."""
    line = placeholders.one_line(sql_template, lambda mark: f"{{{{{mark.name}}}}}")
    return hashlib.sha256(line.encode()).hexdigest()


def literal(value: Any, definition: Mapping[str, Any], place: Place = Place.OTHER) -> str:
    """Return a value as a SQL literal. Raises ValueError with the predicate of a sentence."""
    if value is None:
        raise ValueError(MISSING)
    if not isinstance(value, list):
        one = _node(value, definition).sql(dialect=AmcSql)
        return f"({one})" if place in (Place.ROWS, Place.LIST) else one
    if not value:
        raise ValueError(has_at_least(1, "value", 0))
    items = [_node(item, definition.get("items", {})).sql(dialect=AmcSql) for item in value]
    match place:
        case Place.ROWS:
            return ", ".join(f"({item})" for item in items)
        case Place.BARE:
            return ", ".join(items)
        case _:
            return f"({', '.join(items)})"


def _node(value: Any, definition: Mapping[str, Any]) -> exp.Expression:
    match value:
        case bool():
            return exp.true() if value else exp.false()
        case int() | Decimal() | float():
            number = exp.Literal.number(format(abs(Decimal(str(value))), "f"))
            # The brackets keep `- {{n}}` from starting a comment if n is negative.
            return exp.paren(exp.Neg(this=number)) if value < 0 else number
        case str():
            if "\\" in value or not value.isprintable():
                # Databases disagree on whether a backslash is a plain character or an escape.
                raise ValueError("cannot have a backslash or a control character in it here")
            text = exp.Literal.string(value)
            return exp.cast(text, "DATE") if definition.get("format") == "date" else text
        case _:
            raise TypeError(f"no SQL literal for {type(value).__name__}")


def data_type(definition: Mapping[str, Any]) -> Any:
    """AMC's name for a defined type; a list has the type of its items."""
    if definition.get("type") == "array":
        return {"type": "ARRAY", "elementDataType": data_type(definition.get("items", {}))}
    if definition.get("format") == "date":
        return "DATE"
    return TYPES[str(definition.get("type", "string"))]


def output_columns(sql_template: str) -> list[str]:
    """Return the columns of the outer select in order.

    Raises Invalid unless each has its own name.
    """
    return list(shape(sql_template).output_columns)


def data_sources(sql_template: str) -> list[str]:
    """Return the names of the tables it reads, in lower case.

    Names defined in WITH are left out.
    """
    return list(shape(sql_template).data_sources)


def check_template(sql_template: str, definitions: Mapping[str, Any]) -> None:
    """Check that every parameter is defined, is used, and has a value whenever the SQL needs one.

    Raises Problems with every mistake and its place.
    """
    asked = shape(sql_template)
    wrong = first(chain(_undefined(sql_template, definitions), _unused(sql_template, definitions)))
    known: Mapping[str, Any] = definitions.get("properties", {})
    literals = {mark.name for mark in asked.marks}
    required = set(definitions.get("required", []))
    for name in sorted(literals | set(asked.custom_parameters)):
        if name in known:
            message = _valueless(name, known[name], name in required, name in literals)
            if message:
                wrong.append(Problem(f"{DEFINED}.{name}", message))
    if wrong:
        raise Problems(wrong)


def _undefined(sql_template: str, definitions: Mapping[str, Any]) -> Iterator[Problem]:
    known = list(definitions.get("properties", {}))
    asked = shape(sql_template)
    firsts: dict[str, Mark] = {}
    for mark in asked.marks:
        firsts.setdefault(mark.name, mark)
    for mark in firsts.values():
        if mark.name not in known:
            where = placeholders.position(sql_template, mark.offset)
            yield Problem(FIELD, f"{{{{{mark.name}}}}} at {where} {_not_defined(mark.name, known)}")
    for name in asked.custom_parameters:
        if name not in known:
            yield Problem(FIELD, f"CUSTOM_PARAMETER({name!r}) {_not_defined(name, known)}")


def _not_defined(name: str, known: list[str]) -> str:
    meant = near(name, known)
    return "is not defined." if meant is None else f"is not defined; did you mean {meant!r}?"


def _unused(sql_template: str, definitions: Mapping[str, Any]) -> Iterator[Problem]:
    asked = shape(sql_template)
    used = {mark.name for mark in asked.marks} | set(asked.custom_parameters)
    for name in definitions.get("properties", {}):
        if name not in used:
            yield Problem(f"{DEFINED}.{name}", f"The SQL does not use {name!r}.")


def _valueless(
    name: str, definition: Mapping[str, Any], required: bool, as_literal: bool
) -> str | None:
    """Why the SQL could be left without a value for this parameter, if it could be."""
    is_list = definition.get("type") == "array"
    if is_list and not as_literal:
        return None  # CUSTOM_PARAMETER takes an empty list if no list is given
    if is_list and not definition.get("minItems"):
        return f"{name!r} is written into the SQL as a list, so it needs minItems of 1 or more."
    if not required and "default" not in definition:
        return f"{name!r} must be required or have a default: the SQL needs a value."
    return None
