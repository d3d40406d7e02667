"""Lists as connections, by keyset pagination. They follow the Relay cursor specification."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from strawberry.annotation import StrawberryAnnotation
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from domain.db import transaction
from domain.pages.pages import DEFAULT, Page, PageArgs, count, counts, pages
from domain.settings import settings
from graph.fields import costs, orders
from graph.fields.arguments import number
from graph.fields.context import Info
from graph.fields.declared import Reads, declared
from graph.fields.orders import Ordered

Item = TypeVar("Item")
Total: TypeAlias = Callable[[], Awaitable[int]]
PAGE = costs.ROOT  # points of a list: a transaction, its statement, and rows that are made of it
SIZED = ("nodes", "edges")
OF_PAGE = costs.sliced("first", "last", otherwise=DEFAULT, of=SIZED)


@strawberry.type(description="Whether a list has more pages, and the cursors to ask for them.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="True if items follow after this page.")
    has_previous_page: bool = strawberry.field(description="True if items precede this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first item. Null if the page is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last item. Null if the page is empty."
    )


@strawberry.type(description="An item of a list and its cursor.")
class Edge(Generic[Item]):
    cursor: str = strawberry.field(
        description="The position of the item. Pass it as `after` or `before` to ask for the "
        "next or the previous page."
    )
    node: Item = strawberry.field(description="The item.")


async def _total(root: Any) -> int:
    return int(await root.total())


def _edges(root: Any) -> Any:
    return [
        Edge(cursor=cursor, node=node)
        for cursor, node in zip(root.cursors, root.nodes, strict=True)
    ]


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    total: strawberry.Private[Total]
    cursors: strawberry.Private[Sequence[str]]
    nodes: list[Item] = strawberry.field(description="The items of this page.")
    edges: list[Edge[Item]] = strawberry.field(
        resolver=_edges, description="The items of this page, each with its cursor."
    )
    page_info: PageInfo = strawberry.field(description="Whether the list has more pages.")
    total_count: int = strawberry.field(
        resolver=_total,
        description="The number of items of all pages, with the same filter. It is counted only "
        "if it is asked for.",
        directives=[costs.weighs(PAGE)],
    )


def connection(page: Page[Any], total: Total) -> Connection[Any]:
    """Build a connection from a page of rows. `total` counts those of all pages."""
    return Connection(
        total=total,
        cursors=page.cursors,
        nodes=page.rows,
        page_info=PageInfo(
            has_next_page=page.has_next_page,
            has_previous_page=page.has_previous_page,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        ),
    )


def _argument(name: str, kind: Any) -> StrawberryArgument:
    return StrawberryArgument(name, None, StrawberryAnnotation(kind), default=None)


def _how_many(what: str, note: str = "") -> Any:
    return Annotated[int | None, number(what, 1, settings.max_page, note)]


def _order(ordered: Ordered) -> Any:
    description = f"How to order the list. Defaults to {ordered.usual}."
    return Annotated[ordered.input | None, strawberry.argument(description=description)]


def _cursor(description: str) -> Any:
    return Annotated[str | None, strawberry.argument(description=description)]


class Paged(FieldExtension):
    """A field extension that gives a list field the arguments of a connection.

    The resolver receives them as one argument, `page`.
    """

    def __init__(self, ordered: Ordered) -> None:
        self.ordered = ordered

    def apply(self, field: StrawberryField) -> None:
        """Replace the argument `page` by `first`, `after`, `last`, `before` and `orderBy`."""
        others = [one for one in field.arguments if one.python_name != "page"]
        field.arguments = [
            *others,
            _argument(
                "first",
                _how_many("The number of items from the start of the list", "Defaults to 20."),
            ),
            _argument("after", _cursor("Only items after this cursor.")),
            _argument("last", _how_many("The number of items from the end of the list")),
            _argument("before", _cursor("Only items before this cursor.")),
            _argument("order_by", _order(self.ordered)),
        ]
        field.directives = [*costs.priced(field.directives, PAGE), OF_PAGE]

    async def resolve_async(
        self,
        next_: AsyncExtensionResolver,
        source: Any,
        info: strawberry.Info,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        order_by: Any = None,
        **rest: Any,
    ) -> Connection[Any]:
        """Resolve the page of rows and return it as a connection. Raises Invalid."""
        page = PageArgs(first, after, last, before, orders.order_by(order_by))
        found = await next_(source, info, page=page, **rest)
        if isinstance(found, Connection):
            return found

        async def total() -> int:
            async with transaction(info.context.viewer) as session:
                return await count(session, found.all)

        return connection(found, total)


def paged(
    item: type[Any], ordered: Ordered, description: str, deprecated: str | None = None
) -> Any:
    """A field that lists these items. The resolver takes a `page` and returns a Page."""
    return strawberry.field(
        graphql_type=Connection[item],  # type: ignore[valid-type]
        description=description,
        deprecation_reason=deprecated,
        extensions=[Paged(ordered)],
    )


def children(
    item: type[Any], parent: InstrumentedAttribute[Any], ordered: Ordered, description: str
) -> Any:
    """A paged list of the rows whose foreign key points to this row.

    It takes one statement per level of the query, however many parents there are, and another
    one if they are counted.
    """
    name = (parent.class_, parent.key)

    async def fetch_counts(session: AsyncSession, parents: list[Any]) -> dict[UUID, int]:
        return await counts(session, parent, parents)

    async def resolve(root: Any, info: Info, page: PageArgs) -> Any:
        async def fetch(session: AsyncSession, parents: list[Any]) -> dict[UUID, Any]:
            return await pages(session, parent, parents, ordered.orders, page)

        async def total() -> int:
            return int(await info.context.load((*name, "count"), fetch_counts, root.id))

        found = await info.context.load((*name, page), fetch, root.id)
        return connection(found, total)

    return paged(item, ordered, description)(declared(resolve, Reads(())))
