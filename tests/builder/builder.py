"""Helpers of the tests of the report builder."""

from sqlalchemy import text

from domain import db

SCHEDULE = """
once cron timeZone parameters overlap catchUp catchUpSeconds jitterSeconds pauseAfterFailures
keepsHistory preset { frequency time timezone daysOfWeek dayOfMonth lastDayOfMonth }
dataWindow { type unit days }
"""
CONFIGURATION = f"""
configuration {{
  parameters {{
    name templateId instanceId description parameters timeZone targetWeeks dashboardId
    createDashboard lookback {{ type value unit startDate endDate }}
    segmentation {{ type parallelLimit retryFailed maxAttempts weekStart }}
  }}
  schedule {{ {SCHEDULE} }}
  isReviewed made {{ reportId scheduleId collectionId dashboardId }}
}}
"""
SAVE = f"""
mutation($session: ID, $configuration: BuilderStepInput!, $key: String) {{
  builderSave(sessionId: $session, configuration: $configuration, idempotencyKey: $key) {{
    id step {CONFIGURATION} plan {{ executions }}
  }}
}}
"""
SUBMIT = """
mutation($session: ID!, $key: String) {
  builderSubmit(sessionId: $session, idempotencyKey: $key) {
    report { id name frequency } dashboardId
    schedule { id words isPaused backfillStatus backfillCollection { id } }
    collection { id status targetWeeks report { id } }
  }
}
"""
READ = f"query($id: ID!) {{ builderSession(id: $id) {{ id step {CONFIGURATION} }} }}"
WEEKLY = {"preset": {"frequency": "WEEKLY", "daysOfWeek": [1], "time": "09:00"}}
MADE = (
    "report_definitions",
    "report_schedules",
    "report_data_collections",
    "report_data_weeks",
    "dashboards",
)


async def counted() -> dict[str, int]:
    """The number of rows of everything that a submit creates, and of submits themselves."""
    async with db.owner_transaction() as session:
        found = {
            table: int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
            for table in MADE
        }
        submits = "SELECT count(*) FROM report_builder_audit WHERE step_completed = 'submit'"
        found["submits"] = int(await session.scalar(text(submits)) or 0)
    return found
