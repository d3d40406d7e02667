"""Root fields that do the same to many objects, each in a transaction of its own."""

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import models
from domain.collections import edges
from domain.db import transaction
from domain.errors import DomainError
from domain.executions import executions
from domain.people import access
from domain.problems import Problem, Problems
from domain.reports import reports
from domain.schedules import schedules
from domain.sentences import has_at_most
from domain.settings import settings
from domain.viewer import Viewer
from graph.enums.errors import ErrorCodeEnum
from graph.fields.arguments import Ids
from graph.fields.context import Info
from graph.fields.costs import ROOT, sliced, weighs
from graph.fields.idempotency import IdempotencyKey, once
from graph.types.bulk import Answer, Refusal
from graph.types.collections import Collection
from graph.types.executions import Execution
from graph.types.reports import Report
from graph.types.schedules import Schedule

Act = Callable[[AsyncSession, Viewer, str], Awaitable[Any]]
EACH = (
    " There is an answer for each id, in their order, at most 100. What is refused for one does "
    "not concern the others."
)


async def _each(info: Info, ids: list[strawberry.ID], act: Act) -> list[Answer[Any]]:
    """Do it to one after the other. Raises Problems for too many ids."""
    if len(ids) > settings.max_page:
        raise Problems([Problem.of("ids", has_at_most(settings.max_page, "value", len(ids)))])
    viewer = info.context.viewer
    answers: dict[str, Answer[Any]] = {}
    for public_id in dict.fromkeys(ids):
        try:
            async with transaction(viewer) as session:
                row = await act(session, viewer, public_id)
        except DomainError as refused:
            refusal = Refusal(code=ErrorCodeEnum(refused.code), message=str(refused))
            answers[public_id] = Answer(id=public_id, object=None, refusal=refusal)
        else:
            answers[public_id] = Answer(id=public_id, object=row, refusal=None)
    return [answers[one] for one in ids]


def _bulk(item: type[Any], description: str) -> Any:
    """A mutation of many objects."""
    return strawberry.mutation(
        graphql_type=list[Answer[item]],  # type: ignore[valid-type]
        description=description + EACH,
        directives=[weighs(settings.max_page * ROOT), sliced("ids")],
    )


async def _paused(session: AsyncSession, viewer: Viewer, public_id: str) -> Any:
    return await schedules.pause(session, viewer, public_id, None)


@strawberry.type
class BulkMutation:
    @_bulk(
        Execution,
        "Runs many reports, as reportRun does. With an `idempotencyKey`, a repeat "
        "runs only those that were not run yet.",
    )
    async def reports_run(
        self, info: Info, ids: Ids, idempotency_key: IdempotencyKey = None
    ) -> list[Answer[Any]]:
        async def run(session: AsyncSession, viewer: Viewer, public_id: str) -> Any:
            async def make() -> models.ReportExecution:
                report = await access.get(session, "rpt", models.Report, public_id, field="ids")
                placed: models.ReportExecution = await executions.start(session, viewer, report)
                return placed

            key = None if idempotency_key is None else f"{idempotency_key} {public_id}"
            return await once(session, viewer, key, ("reportsRun", public_id), "exec", make)

        return await _each(info, ids, run)

    @_bulk(Report, "Archives many reports, as reportArchive does.")
    async def reports_archive(self, info: Info, ids: Ids) -> list[Answer[Any]]:
        return await _each(info, ids, reports.archive)

    @_bulk(Report, "Takes many reports out of the archive, as reportRestore does.")
    async def reports_restore(self, info: Info, ids: Ids) -> list[Answer[Any]]:
        return await _each(info, ids, reports.restore)

    @_bulk(Execution, "Cancels many executions, as executionCancel does.")
    async def executions_cancel(self, info: Info, ids: Ids) -> list[Answer[Any]]:
        return await _each(info, ids, executions.cancel)

    @_bulk(Collection, "Pauses many collections, as collectionPause does.")
    async def collections_pause(self, info: Info, ids: Ids) -> list[Answer[Any]]:
        return await _each(info, ids, edges.pause)

    @_bulk(Collection, "Resumes many collections, as collectionResume does.")
    async def collections_resume(self, info: Info, ids: Ids) -> list[Answer[Any]]:
        return await _each(info, ids, edges.resume)

    @_bulk(Collection, "Cancels many collections, as collectionCancel does.")
    async def collections_cancel(self, info: Info, ids: Ids) -> list[Answer[Any]]:
        return await _each(info, ids, edges.cancel)

    @_bulk(Schedule, "Pauses many schedules, as schedulePause does.")
    async def schedules_pause(self, info: Info, ids: Ids) -> list[Answer[Any]]:
        return await _each(info, ids, _paused)

    @_bulk(Schedule, "Resumes many schedules, as scheduleResume does.")
    async def schedules_resume(self, info: Info, ids: Ids) -> list[Answer[Any]]:
        return await _each(info, ids, schedules.resume)
