"""Results as clients see them: pages of rows, and links to files."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.executions import links, results
from graph.fields.enums import ResultFormat
from graph.fields.scalars import JSON


@strawberry.type(description="A column of a result.")
class ResultColumn:
    name: str = strawberry.field(description="As the query names it.")
    type: str = strawberry.field(description="VARCHAR, BIGINT, DECIMAL(38,10), DATE ...")


@strawberry.type(description="A page of a result.")
class ResultRows:
    columns: list[ResultColumn] = strawberry.field(description="In the order of the values.")
    rows: list[JSON] = strawberry.field(
        description="A list of values each; decimals and times are strings."
    )
    total_count: int = strawberry.field(description="Rows of the whole result.")
    has_next_page: bool = strawberry.field(description="More rows come after these.")


@strawberry.type(description="A link to a result, for anyone who has it, for ten minutes.")
class Download:
    url: str = strawberry.field(description="Where to fetch it.")
    expires_at: datetime = strawberry.field(description="When the link ends.")


async def page_of_rows(
    root: Any,
    first: Annotated[int, strawberry.argument(description="How many, at most 100.")] = 20,
    offset: Annotated[int, strawberry.argument(description="How many to pass over.")] = 0,
) -> Any:
    """A page of an execution's result."""
    return await results.page(root, first, offset)


async def download_link(
    root: Any,
    format: Annotated[
        ResultFormat, strawberry.argument(description="CSV if nothing is said.")
    ] = ResultFormat.CSV,
) -> Any:
    """A link to an execution's result, to be fetched by whoever has it."""
    return await links.link(root, links.Format(format.value))
