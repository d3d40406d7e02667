"""Keyset connections, as the Relay cursor specification has them."""

from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from strawberry.annotation import StrawberryAnnotation
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from domain.pages import Asked, Page, pages
from domain.settings import settings
from graph.fields.arguments import number
from graph.fields.context import Info

Item = TypeVar("Item")


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


def _argument(name: str, kind: Any) -> StrawberryArgument:
    return StrawberryArgument(name, None, StrawberryAnnotation(kind), default=None)


def _how_many(what: str, note: str = "") -> Any:
    return Annotated[int | None, number(what, 1, settings.max_page, note)]


def _cursor(description: str) -> Any:
    return Annotated[str | None, strawberry.argument(description=description)]


class Paged(FieldExtension):
    """Gives a list the arguments of a connection, and its resolver the page they ask for."""

    def apply(self, field: StrawberryField) -> None:
        """Put the four arguments in the place of the one that the resolver takes."""
        others = [one for one in field.arguments if one.python_name != "page"]
        field.arguments = [
            *others,
            _argument("first", _how_many("How many from the beginning", "20 if nothing is said")),
            _argument("after", _cursor("Only what comes after this cursor.")),
            _argument("last", _how_many("How many from the end")),
            _argument("before", _cursor("Only what comes before this cursor.")),
        ]

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
        **rest: Any,
    ) -> Connection[Any]:
        """The page of rows that the resolver finds, as a connection. Raises Invalid."""
        page = Asked(first, after, last, before)
        return connection(await next_(source, info, page=page, **rest))


def paged(item: type[Any], description: str, deprecated: str | None = None) -> Any:
    """A list of these at the root: its resolver takes a `page` and gives a Page of rows."""
    return strawberry.field(
        graphql_type=Connection[item],  # type: ignore[valid-type]
        description=description,
        deprecation_reason=deprecated,
        extensions=[Paged()],
    )


def children(item: type[Any], parent: InstrumentedAttribute[Any], description: str) -> Any:
    """The rows whose foreign key points here, newest first, a page at a time.

    One statement a level, however many rows ask.
    """
    keys = (parent.class_.created_at, parent.class_.id)

    async def resolve(root: Any, info: Info, page: Asked) -> Any:
        async def fetch(session: AsyncSession, parents: list[Any]) -> dict[UUID, Any]:
            return await pages(session, parent, parents, keys, page)

        return await info.context.load((parent.class_, parent.key, page), fetch, root.id)

    return paged(item, description)(resolve)
