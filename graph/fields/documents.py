"""JSON documents of the domain as types of the schema.

The domain's models (domain/documents.py) say what a document may have. A type or an input of the
schema has their fields by the same names; `tests/graph/test_typed_documents.py` compares them.
"""

import dataclasses
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from domain.documents import Config, stored
from graph.fields.declared import Reads, declared


def given(value: Any) -> Any:
    """An input as the domain's models read it; what is null or left out is left out."""
    match value:
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case list():
            return [given(one) for one in value]
    if not dataclasses.is_dataclass(value):
        return value
    told = ((one.name, getattr(value, one.name)) for one in dataclasses.fields(value))
    return {
        to_camel_case(name): given(one)
        for name, one in told
        if one is not None and one is not strawberry.UNSET
    }


def document(
    model: type[Config], column: str, description: str, *, empty: Config | None = None
) -> Any:
    """A field with the document in this column, `empty` where there is none that can be read."""

    def resolve(root: Any) -> Any:
        found = getattr(root, column)
        return (stored(model, found) if found else None) or empty

    return strawberry.field(resolver=declared(resolve, Reads((column,))), description=description)


def read(root: Any, name: str) -> Any:
    """What a field without a resolver has: the attribute, or the value in a JSON object."""
    return root.get(to_camel_case(name)) if isinstance(root, Mapping) else getattr(root, name)


def day(name: str, description: str) -> Any:
    """A field with a day of a JSON object."""

    def resolve(root: Any) -> date:
        return date.fromisoformat(root[name])

    return strawberry.field(resolver=resolve, description=description)
