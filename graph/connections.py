"""Keyset connections, as the Relay cursor specification has them."""

from typing import Annotated, Any, Generic, TypeVar

import strawberry

from domain.pages import Asked, Page

Item = TypeVar("Item")

First = Annotated[
    int | None,
    strawberry.argument(description="How many from the beginning; 20 if nothing is said."),
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end.")]
Before = Annotated[
    str | None, strawberry.argument(description="Only what comes before this cursor.")
]


@strawberry.type(description="Whether a list goes on, and from where.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="More comes after this page.")
    has_previous_page: bool = strawberry.field(description="More came before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item.")


@strawberry.type(description="An item and its place in the list.")
class Edge(Generic[Item]):
    cursor: str = strawberry.field(description="Where it stands; use it as `after` or `before`.")
    node: Item = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    nodes: list[Item] = strawberry.field(description="The items of this page.")
    edges: list[Edge[Item]] = strawberry.field(description="The items with their cursors.")
    page_info: PageInfo = strawberry.field(description="Whether the list goes on.")


def asked(first: int | None, after: str | None, last: int | None, before: str | None) -> Asked:
    """The page that the four arguments of a connection ask for. Raises Invalid."""
    return Asked(first, after, last, before)


def connection(page: Page[Any]) -> Connection[Any]:
    """A page of rows as a connection."""
    pairs = zip(page.cursors, page.rows, strict=True)
    return Connection(
        nodes=page.rows,
        edges=[Edge(cursor=cursor, node=row) for cursor, row in pairs],
        page_info=PageInfo(
            has_next_page=page.has_next_page,
            has_previous_page=page.has_previous_page,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        ),
    )
