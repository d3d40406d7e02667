"""Pages of a list, as the reporting API cuts them."""

from collections.abc import Sequence
from typing import TypeVar

from starlette.datastructures import QueryParams

from sandbox.engine.refusals import Refusal

LARGEST_PAGE = 100

Item = TypeVar("Item")


def page(params: QueryParams, found: Sequence[Item]) -> tuple[Sequence[Item], str | None]:
    """Returns the requested page and the token of the next one. Raises Refusal."""
    begin = _number(params.get("nextToken", "0"), "nextToken")
    size = _number(params.get("limit", str(LARGEST_PAGE)), "limit")
    if not 1 <= size <= LARGEST_PAGE:
        raise Refusal(400, f"limit must be from 1 to {LARGEST_PAGE}.")
    more = str(begin + size) if begin + size < len(found) else None
    return found[begin : begin + size], more


def _number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise Refusal(400, f"{name} is not valid.")
    return int(text)
