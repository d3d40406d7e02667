"""CUSTOM_PARAMETER and BUILT_IN_PARAMETER. A value is typed and is never read as SQL."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from sandbox.sql.rejections import INVALID, Rejected, invalid
from sandbox.sql.rules import Facts, Value

if TYPE_CHECKING:
    from sandbox.sql.reader import Reader

TYPES = {
    "BOOLEAN": "BOOLEAN",
    "BYTE": "TINYINT",
    "DATE": "DATE",
    "DECIMAL": "DECIMAL(38, 8)",
    "DOUBLE": "DOUBLE",
    "FLOAT": "FLOAT",
    "INTEGER": "INTEGER",
    "LONG": "BIGINT",
    "SHORT": "SMALLINT",
    "STRING": "VARCHAR",
    "TIMESTAMP": "TIMESTAMP",
}
WHOLE = {"BYTE", "INTEGER", "LONG", "SHORT"}
FRACTIONS = {"DECIMAL", "DOUBLE", "FLOAT"}


def value(reader: "Reader", node: exp.Anonymous) -> Value:
    """The value of a parameter where it is used. Raises Rejected."""
    word = str(node.this).upper()
    if len(node.expressions) != 1 or not node.expressions[0].is_string:
        raise invalid(f"{word} takes one name in quotes", node)
    name = str(node.expressions[0].this)
    if word == "BUILT_IN_PARAMETER":
        return _built_in(reader, node, name)
    declared = next((one for one in reader.declared if one.get("name") == name), None)
    if declared is None:
        raise Rejected(
            f"Filter operation filter_operation referenced an undeclared parameter {name}."
        )
    type_, element = _type(declared)
    given = reader.parameters.get(name)
    if given is None:
        given = declared.get("defaultValue")
    if given is None and reader.strict and name not in reader.parameters:
        raise Rejected(f"{INVALID} Parameter '{name}' has no value and no default.")
    facts = Facts(literal=True, type="STRING" if type_ == "STRING" else None)
    if element is None:
        return Value(f"CAST({_literal(name, type_, given)} AS {TYPES[type_]})", facts)
    return Value(f"CAST({_listed(name, element, given)} AS {TYPES[element]}[])", facts)


def _built_in(reader: "Reader", node: exp.Expr, name: str) -> Value:
    moments = {"TIME_WINDOW_START": reader.window[0], "TIME_WINDOW_END": reader.window[1]}
    if name.upper() not in moments:
        raise invalid(f"Unknown built-in parameter '{name}'", node)
    moment = moments[name.upper()]
    if moment is None:
        return Value("CAST(NULL AS TIMESTAMP)", Facts(literal=True))
    return Value(f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}'", Facts(literal=True))


def _type(declared: Mapping[str, Any]) -> tuple[str, str | None]:
    """AMC's type of a parameter, and of its elements if it is a list."""
    given = declared.get("dataType")
    if isinstance(given, Mapping):
        kind, element = str(given.get("type", "")).upper(), given.get("elementDataType", "STRING")
        if isinstance(element, Mapping):
            element = element.get("type", "STRING")
        if kind == "ARRAY" and str(element).upper() in TYPES:
            return "ARRAY", str(element).upper()
        given = kind
    kind = str(given or "").upper()
    if kind not in TYPES:
        raise Rejected(
            f"{INVALID} Parameter '{declared.get('name')}' has the unknown type '{given}'."
        )
    return kind, None


def _listed(name: str, element: str, given: Any) -> str:
    if given is None:
        return "NULL"
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise Rejected(f"{INVALID} Parameter '{name}' must be a list.")
    return f"[{', '.join(_literal(name, element, one) for one in given)}]"


def _literal(name: str, type_: str, given: Any) -> str:
    """One value as a literal of its type. Raises Rejected if it is not of the type."""
    if given is None:
        return "NULL"
    try:
        return _written(type_, given)
    except (ValueError, TypeError, InvalidOperation):
        raise Rejected(
            f"{INVALID} The value of parameter '{name}' is not of type {type_}."
        ) from None


def _written(type_: str, given: Any) -> str:
    if type_ == "BOOLEAN":
        word = str(given).lower()
        if word not in {"true", "false"}:
            raise ValueError(given)
        return word.upper()
    if type_ in WHOLE | FRACTIONS:
        if isinstance(given, bool):
            raise TypeError(given)
        number = Decimal(str(given))
        if not number.is_finite() or (type_ in WHOLE and number != number.to_integral_value()):
            raise ValueError(given)
        return format(number.to_integral_value() if type_ in WHOLE else number, "f")
    if type_ == "DATE":
        return f"'{date.fromisoformat(str(given)[:10]).isoformat()}'"
    if type_ == "TIMESTAMP":
        moment = datetime.fromisoformat(str(given))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
        return f"'{moment:%Y-%m-%d %H:%M:%S.%f}'"
    if isinstance(given, Mapping | Sequence) and not isinstance(given, str):
        raise TypeError(given)
    return "'" + str(given).replace("\x00", "").replace("'", "''") + "'"
