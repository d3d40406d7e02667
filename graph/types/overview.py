"""The GraphQL type of the overview."""

import strawberry

from domain.models.executions import BLOCKED_BY
from domain.reports.activity import MOST
from graph.enums.executions import BlockReason
from graph.fields.edges import bounded
from graph.types.executions import Execution
from graph.types.schedules import Schedule


@strawberry.type(description="How many executions wait for a reason.")
class WaitingCount:
    reason: BlockReason | None = strawberry.field(
        description="The reason. Null for those that the server has not looked at yet."
    )
    count: int = strawberry.field(description="The number of executions.")


@strawberry.type(
    description="What is going on, over all instances that you are a member of. Executions of "
    "workflows are counted, too."
)
class Overview:
    running: int = strawberry.field(
        description="The executions that are submitted, at AMC, or whose result is being fetched."
    )
    waiting: int = strawberry.field(description="The executions that wait.")
    waiting_by: list[WaitingCount] = bounded(
        len(BLOCKED_BY) + 1, "The same by reason, the most common one first."
    )
    failed_since_yesterday: int = strawberry.field(
        description="The executions that failed within the last 24 hours."
    )
    open_collections: int = strawberry.field(
        description="The collections that are pending, running or paused."
    )
    next_runs: list[Schedule] = bounded(
        MOST, "The schedules of reports that run next, the earliest first. At most 10."
    )
    newest_results: list[Execution] = bounded(
        MOST, "The executions of reports that completed last, the newest first. At most 10."
    )
