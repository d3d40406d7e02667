"""What the lists of each noun can be ordered by."""

from domain.aggregates import lists as aggregates
from domain.audit import lists as audit
from domain.builder import lists as builder
from domain.collections import lists as collections
from domain.dashboards import lists as dashboards
from domain.executions import lists as executions
from domain.exports import lists as exports
from domain.insights import lists as insights
from domain.instances import accounts
from domain.instances import lists as instances
from domain.notices import inbox
from domain.notices import lists as notices
from domain.questions import lists as questions
from domain.reports import lists as reports
from domain.schedules import lists as schedules
from domain.templates import lists as templates
from domain.users import users
from domain.views import lists as views
from domain.workflows import lists as workflows
from graph.fields.orders import ordered

CREATED = {"created_at": "When it was created."}
TIMES = {**CREATED, "updated_at": "When it last changed."}
NAME = {"name": "The name, whatever the case of its letters."}
RUNS = {
    "next_run_at": "When it runs next. What does not run by itself counts as last.",
    "last_run_at": "When it last ran. What never ran counts as first.",
}
STEPS = {
    **CREATED,
    "started_at": "When AMC accepted it. What AMC has not accepted counts as newest.",
    "completed_at": "When it was over. What is not over counts as newest.",
}
SEEN = {
    "first_seen": "When a result first contained it.",
    "last_seen": "When a result last contained it.",
}

REPORTS = ordered(
    "Report",
    reports.ORDERS,
    {**TIMES, **NAME, "last_run_at": RUNS["last_run_at"], "next_run_at": RUNS["next_run_at"]},
)
EXECUTIONS = ordered("Execution", executions.ORDERS, STEPS)
COLLECTIONS = ordered(
    "Collection",
    collections.ORDERS,
    {**TIMES, "start_date": "The first day.", "end_date": "The last day."},
)
SCHEDULES = ordered("Schedule", schedules.ORDERS, {**TIMES, **RUNS})
TICKS = ordered("Tick", schedules.TICK_ORDERS, {"nominal_at": "The moment that it is of."})
DASHBOARDS = ordered("Dashboard", dashboards.ORDERS, {**TIMES, **NAME})
TEMPLATES = ordered("Template", templates.ORDERS, {**NAME, **TIMES})
TEMPLATE_VERSIONS = ordered(
    "TemplateVersion", templates.VERSION_ORDERS, {"version": "The number of the version."}
)
INSTANCES = ordered("Instance", instances.ORDERS, {**NAME, **CREATED})
ACCOUNTS = ordered("Account", accounts.ORDERS, {**NAME, **CREATED})
MEMBERS = ordered("Member", instances.MEMBER_ORDERS, {"created_at": "When the person joined."})
USERS = ordered("User", users.ORDERS, {**NAME, **CREATED})
CAMPAIGNS = ordered("Campaign", instances.CAMPAIGN_ORDERS, {**NAME, **SEEN})
ASINS = ordered("Asin", instances.ASIN_ORDERS, {"asin": "The ASIN itself.", **SEEN})
AGGREGATES = ordered(
    "Aggregate", aggregates.ORDERS, {"period": "The first day, and then the dimension's value."}
)
VIEWS = ordered("View", views.ORDERS, {"days": "The last day that it shows.", **CREATED})
REPORT_CONFIGURATIONS = ordered("ReportConfiguration", views.CONFIGURATION_ORDERS, TIMES)
INSIGHTS = ordered(
    "Insight",
    insights.ORDERS,
    {"found_at": "When it was first found.", "days": "The first day that it speaks of."},
)
EXPORTS = ordered(
    "Export",
    exports.ORDERS,
    {**CREATED, "completed_at": "When its file was made. What has none counts as newest."},
)
NOTICES = ordered(
    "Notice",
    notices.ORDERS,
    {**CREATED, "sent_at": "When it was sent. What was not sent counts as newest."},
)
INBOX = ordered("InboxEntry", inbox.ORDERS, CREATED)
NOTICE_TARGETS = ordered("NoticeTarget", notices.TARGET_ORDERS, CREATED)
INSIGHT_ANSWERS = ordered(
    "InsightAnswer", questions.ORDERS, {"created_at": "When the question was asked."}
)
BUILDER_SESSIONS = ordered(
    "BuilderSession", builder.ORDERS, {"saved_at": "When it was last saved."}
)
AUDIT_ENTRIES = ordered("AuditEntry", audit.ORDERS, {"created_at": "When it was done."})
WORKFLOWS = ordered("Workflow", workflows.ORDERS, {**TIMES, **NAME})
WORKFLOW_EXECUTIONS = ordered("WorkflowExecution", workflows.EXECUTION_ORDERS, STEPS)
# The schedules of a workflow are ordered as those of reports are, by columns of their own.
WORKFLOW_SCHEDULES = ordered("WorkflowSchedule", workflows.SCHEDULE_ORDERS, {**TIMES, **RUNS})
