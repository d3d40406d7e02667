"""Subscriptions of lists: the list at once, and then what changes in it."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from domain import ids
from domain.pages import live as lists
from domain.pages.feed import Live
from domain.pages.pages import DEFAULT
from domain.settings import settings
from graph.fields.arguments import number
from graph.fields.connections import PAGE
from graph.fields.context import Info
from graph.fields.costs import sliced, weighs
from graph.fields.edges import bounded

Item = TypeVar("Item")
SENDS = (
    "Sends the newest `first` of them at once, and then what changes, at the same moment to "
    "everybody who may see it."
)
HowMany = Annotated[
    int, number("The number of items to begin with, and the most in an event", 1, settings.max_page)
]
ListEvents = AsyncGenerator[Any, None]


@strawberry.type(
    description="An event of a list: the list as it is now, or what has changed in it."
)
class Changes(Generic[Item]):
    is_whole: bool = strawberry.field(
        description="True if `nodes` are the first items of the list as it is now, which replace "
        "all that came before: the first event, and one after a time in which changes may have "
        "been missed. False if `nodes` and `removed` only say what has changed."
    )
    nodes: list[Item] = strawberry.field(
        description="The items in the order of the list if the event is whole. Otherwise those "
        "that are new or have changed; a client finds by `id` which it has."
    )
    removed: list[strawberry.ID] = bounded(
        lists.MOST_REMOVED,
        "The ids of items that do not belong to the list any more: deleted, changed so that the "
        "filter leaves them out, or no longer yours to see. At most 100.",
    )
    has_more: bool = strawberry.field(
        description="True if the list had more items than `first` when it was last sent whole."
    )


def watched(item: type[Any], what: str, deprecated: str | None = None) -> Any:
    """A subscription of a list. The resolver returns what `changes` gives."""
    return strawberry.subscription(
        graphql_type=Changes[item],  # type: ignore[valid-type]
        description=f"Watches {what}. {SENDS}",
        deprecation_reason=deprecated,
        directives=[weighs(PAGE), sliced("first", otherwise=DEFAULT, of=("nodes",))],
    )


async def changes(info: Info, live: Live[Any], filter: Any, first: int) -> ListEvents:
    """Yield the events of a list. Whoever shares the subscription may ask for the whole of it."""
    watch = lists.Watch(live, info.context.viewer, filter, first)
    info.context.repeat = watch.repeat
    async for one in watch.changes():
        info.context.is_whole, info.context.is_repeated = one.is_whole, one.is_repeated
        yield Changes(
            is_whole=one.is_whole,
            nodes=one.rows,
            removed=[strawberry.ID(ids.encode(live.prefix, key)) for key in one.removed],
            has_more=one.has_more,
        )
