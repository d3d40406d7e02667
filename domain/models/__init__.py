"""The tables. Migrations create them, and a test compares the two."""

from domain.models.aggregates import Aggregate
from domain.models.audit import AuditEntry
from domain.models.base import Base
from domain.models.builder import BuilderAudit
from domain.models.collections import Collection, CollectionStart, Week, WeekRevision
from domain.models.dashboards import (
    Dashboard,
    DashboardFavorite,
    DashboardShare,
    DashboardSource,
    DashboardView,
    ReportConfiguration,
    Widget,
)
from domain.models.executions import ReportExecution, WorkflowExecution
from domain.models.exports import ReportExport
from domain.models.heartbeats import Heartbeat
from domain.models.insights import AiInsight, DashboardInsight, InsightRun
from domain.models.instances import Account, Asin, Campaign, Instance, Member
from domain.models.intents import IdempotencyKey, Intent
from domain.models.notices import InboxEntry, Notice, NoticeTarget
from domain.models.people import Preferences, User
from domain.models.reports import Report, ReportFavorite, ReportOverview
from domain.models.results import ResultRemoval
from domain.models.retention import LegalHold, RetentionEntry, RetentionRule
from domain.models.schedules import ReportSchedule, ScheduleTick, WorkflowSchedule
from domain.models.series import Series
from domain.models.templates import Template, TemplateVersion
from domain.models.workflows import ArchivedWorkflow, ArchivedWorkflowExecution, Workflow

__all__ = [
    "Account",
    "Aggregate",
    "AiInsight",
    "ArchivedWorkflow",
    "ArchivedWorkflowExecution",
    "Asin",
    "AuditEntry",
    "Base",
    "BuilderAudit",
    "Campaign",
    "Collection",
    "CollectionStart",
    "Dashboard",
    "DashboardFavorite",
    "DashboardInsight",
    "DashboardShare",
    "DashboardSource",
    "DashboardView",
    "Heartbeat",
    "IdempotencyKey",
    "InboxEntry",
    "InsightRun",
    "Instance",
    "Intent",
    "LegalHold",
    "Member",
    "Notice",
    "NoticeTarget",
    "Preferences",
    "Report",
    "ReportConfiguration",
    "ReportExecution",
    "ReportExport",
    "ReportFavorite",
    "ReportOverview",
    "ReportSchedule",
    "ResultRemoval",
    "RetentionEntry",
    "RetentionRule",
    "ScheduleTick",
    "Series",
    "Template",
    "TemplateVersion",
    "User",
    "Week",
    "WeekRevision",
    "Widget",
    "Workflow",
    "WorkflowExecution",
    "WorkflowSchedule",
]
