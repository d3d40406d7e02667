"""Reports: a template with its parameters on an instance. Created, changed, archived."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain import documents, ids, kinds, moments
from domain.calendar.zones import check_zone
from domain.errors import Conflict, Invalid
from domain.executions import executions
from domain.models import Instance, Report, ReportExecution, TemplateVersion
from domain.people import access, allowances
from domain.problems import Gathered, check_name, check_text
from domain.queries import parameters, queries, sources, sql
from domain.queries.sources import Source
from domain.schedules import schedules
from domain.templates import templates
from domain.viewer import Viewer

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 5000


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
    instance = await access.get(
        session, "inst", Instance, spec.instance_id, field="report.instanceId"
    )
    await access.must_be(session, viewer, instance.id, "editor", field="report.instanceId")
    version = await _checked_version(session, spec)
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
    await _save(session, report, spec)
    return report


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


async def change(session: AsyncSession, viewer: Viewer, public_id: str, spec: ReportSpec) -> Report:
    """Replace what a person decides. The report moves to the template's present version.

    The instance stays, because a report must not mix the numbers of two instances.
    """
    report = await _editable(session, viewer, public_id)
    if ids.decode("inst", spec.instance_id, field="report.instanceId") != report.instance_id:
        raise Invalid(
            "A report stays on its instance; create another report there.",
            field="report.instanceId",
        )
    version = await _checked_version(session, spec)
    report.name = spec.name.strip()
    report.description = spec.description
    report.template_id = version.template_id
    report.template_version_id = version.id
    report.parameters = spec.parameters
    report.timezone = spec.time_zone
    if spec.report_id is not None:
        report.report_id = spec.report_id
    await _save(session, report, spec)
    return report


async def archive(session: AsyncSession, viewer: Viewer, public_id: str) -> Report:
    """Archive a report and its schedule. It does not run any more, and its results stay."""
    report = await _editable(session, viewer, public_id)
    if report.archived_at is None:
        # Lock the schedule before its report, in the order that changes of schedules lock.
        await schedules.put_away(session, report.id)
        report.archived_at = moments.now()
        report.is_active = False
        report.frequency = "once"
        await session.flush()
        await schedules.put_away(session, report.id)  # a schedule that was created meanwhile
        await session.refresh(report)
    return report


async def _editable(session: AsyncSession, viewer: Viewer, public_id: str) -> Report:
    report = await access.get(session, "rpt", Report, public_id, field="id")
    await access.must_be(session, viewer, report.instance_id, "editor", field="id")
    return report


async def _checked_version(session: AsyncSession, spec: ReportSpec) -> TemplateVersion:
    """Return the template's present version, if these parameters make valid SQL with it."""
    version = await _present_version(session, spec.template_id, "report.templateId")
    await queries.read_ahead(version.sql_template)
    try:
        checked = parameters.check(version.parameter_definitions, dict(spec.parameters))
        sql.render(version.sql_template, version.parameter_definitions, checked)
    except Invalid as invalid:
        raise invalid.within("report") from invalid
    return version


async def _present_version(session: AsyncSession, template_id: str, field: str) -> TemplateVersion:
    template = await templates.get(session, template_id, field=field)
    if template.archived_at is not None:
        raise Conflict(f"The template {template.name!r} is archived.", field=field)
    return await session.get_one(TemplateVersion, template.current_version_id)


async def _save(session: AsyncSession, report: Report, spec: ReportSpec) -> None:
    session.add(report)
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError as clash:
        if "report_id" not in str(clash.orig):
            raise
        if "looks_computed" in str(clash.orig):
            raise Invalid(
                "Your report id must not look like a generated one.",
                field="report.reportId",
            ) from clash
        raise Conflict(
            f"A report {spec.report_id!r} already exists; choose another report id.",
            field="report.reportId",
        ) from clash
    await session.refresh(report)
