"""When a request that went beyond a limit may be sent again: `retryAfter` as a header."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from domain import moments
from domain.errors import ErrorCode


def limited(shown: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The extensions of the first error that says a limit is reached."""
    for error in shown:
        extensions: Mapping[str, Any] = error.get("extensions") or {}
        if extensions.get("code") == ErrorCode.RATE_LIMITED:
            return extensions
    return None


def headers(extensions: Mapping[str, Any]) -> dict[str, str]:
    """`Retry-After` in whole seconds, 1 at least, where the extensions of an error say when."""
    when = extensions.get("retryAfter")
    if not isinstance(when, str):
        return {}
    seconds = (datetime.fromisoformat(when) - moments.now()).total_seconds()
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
