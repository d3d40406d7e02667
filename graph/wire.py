"""JSON as it leaves and arrives: decimals as strings, and nothing that is not JSON."""

import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson


def encode(data: object) -> bytes:
    """As JSON. What is not a number, such as NaN, is null. Raises TypeError or ValueError."""
    try:
        return orjson.dumps(data, default=_plain)
    except orjson.JSONEncodeError:
        # Whole numbers of more than 64 bits, halves of surrogate pairs, very deep nesting.
        return json.dumps(data, default=_plain, allow_nan=False, separators=(",", ":")).encode()


def decode(text: str | bytes) -> Any:
    """From JSON. Raises json.JSONDecodeError, and nothing else."""
    return orjson.loads(text)


def _plain(value: object) -> str:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
