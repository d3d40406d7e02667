"""Encodes and decodes JSON. Decimals become strings."""

import json
import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson


def encode(data: object) -> bytes:
    """Encode as JSON. NaN and infinity become null. Raises TypeError for unknown types."""
    try:
        return orjson.dumps(data, default=_plain)
    except orjson.JSONEncodeError:
        # Integers of more than 64 bits, halves of surrogate pairs, very deep nesting.
        return json.dumps(_finite(data), default=_plain, separators=(",", ":")).encode()


def decode(text: str | bytes) -> Any:
    """Decode JSON. Raises json.JSONDecodeError and nothing else."""
    return orjson.loads(text)


def _finite(value: object) -> object:
    """The value with null in place of NaN and infinity, as the fast encoder would write it."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> str:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
