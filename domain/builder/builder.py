"""The report builder: parameters, schedule, review, submit. Saved steps never change.

Each saved step holds everything decided so far, so the newest step is the whole state of a session.
Saving a step creates what submit would create, in a savepoint, checks it and rolls it back.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.builder.steps import STEPS, Parameters, Scheduled
from domain.collections import collections, plans
from domain.collections.plans import Plan
from domain.dashboards import templates
from domain.documents import read
from domain.errors import Conflict, DomainError, Forbidden, NotFound
from domain.kinds import Schedule
from domain.models import BuilderAudit, Collection, Dashboard, Report, ReportSchedule
from domain.people import access
from domain.problems import Problem, Problems, check_one_of, refuse, refuse_together
from domain.queries import sources
from domain.reports import reports
from domain.schedules import schedules, specs
from domain.schedules.specs import ScheduleSpec
from domain.viewer import Viewer

SUBMIT = "submit"
PLACES = {  # the field of a refusal, and its place in the builder's configuration
    "report": "parameters",
    "backfill": "parameters",
    "lookback": "parameters.lookback",
    "segmentation": "parameters.segmentation",
    "targetWeeks": "parameters.targetWeeks",
    "schedule": "schedule",
}


@dataclass(frozen=True)
class Built:
    """What a session created. What was deleted since is None."""

    report: Report
    schedule: Schedule | None
    collection: Collection | None
    dashboard_id: str | None


async def save(
    session: AsyncSession,
    viewer: Viewer,
    public_id: str | None,
    step: str,
    configuration: dict[str, Any],
) -> BuilderAudit:
    """Save a step, of a new session if none is named. Raises what submit would raise."""
    refuse(check_one_of("step", step, list(STEPS)))
    known: dict[str, Any] = {}
    key = uuid4()
    if public_id is not None:
        newest = await _lock_newest(session, viewer, public_id)
        if SUBMIT in newest.configuration:
            raise Conflict("The session was already submitted; start a new one.", field="sessionId")
        assert newest.session_id is not None
        key, known = newest.session_id, newest.configuration
    given = {**known, step: configuration}
    await _check(session, viewer, step, given)
    return await _write(session, viewer, key, step, given)


async def _check(session: AsyncSession, viewer: Viewer, step: str, given: dict[str, Any]) -> None:
    """Check a step with the steps it depends on. Review checks all steps together."""
    _read(step, given)
    if step == "review":
        _must_have(given, "parameters", "schedule")
    if step == "schedule" and "parameters" not in given:
        spec = _scheduled(given)
        with _in_its_place():
            _ = spec and specs.timing(spec, "UTC")
        return
    await _rehearse(session, viewer, given, with_schedule=step != "parameters")


def _read(step: str, given: Mapping[str, Any]) -> Any:
    return read(STEPS[step], given[step], f"configuration.{step}")


def _parameters(given: Mapping[str, Any]) -> Parameters:
    return cast("Parameters", _read("parameters", given))


def _scheduled(given: Mapping[str, Any]) -> ScheduleSpec | None:
    return cast("Scheduled", _read("schedule", given)).spec()


def _must_have(given: Mapping[str, Any], *steps: str) -> None:
    missing = [one for one in steps if one not in given]
    if missing:
        raise Conflict(
            f"The step {missing[0]} has to be saved first.", field=f"configuration.{missing[0]}"
        )


@contextmanager
def _in_its_place() -> Iterator[None]:
    """Make refusals name the place in the configuration that they are about."""
    try:
        yield
    except Problems as refused:
        raise Problems(Problem(_place(f), said) for f, said in refused.errors) from refused
    except DomainError as refused:
        if refused.field is not None:
            refused.field = _place(refused.field)
            refused.extensions["field"] = refused.field
        raise


def _place(field: str) -> str:
    head, dot, rest = field.partition(".")
    return f"configuration.{PLACES[head]}{dot}{rest}" if head in PLACES else field


async def _rehearse(
    session: AsyncSession, viewer: Viewer, given: Mapping[str, Any], *, with_schedule: bool
) -> Plan | None:
    """Check what submit would create, and roll it back. Return the plan of the backfill, if any."""
    wanted, past = _parameters(given), _parameters(given).past()
    spec = _scheduled(given) if with_schedule else None
    undone = await session.begin_nested()
    try:
        with _in_its_place():
            await _check_report(session, viewer, wanted)
            report = await _report(session, viewer, wanted, is_rehearsal=True)
            public_id = ids.encode("rpt", report.id)
            source = await sources.find(session, viewer, public_id, None)
            if spec is not None:
                specs.check(spec, source, past)
            if past is None:
                return None
            return await plans.plan(session, viewer, replace(past, report_id=public_id))
    finally:
        await undone.rollback()


async def _check_report(session: AsyncSession, viewer: Viewer, wanted: Parameters) -> None:
    """Raise everything that is wrong with the report: what it says, and what it names."""
    wrong: list[DomainError] = []
    try:
        wanted.spec()
    except DomainError as refused:
        wrong.append(refused)
    try:
        await reports.places(
            session, viewer, wanted.instance_id, wanted.template_id, wanted.parameters
        )
    except DomainError as refused:
        wrong.append(refused)
    if wanted.dashboard_id is not None:
        try:
            await _own_dashboard(session, viewer, wanted.dashboard_id)
        except DomainError as refused:
            wrong.append(refused)
    refuse_together(wrong)


async def _report(
    session: AsyncSession, viewer: Viewer, wanted: Parameters, *, is_rehearsal: bool = False
) -> Report:
    report = await reports.create(session, viewer, wanted.spec(), is_rehearsal=is_rehearsal)
    if wanted.dashboard_id is not None:
        report.dashboard_id = await _own_dashboard(session, viewer, wanted.dashboard_id)
    elif wanted.create_dashboard:
        public_id = ids.encode("rpt", report.id)
        dashboard = await templates.create_best(session, viewer, public_id, report.name)
        report.dashboard_id = dashboard.id
    await session.flush()
    return report


async def _own_dashboard(session: AsyncSession, viewer: Viewer, public_id: str) -> UUID:
    field = "report.dashboardId"
    found = await access.get(session, "dash", Dashboard, public_id, field=field)
    if found.user_id != viewer.user_id:
        raise Forbidden("This dashboard is not yours; choose one of your own.", field=field)
    return found.id


async def submit(session: AsyncSession, viewer: Viewer, public_id: str) -> Built:
    """Create the report and everything that goes with it, once. A repeat returns what exists.

    Raises Conflict if a step is missing, and whatever creating them raises.
    """
    newest = await _lock_newest(session, viewer, public_id)
    given = newest.configuration
    if SUBMIT in given:
        return await _built(session, given[SUBMIT])
    _must_have(given, *STEPS)
    assert newest.session_id is not None
    made = await _make(session, viewer, given)
    made_ids = {
        "reportId": ids.encode("rpt", made.report.id),
        "scheduleId": made.schedule and ids.encode("sch", made.schedule.id),
        "collectionId": made.collection and ids.encode("col", made.collection.id),
        "dashboardId": made.dashboard_id,
    }
    done = {**given, SUBMIT: made_ids}
    await _write(session, viewer, newest.session_id, SUBMIT, done, report_id=made.report.id)
    return made


async def _make(session: AsyncSession, viewer: Viewer, given: Mapping[str, Any]) -> Built:
    wanted, spec = _parameters(given), _scheduled(given)
    past, schedule, collection = wanted.past(), None, None
    with _in_its_place():
        report = await _report(session, viewer, wanted)
        public_id = ids.encode("rpt", report.id)
        if spec is not None:
            schedule = await schedules.create(session, viewer, public_id, None, spec, past)
            if schedule.backfill_collection_id is not None:
                collection = await session.get_one(Collection, schedule.backfill_collection_id)
        elif past is not None:
            alone = replace(past, report_id=public_id)
            collection = await collections.start(session, viewer, alone)
    dashboard_id = ids.encode("dash", report.dashboard_id) if report.dashboard_id else None
    return Built(report, schedule, collection, dashboard_id)


async def _built(session: AsyncSession, made: Mapping[str, Any]) -> Built:
    async def there(prefix: str, model: type[Any], public_id: str | None) -> Any:
        return public_id and await session.get(model, ids.decode(prefix, public_id))

    dashboard = await there("dash", Dashboard, made["dashboardId"])
    return Built(
        await access.get(session, "rpt", Report, made["reportId"]),
        await there("sch", ReportSchedule, made["scheduleId"]),
        await there("col", Collection, made["collectionId"]),
        dashboard and made["dashboardId"],
    )


async def _write(
    session: AsyncSession,
    viewer: Viewer,
    key: UUID,
    step: str,
    given: dict[str, Any],
    report_id: UUID | None = None,
) -> BuilderAudit:
    row = BuilderAudit(
        user_id=viewer.user_id,
        report_id=report_id,
        session_id=key,
        step_completed=step,
        configuration=given,
        # Not the start of the transaction: steps are ordered by when they got the lock.
        created_at=func.clock_timestamp(),
    )
    session.add(row)
    await session.flush()
    return row


async def _lock_newest(session: AsyncSession, viewer: Viewer, public_id: str) -> BuilderAudit:
    """Return the newest step of a session. Nobody else continues it until this transaction ends."""
    key = ids.decode("bld", public_id, field="sessionId")
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"),
        {"what": f"builder session {key}"},
    )
    return await get(session, viewer, public_id, field="sessionId")


async def get(
    session: AsyncSession, viewer: Viewer, public_id: str, *, field: str = "id"
) -> BuilderAudit:
    """Return the newest step of the viewer's own session, to continue from. Raises NotFound."""
    key = ids.decode("bld", public_id, field=field)
    newest = await session.scalar(
        select(BuilderAudit)
        .where(BuilderAudit.session_id == key, BuilderAudit.user_id == viewer.user_id)
        .order_by(BuilderAudit.created_at.desc(), BuilderAudit.id.desc())
        .limit(1)
    )
    if newest is None:
        raise NotFound(f"There is no builder session {public_id!r}.", field=field)
    return newest


async def plan(session: AsyncSession, viewer: Viewer, row: BuilderAudit) -> Plan | None:
    """Return the plan of the backfill, if one is wanted and not started. Raises as `save` does."""
    given = row.configuration
    if "parameters" not in given or SUBMIT in given or _parameters(given).past() is None:
        return None
    return await _rehearse(session, viewer, given, with_schedule=False)
