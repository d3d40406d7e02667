"""A row in every table, all of them belonging to one person."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, ids, models
from domain.viewer import Viewer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Rows = dict[str, Any]  # a row of each table, by the table's name


def execution(**columns: Any) -> dict[str, Any]:
    """The required columns of an execution."""
    return {"triggered_by": "manual", "sql_text": "SELECT 1", "sql_hash": "0", **columns}


def done(status: str = "completed", **columns: Any) -> dict[str, Any]:
    """The columns of an execution that is over."""
    outcome = {"outcome": "DATA"} if status in {"completed", "SUCCEEDED"} else {}
    over = {"status": status, "phase": "done", "due_at": None, "completed_at": NOON}
    return execution(**over, **outcome, **columns)


def _people_and_templates(viewer: Viewer, instance: UUID) -> list[Any]:
    template = models.Template(owner_id=viewer.user_id, name="Mine", sql_template="SELECT 1")
    version = models.TemplateVersion(version=1, sql_template="SELECT 1", sql_hash="0")
    return [
        template,
        lambda: _set(version, template_id=template.id, created_by=viewer.user_id),
        lambda: _set(template, current_version_id=version.id),
        models.IdempotencyKey(
            user_id=viewer.user_id, key="k", operation="o", request_hash="h", expires_at=NOON
        ),
        models.Preferences(user_id=viewer.user_id),
        models.Campaign(instance_id=instance, campaign_id="1", campaign="One"),
        models.Asin(instance_id=instance, asin="B000000001"),
    ]


def _set(row: Any, **columns: Any) -> Any:
    for name, value in columns.items():
        setattr(row, name, value)
    return row


async def populate(viewer: Viewer, instance: UUID) -> Rows:
    """Create a row in every table for this person on this instance. Returns them by table."""
    rows: Rows = {}
    async with db.owner_transaction() as session:

        async def add(row: Any) -> Any:
            session.add(row)
            await session.flush()
            rows[row.__tablename__ if hasattr(row, "__tablename__") else row.__table__.name] = row
            return row

        for step in _people_and_templates(viewer, instance):
            await add(step() if callable(step) else step)
        mine = {"instance_id": instance, "user_id": viewer.user_id}
        dashboard = await add(models.Dashboard(user_id=viewer.user_id, name="Board"))
        report = await add(
            models.Report(
                name="Report",
                template_id=rows["query_templates"].id,
                template_version_id=rows["query_template_versions"].id,
                instance_id=instance,
                owner_id=viewer.user_id,
                dashboard_id=dashboard.id,
            )
        )
        workflow = await add(models.Workflow(name="Workflow", sql_query="SELECT 1", **mine))
        await _dashboards(add, viewer, dashboard.id, report.id)
        await _running(add, report.id, workflow.id, mine)
        # The database has written the series of the collection.
        rows["report_series"] = await session.scalar(
            select(models.Series).where(models.Series.instance_id == instance)
        )
        rows["audit_entries"] = await session.scalar(
            select(models.AuditEntry).where(models.AuditEntry.object_id == report.id)
        )
        await _presented(add, viewer, report.id, dashboard.id)
        await _kept(session, add, report.id, workflow.id, mine)
        await _in_inbox(add, viewer, instance, report.id)
    return rows


async def _kept(
    session: AsyncSession, add: Any, report: UUID, workflow: UUID, mine: dict[str, UUID]
) -> None:
    """What holds, retention and the archive keep."""
    await add(models.LegalHold(report_id=report, reason="A suit"))
    await session.execute(
        text(
            "INSERT INTO retention_log (rule, day) VALUES ('ticks', '2026-03-02') "
            "ON CONFLICT DO NOTHING"
        )
    )
    await add(models.ResultRemoval(location=f"results/{mine['instance_id'].hex}/0.parquet"))
    await add(models.ArchivedWorkflow(workflow_id="wf", name="Old", sql_query="1", **mine))
    await add(
        models.ArchivedWorkflowExecution(
            workflow_id=workflow, execution_id="wexec", **execution(), **mine
        )
    )


async def _dashboards(add: Any, viewer: Viewer, dashboard: UUID, report: UUID) -> None:
    on_it = {"dashboard_id": dashboard}
    await add(
        models.Widget(
            widget_id="w",
            widget_type="text",
            title="W",
            data_source={"text": "?"},
            position_config={"x": 0},
            **on_it,
        )
    )
    await add(
        models.DashboardShare(
            shared_by_user_id=viewer.user_id,
            shared_with_user_id=viewer.user_id,
            email=viewer.email,
            **on_it,
        )
    )
    await add(models.DashboardFavorite(user_id=viewer.user_id, **on_it))
    await add(models.ReportFavorite(user_id=viewer.user_id, report_id=report))
    await add(models.DashboardSource(report_id=report, added_by=viewer.user_id, **on_it))


async def _running(add: Any, report: UUID, workflow: UUID, mine: dict[str, UUID]) -> None:
    collection = await add(
        models.Collection(
            report_id=report,
            collection_type="backfill",
            target_weeks=1,
            start_date=date(2026, 3, 2),
            end_date=date(2026, 3, 8),
            **mine,
        )
    )
    cron = {"schedule_type": "daily", "cron_expression": "0 9 * * *"}
    schedule = await add(
        models.ReportSchedule(report_id=report, backfill_collection_id=collection.id, **cron)
    )
    await add(models.WorkflowSchedule(workflow_id=workflow, **cron))
    started = await add(
        models.ReportExecution(
            report_id=report,
            schedule_id=schedule.id,
            collection_id=collection.id,
            **execution(),
            **mine,
        )
    )
    await add(models.WorkflowExecution(workflow_id=workflow, **execution(), **mine))
    await _told(add, schedule, started)
    await _engine(add, report, schedule.id, collection.id, started)


async def _engine(add: Any, report: UUID, schedule: UUID, collection: UUID, started: Any) -> None:
    week = await add(
        models.Week(
            collection_id=collection,
            report_execution_id=started.id,
            week_start_date=date(2026, 3, 2),
            week_end_date=date(2026, 3, 8),
        )
    )
    await add(_set(started, week_id=week.id))
    await add(
        models.WeekRevision(
            week_id=week.id,
            revision=1,
            report_execution_id=started.id,
            checksum="0",
            outcome="DATA",
            row_count=1,
        )
    )
    await add(
        models.CollectionStart(
            instance_id=started.instance_id, user_id=started.user_id, collection_id=collection
        )
    )
    await add(
        models.Aggregate(
            report_id=report,
            instance_id=started.instance_id,
            aggregation_type="weekly",
            aggregation_key="2026-W10",
            metrics={"impressions": 1},
            data_date=date(2026, 3, 2),
        )
    )
    await add(
        models.Intent(
            instance_id=started.instance_id,
            report_execution_id=started.id,
            amc_workflow_id=f"amc-reports-{started.id.hex}",
        )
    )
    await add(models.ScheduleTick(report_schedule_id=schedule, nominal_at=NOON, outcome="ran"))


async def _told(add: Any, schedule: Any, started: Any) -> None:
    target = await add(
        models.NoticeTarget(
            user_id=started.user_id,
            report_schedule_id=schedule.id,
            kind="email",
            address="alice@example.com",
            events=["FAILED"],
        )
    )
    await add(
        models.Notice(
            target_id=target.id,
            event="FAILED",
            dedupe_key="1",
            report_execution_id=started.id,
            due_at=NOON,
        )
    )


async def _in_inbox(add: Any, viewer: Viewer, instance: UUID, report: UUID) -> None:
    await add(
        models.InboxEntry(
            user_id=viewer.user_id,
            event="RUN_FAILED",
            dedupe_key="1",
            instance_id=instance,
            source_id=ids.encode("rpt", report),
        )
    )


async def _presented(add: Any, viewer: Viewer, report: UUID, dashboard: UUID) -> None:
    configuration = await add(models.ReportConfiguration(report_id=report))
    view = await add(
        models.DashboardView(
            report_configuration_id=configuration.id,
            report_id=report,
            execution_ids=[],
            data_start_date=date(2026, 3, 2),
            data_end_date=date(2026, 3, 8),
            processed_data={"rows": []},
            charts_config={"mark": "bar"},
        )
    )
    of_view = {"dashboard_view_id": view.id}
    await add(
        models.DashboardInsight(
            insight_type="trend",
            insight_text="Up.",
            metric="cost",
            period_start=date(2026, 3, 2),
            period_end=date(2026, 3, 9),
            **of_view,
        )
    )
    await add(models.InsightRun(**of_view))
    await add(
        models.ReportExport(
            export_format="csv",
            state="completed",
            due_at=None,
            file_url="x",
            exported_by=viewer.user_id,
            **of_view,
        )
    )
    await add(
        models.AiInsight(
            user_id=viewer.user_id, dashboard_id=dashboard, query_text="?", response_text="!"
        )
    )
    await add(
        models.BuilderAudit(
            user_id=viewer.user_id,
            report_id=report,
            step_completed="submit",
            configuration={"name": "Report"},
        )
    )
