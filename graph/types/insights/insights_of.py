"""The fields that lead from views, dashboards and reports to insights, and how current they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import models
from domain.facts.run import MOST
from domain.insights import lists, versions
from domain.insights.finding import MOST_REFUSALS
from domain.snapshots import snapshots
from graph.enums.insights import InsightRefusalCode
from graph.fields.context import Info
from graph.fields.costs import at_most, weighs
from graph.fields.edges import EDGE, bounded
from graph.inputs.insights import LeastConfidence, OfTypes, Since, insight_filter

if TYPE_CHECKING:
    from graph.types.insights.insights import Insight

# Reports come before aggregates, which insights lead to, so the type is named by a string here.
InsightOf: TypeAlias = Annotated["Insight", strawberry.lazy("graph.types.insights.insights")]
ASKED = 60  # points: besides the list, what somebody asked for is noted


def _code(root: Any) -> InsightRefusalCode:
    return InsightRefusalCode(root["code"])


@strawberry.type(description="Why nothing is told of some metrics.")
class InsightRefusal:
    code: InsightRefusalCode = strawberry.field(resolver=_code, description="Why, for programs.")
    text: str = strawberry.field(description="Why, in words.")
    has: int | None = strawberry.field(
        description="How many weeks have a value. Null if that is not the reason."
    )
    needs: int | None = strawberry.field(
        description="How many weeks are needed. Null if that is not the reason."
    )


@strawberry.type(description="How current the insights are, and why there are no more of them.")
class InsightState:
    is_current: bool = strawberry.field(
        description="True if they are made of the newest numbers. Asking for `insights` has them "
        "made, and a watched dashboard tells when they are."
    )
    made_at: datetime | None = strawberry.field(
        description="When they were last made. Null if they never were."
    )
    error: str | None = strawberry.field(
        description="Why the last try to make them failed. Null if it did not."
    )
    refusals: list[InsightRefusal] = bounded(MOST_REFUSALS, "Why nothing is told of some metrics.")


def insights_of(name: str) -> Any:
    """The field `insights` of a type whose insights name it in this column."""

    async def resolve(
        root: Any,
        info: Info,
        types: OfTypes = None,
        least_confidence: LeastConfidence = None,
        since: Since = None,
    ) -> Any:
        wanted = insight_filter(types, least_confidence, since)

        async def fetch(session: AsyncSession, keys: list[UUID]) -> dict[UUID, Any]:
            await versions.asked(session, name, keys)
            return await lists.find(session, name, keys, wanted)

        async with snapshots.apart():
            return await info.context.load((lists.find, name, wanted), fetch, root.id) or []

    return strawberry.field(
        graphql_type=list[InsightOf],
        resolver=resolve,
        description="What statistics found in the numbers that you may see, most worth first, at "
        "most ten. They are made in the background after somebody asks, and again whenever the "
        "numbers change within a month of that.",
        directives=[weighs(ASKED), at_most(MOST)],
    )


def insight_state_of(name: str) -> Any:
    """The field `insightState` of a type whose insights name it in this column."""

    async def fetch(session: AsyncSession, keys: list[UUID]) -> dict[UUID, Any]:
        found = await versions.runs(session, name, keys)
        present = await versions.of(session, list(found.values()))
        refused = await lists.refusals(session, name, keys)
        return {key: _state(found.get(key), present, refused[key]) for key in keys}

    async def resolve(root: Any, info: Info) -> Any:
        return await info.context.load((versions.runs, name), fetch, root.id)

    return strawberry.field(
        graphql_type=InsightState,
        resolver=resolve,
        description="How current the insights are, and why there are no more of them.",
        directives=[weighs(EDGE)],
    )


def _state(
    run: models.InsightRun | None,
    present: Mapping[UUID, str],
    refused: list[models.DashboardInsight],
) -> InsightState:
    return InsightState(
        is_current=run is not None
        and run.step_error is None
        and run.data_version == present[run.id],
        made_at=None if run is None else run.made_at,
        error=None if run is None else run.step_error,
        refusals=[{"text": one.insight_text, **(one.data_points or {})} for one in refused],  # type: ignore[misc]
    )
