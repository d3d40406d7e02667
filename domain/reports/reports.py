"""Reports: a template with its parameters on an instance. Created, changed, archived."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain import documents, ids, kinds, lives, moments
from domain.bus import bus
from domain.calendar.zones import check_zone
from domain.errors import Conflict, DomainError, Invalid
from domain.executions import executions
from domain.models import Instance, Report, ReportExecution, TemplateVersion
from domain.people import access, allowances
from domain.people.acts import Act
from domain.problems import (
    Gathered,
    check_name,
    check_text,
    copy_name,
    refuse,
    refuse_together,
    within,
)
from domain.queries import parameters, queries, sources, sql
from domain.queries.sources import Source
from domain.schedules import schedules
from domain.templates import templates
from domain.viewer import Viewer

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 5000
NO_CHANGE: Any = object()  # for what None would clear


@dataclass(frozen=True)
class ReportSpec:
    """All that a person decides about a report. Raises Problems with all that is wrong with it."""

    name: str
    template_id: str
    instance_id: str
    parameters: Any = field(default_factory=dict)
    description: str | None = None
    time_zone: str = "UTC"
    report_id: str | None = None

    def __post_init__(self) -> None:
        wrong = Gathered(
            [
                *check_name("name", self.name, LONGEST_NAME),
                *check_text("description", self.description, 0, LONGEST_DESCRIPTION),
            ]
        )
        with wrong.also():
            check_zone(self.time_zone)
        if self.report_id is not None:
            wrong += check_name("reportId", self.report_id, LONGEST_NAME)
        if not isinstance(self.parameters, dict):
            wrong.append(documents.not_an_object(self.parameters, "parameters"))
        wrong.refuse()


async def create(
    session: AsyncSession,
    viewer: Viewer,
    spec: ReportSpec,
    *,
    key: UUID | None = None,
    is_rehearsal: bool = False,
) -> Report:
    """Create a report, pinned to the template's present version. `key` becomes its primary key.

    Raises RateLimited if the viewer has made too many; not in a rehearsal, which is rolled back.
    """
    instance, version = await places(
        session, viewer, spec.instance_id, spec.template_id, spec.parameters
    )
    if not is_rehearsal:
        await allowances.one_more_report(session, viewer)
    report = Report(
        id=key or uuid4(),
        report_id=spec.report_id,
        name=spec.name.strip(),
        description=spec.description,
        template_id=version.template_id,
        template_version_id=version.id,
        instance_id=instance.id,
        owner_id=viewer.user_id,
        parameters=spec.parameters,
        timezone=spec.time_zone,
    )
    await _save(session, report, spec.report_id, "report")
    return report


async def places(
    session: AsyncSession, viewer: Viewer, instance_id: str, template_id: str, values: Any
) -> tuple[Instance, TemplateVersion]:
    """Return the instance and the template's present version, if a report can be made of them.

    Raises what is wrong with either, or Problems with what is wrong with both.
    """
    wrong: list[DomainError] = []
    instance = version = None
    try:
        instance = await access.get(
            session, "inst", Instance, instance_id, field="report.instanceId"
        )
        await access.must_be(session, viewer, instance.id, "editor", field="report.instanceId")
    except DomainError as refused:
        wrong.append(refused)
    try:
        version = await _checked_version(session, template_id, values)
    except DomainError as refused:
        wrong.append(refused)
    refuse_together(wrong)
    assert instance is not None
    assert version is not None
    return instance, version


async def run_without(
    session: AsyncSession, viewer: Viewer, spec: ReportSpec, window: executions.WindowSpec | None
) -> ReportExecution:
    """Run a template once, as a report with these parameters would, without creating a report."""
    instance = await access.get(session, "inst", Instance, spec.instance_id, field="instanceId")
    await access.must_be(session, viewer, instance.id, "editor", field="instanceId")
    version = await _present_version(session, spec.template_id, "templateId")
    query = sources.of_version(version, spec.parameters)
    source = Source(kinds.REPORT, None, instance, version, query, spec.time_zone)
    execution: ReportExecution = await executions.place(session, viewer, source, window, "api")
    return execution


@dataclass(frozen=True)
class ReportChange:
    """A change of a report. Fields that are None, or NO_CHANGE, stay as they are.

    `template_id` and `instance_id` are only compared: a report keeps both. `field` is the argument
    that the change comes from. Raises Problems with all that is wrong with it.
    """

    name: str | None = None
    description: Any = NO_CHANGE
    parameters: Any = None
    time_zone: str | None = None
    report_id: str | None = None
    template_id: str | None = None
    instance_id: str | None = None
    field: str = "change"

    def __post_init__(self) -> None:
        wrong = Gathered()
        if self.name is not None:
            wrong += check_name("name", self.name, LONGEST_NAME)
        if self.description is not NO_CHANGE:
            wrong += check_text("description", self.description, 0, LONGEST_DESCRIPTION)
        if self.time_zone is not None:
            with wrong.also():
                check_zone(self.time_zone)
        if self.report_id is not None:
            wrong += check_name("reportId", self.report_id, LONGEST_NAME)
        if self.parameters is not None and not isinstance(self.parameters, dict):
            wrong.append(documents.not_an_object(self.parameters, "parameters"))
        wrong.refuse()


async def change(
    session: AsyncSession, viewer: Viewer, public_id: str, given: ReportChange
) -> Report:
    """Change what is given about a report. What is not given stays, and so does the version.

    The instance stays, because a report must not mix the numbers of two instances. Its template's
    version is moved by upgrades.upgrade only.
    """
    report = await locked(session, viewer, public_id)
    await _stays_there(session, report, given)
    if given.parameters is not None:
        version = await session.get_one(TemplateVersion, report.template_version_id)
        with within(given.field):
            await check_values(version, given.parameters)
        report.parameters = given.parameters
    if given.name is not None:
        report.name = given.name.strip()
    if given.description is not NO_CHANGE:
        report.description = given.description
    if given.time_zone is not None:
        report.timezone = given.time_zone
    if given.report_id is not None:
        report.report_id = given.report_id
    await _save(session, report, given.report_id, given.field)
    return report


async def _stays_there(session: AsyncSession, report: Report, given: ReportChange) -> None:
    """Raise Invalid if another instance or another template is named."""
    field = f"{given.field}.instanceId"
    if given.instance_id is not None and report.instance_id != ids.decode(
        "inst", given.instance_id, field=field
    ):
        raise Invalid("A report stays on its instance; create another report there.", field=field)
    if given.template_id is None:
        return
    field = f"{given.field}.templateId"
    if (await templates.get(session, given.template_id, field=field)).id != report.template_id:
        raise Invalid(
            "A report stays with its template; create another report. To move it to another "
            "version of its template, use reportUpgrade.",
            field=field,
        )


ARCHIVE = Act(is_done=lambda one: one.archived_at is not None)
RESTORE = Act(is_done=lambda one: one.archived_at is None)


async def archive(session: AsyncSession, viewer: Viewer, public_id: str) -> Report:
    """Archive a report and its schedule. Its results stay, and what waits to run is cancelled."""
    report = await _editable(session, viewer, public_id)
    if ARCHIVE.applies(report):
        # Lock the schedule before its report, in the order that changes of schedules lock.
        why = f"The report {report.name!r} was archived."
        await schedules.put_away(session, kinds.REPORT, report.id, why)
        report.archived_at = moments.now()
        report.is_active = False
        report.frequency = "once"
        await session.flush()
        # A schedule that was created meanwhile.
        await schedules.put_away(session, kinds.REPORT, report.id, why)
        await lives.recheck(session, source=(kinds.REPORT, report.id))
        bus.changed(session, report.id)
        await session.refresh(report)
    return report


async def restore(session: AsyncSession, viewer: Viewer, public_id: str) -> Report:
    """Let an archived report run again. Its schedule has ended; create a new one."""
    report = await locked(session, viewer, public_id)
    if RESTORE.applies(report):
        report.archived_at = None
        report.is_active = True
        await session.flush()
        bus.changed(session, report.id)
        await session.refresh(report)
    return report


async def duplicate(
    session: AsyncSession, viewer: Viewer, public_id: str, name: str | None
) -> Report:
    """Create a report of the viewer's with the same template version, parameters and instance.

    It has no results, no schedule and no dashboard of its own yet.
    """
    report = await _editable(session, viewer, public_id)
    chosen = copy_name(report.name, LONGEST_NAME) if name is None else name.strip()
    refuse(check_name("name", chosen, LONGEST_NAME))
    await allowances.one_more_report(session, viewer)
    copy = Report(
        name=chosen,
        description=report.description,
        template_id=report.template_id,
        template_version_id=report.template_version_id,
        instance_id=report.instance_id,
        owner_id=viewer.user_id,
        parameters=report.parameters,
        timezone=report.timezone,
    )
    session.add(copy)
    await session.flush()
    bus.changed(session, copy.id)
    await session.refresh(copy)
    return copy


async def locked(session: AsyncSession, viewer: Viewer, public_id: str) -> Report:
    """Lock and return the report for an editor of its instance. Raises NotFound and Forbidden."""
    report = await _editable(session, viewer, public_id)
    # Rights are checked before locking: PostgreSQL refuses to lock rows the viewer may not change.
    await session.refresh(report, with_for_update={"key_share": True})
    return report


async def _editable(session: AsyncSession, viewer: Viewer, public_id: str) -> Report:
    report = await access.get(session, "rpt", Report, public_id, field="id")
    await access.must_be(session, viewer, report.instance_id, "editor", field="id")
    return report


async def _checked_version(session: AsyncSession, template_id: str, values: Any) -> TemplateVersion:
    """Return the template's present version, if these parameters make valid SQL with it."""
    version = await _present_version(session, template_id, "report.templateId")
    with within("report"):
        await check_values(version, values)
    return version


async def check_values(version: TemplateVersion, values: dict[str, Any]) -> None:
    """Raise Invalid, with fields below `parameters`, unless the values make valid SQL with it."""
    await queries.read_ahead(version.sql_template)
    checked = parameters.check(version.parameter_definitions, dict(values))
    sql.render(version.sql_template, version.parameter_definitions, checked)


async def _present_version(session: AsyncSession, template_id: str, field: str) -> TemplateVersion:
    template = await templates.get(session, template_id, field=field)
    if template.archived_at is not None:
        raise Conflict(f"The template {template.name!r} is archived.", field=field)
    return await session.get_one(TemplateVersion, template.current_version_id)


async def _save(session: AsyncSession, report: Report, chosen: str | None, field: str) -> None:
    session.add(report)
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError as clash:
        if "report_id" not in str(clash.orig):
            raise
        if "looks_computed" in str(clash.orig):
            raise Invalid(
                "Your report id must not look like a generated one.", field=f"{field}.reportId"
            ) from clash
        raise Conflict(
            f"A report {chosen!r} already exists; choose another report id.",
            field=f"{field}.reportId",
        ) from clash
    bus.changed(session, report.id)
    await session.refresh(report)
