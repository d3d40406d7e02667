"""When a request that was refused for now may be sent again: `retryAfter` as a header."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from domain import moments
from domain.errors import ErrorCode

SOON = 2  # seconds, if the server cannot say when
FOR_NOW = (ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE)


def for_now(shown: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The extensions of the first error that a later request may not get. None if there is none."""
    for error in shown:
        extensions: Mapping[str, Any] = error.get("extensions") or {}
        if extensions.get("code") in FOR_NOW:
            return extensions
    return None


def is_unavailable(answer: Mapping[str, Any]) -> bool:
    """Whether an answer holds nothing, because something that the server needs was away."""
    data = answer.get("data") or {}
    if any(value is not None for value in data.values()):
        return False
    codes = [(error.get("extensions") or {}).get("code") for error in answer.get("errors", ())]
    return ErrorCode.UNAVAILABLE in codes


def headers(extensions: Mapping[str, Any]) -> dict[str, str]:
    """`Retry-After` in whole seconds, 1 at least, where the extensions of an error say when."""
    when = extensions.get("retryAfter")
    if isinstance(when, str):
        seconds = (datetime.fromisoformat(when) - moments.now()).total_seconds()
        return {"Retry-After": str(max(1, math.ceil(seconds)))}
    is_away = extensions.get("code") == ErrorCode.UNAVAILABLE
    return {"Retry-After": str(SOON)} if is_away else {}
