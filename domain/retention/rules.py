"""The rules of retention: what goes, after how many days, and what is never looked at.

Each rule removes rows, or the files that rows name, some at a time. `AGE` of a rule is a setting;
0 keeps for ever. Nothing of a report, workflow or instance goes on which there is a legal hold.
"""

from dataclasses import dataclass
from typing import Final

from domain import kinds
from domain.settings import settings

MOST: Final = 500  # rows of a step: it takes milliseconds, and nobody waits for its locks
DELETED: Final = """
    WITH gone AS ({found} LIMIT :most FOR UPDATE OF t SKIP LOCKED), removed AS (
        DELETE FROM {table} t USING gone WHERE t.id = gone.id RETURNING gone.bytes
    )
    SELECT count(*) AS items, coalesce(sum(bytes), 0) AS bytes FROM removed
"""


@dataclass(frozen=True)
class Rule:
    """What one rule removes."""

    name: str
    what: str  # in words, for operators
    setting: str  # of settings: the days after which it goes
    found: str  # SQL of what goes, older than :before, with `bytes`
    remove: str = ""  # SQL that removes at most :most of it and returns items and bytes

    @property
    def days(self) -> int:
        """The days after which it goes. 0: never."""
        return int(getattr(settings, self.setting))


def _rows(name: str, what: str, setting: str, table: str, where: str) -> Rule:
    """Return a rule that deletes rows of a table."""
    found = f"SELECT t.id, pg_column_size(t.*) AS bytes FROM {table} t WHERE {where}"
    return Rule(name, what, setting, found, DELETED.format(found=found, table=table))


def _superseded(name: str) -> str:
    """Return the superseded revisions whose files go: the segment has had a newer one since."""
    return f"""
        SELECT t.id, t.result_location AS key, coalesce(e.size_bytes, f.size_bytes, 0) AS bytes,
            t.report_execution_id, t.workflow_execution_id
        FROM {name} t
        JOIN report_data_weeks w ON w.id = t.week_id
        JOIN report_data_collections c ON c.id = w.collection_id
        LEFT JOIN report_executions e ON e.id = t.report_execution_id
        LEFT JOIN workflow_executions f ON f.id = t.workflow_execution_id
        WHERE t.result_location IS NOT NULL AND t.created_at < :before
            AND EXISTS (
                SELECT 1 FROM report_week_revisions n
                WHERE n.week_id = t.week_id AND n.revision > t.revision
                    AND n.created_at < :before
            )
            AND NOT is_held(c.report_id, c.workflow_id, c.instance_id)
    """


SUPERSEDED: Final = _superseded("report_week_revisions")


def _let_go(kind: kinds.Kind) -> str:
    """Return the part by which executions of superseded revisions let go of their files, too."""
    key = kind.execution.key
    return f"""
        of_{kind.noun}s AS (
            UPDATE {kind.execution.name} e SET output_location = NULL FROM gone
            WHERE e.id = gone.{key} AND e.output_location = gone.key AND NOT EXISTS (
                SELECT 1 FROM report_data_weeks w
                WHERE w.result_location = gone.key AND w.{key} = e.id
            )
        )
    """


# An execution of a collection belongs to its revision.
OF_REVISIONS: Final = ", ".join(_let_go(kind) for kind in kinds.KINDS)
FORGET_SUPERSEDED: Final = f"""
    WITH gone AS ({SUPERSEDED} LIMIT :most FOR UPDATE OF t SKIP LOCKED), revisions AS (
        UPDATE report_week_revisions t SET result_location = NULL FROM gone WHERE t.id = gone.id
    ), {OF_REVISIONS}, noted AS (
        INSERT INTO result_removals (location) SELECT DISTINCT key FROM gone
    )
    SELECT count(*) AS items, coalesce(sum(bytes), 0) AS bytes FROM gone
"""


def _of_executions(kind: kinds.Kind) -> str:
    """Return the old results of executions outside of collections, but for each newest one."""
    table, key = kind.execution.name, kind.source.key
    source = "t.report_id, NULL" if kind is kinds.REPORT else "NULL, t.workflow_id"
    return f"""
        SELECT t.id, t.output_location AS key, coalesce(t.size_bytes, 0) AS bytes
        FROM {table} t
        WHERE t.created_at < :before AND t.phase = 'done' AND t.output_location IS NOT NULL
            AND t.week_id IS NULL AND t.collection_id IS NULL
            AND EXISTS (
                SELECT 1 FROM {table} n
                WHERE n.{key} = t.{key} AND n.created_at > t.created_at
                    AND n.output_location IS NOT NULL
            )
            AND NOT is_held({source}, t.instance_id)
    """


def _forget(kind: kinds.Kind) -> str:
    return f"""
        gone_{kind.noun}s AS ({_of_executions(kind)} LIMIT :most FOR UPDATE OF t SKIP LOCKED),
        {kind.noun}s AS (
            UPDATE {kind.execution.name} t SET output_location = NULL FROM gone_{kind.noun}s gone
            WHERE t.id = gone.id
        )
    """


EVERY: Final = " UNION ALL ".join(f"SELECT key, bytes FROM gone_{k.noun}s" for k in kinds.KINDS)
FORGET_RESULTS: Final = f"""
    WITH {", ".join(_forget(kind) for kind in kinds.KINDS)}, gone AS ({EVERY}), noted AS (
        INSERT INTO result_removals (location) SELECT DISTINCT key FROM gone
    )
    SELECT count(*) AS items, coalesce(sum(bytes), 0) AS bytes FROM gone
"""
VIEWS: Final = """
    SELECT t.id, t.last_updated,
        pg_column_size(t.processed_data) + pg_column_size(t.charts_config) AS bytes
    FROM dashboard_views t
    WHERE t.archived_at IS NULL AND t.last_updated < :before
        AND NOT is_held(t.report_id, t.workflow_id, NULL)
"""
SCHEDULED: Final = """
    (SELECT s.report_id FROM report_schedules s WHERE s.id = t.report_schedule_id),
    (SELECT s.workflow_id FROM workflow_schedules s WHERE s.id = t.workflow_schedule_id), NULL
"""
EXECUTED: Final = """
    (SELECT e.report_id FROM report_executions e WHERE e.id = t.report_execution_id),
    (SELECT e.workflow_id FROM workflow_executions e WHERE e.id = t.workflow_execution_id), NULL
"""
EXPORTED: Final = """
    coalesce(
        t.report_id,
        (SELECT v.report_id FROM dashboard_views v WHERE v.id = t.dashboard_view_id),
        (SELECT e.report_id FROM report_executions e WHERE e.id = t.execution_id),
        (SELECT c.report_id FROM report_data_collections c WHERE c.id = t.collection_id)
    ),
    coalesce(
        (SELECT v.workflow_id FROM dashboard_views v WHERE v.id = t.dashboard_view_id),
        (SELECT e.workflow_id FROM workflow_executions e WHERE e.id = t.workflow_execution_id),
        (SELECT c.workflow_id FROM report_data_collections c WHERE c.id = t.collection_id)
    ), NULL
"""
# An entry names its report or workflow by its public id.
TOLD_OF: Final = ", ".join(
    f"CASE WHEN starts_with(t.source_id, '{kind.source.prefix}_') "
    f"THEN substr(t.source_id, {len(kind.source.prefix) + 2})::uuid END"
    for kind in kinds.KINDS
)
ON_VIEW: Final = """NOT EXISTS (
    SELECT 1 FROM dashboard_views v
    WHERE v.id = t.dashboard_view_id AND is_held(v.report_id, v.workflow_id, NULL)
)"""
RULES: Final = {
    one.name: one
    for one in (
        _rows(
            *("ticks", "moments of schedules", "ticks_kept_days", "schedule_ticks"),
            f"t.created_at < :before AND NOT is_held({SCHEDULED})",
        ),
        _rows(
            *("notices", "notices that were sent or have failed", "notices_kept_days", "notices"),
            f"t.created_at < :before AND t.state <> 'pending' AND NOT is_held({EXECUTED})",
        ),
        _rows(
            *("inbox", "entries of inboxes", "notices_kept_days", "inbox_entries"),
            f"t.created_at < :before AND NOT is_held({TOLD_OF}, t.instance_id)",
        ),
        _rows(
            *("view_insights", "insights of views, and those that are not found any more"),
            *("insights_kept_days", "dashboard_insights"),
            "(t.gone_at < :before OR t.dashboard_view_id IS NOT NULL AND t.generated_at < :before)"
            f" AND {ON_VIEW} AND NOT is_held(t.report_id, t.workflow_id, NULL)",
        ),
        _rows(
            *("ai_insights", "answers to questions", "insights_kept_days", "ai_insights"),
            "t.created_at < :before",
        ),
        _rows(
            *("exports", "exports that are over, once their files are gone", "exports_kept_days"),
            "report_exports",
            "t.exported_at < :before AND t.due_at IS NULL AND t.file_url IS NULL "
            f"AND NOT is_held({EXPORTED})",
        ),
        Rule(
            *("builder_steps", "steps of the report builder", "audit_kept_days"),
            found="SELECT t.id, pg_column_size(t.*) AS bytes FROM report_builder_audit t WHERE "
            "t.created_at < :before AND NOT is_held(t.report_id, t.workflow_id, NULL)",
            remove="SELECT items, bytes FROM forget_builder_steps(:before, :most)",
        ),
        Rule(
            *("audit", "entries of the audit", "audit_kept_days"),
            found="SELECT t.id, pg_column_size(t.*) AS bytes FROM audit_entries t WHERE "
            "t.created_at < :before AND NOT is_held(t.object_id, t.object_id, t.instance_id) "
            "AND NOT is_held(t.parent_id, t.parent_id, NULL)",
            remove="SELECT items, bytes FROM forget_audit_entries(:before, :most)",
        ),
        Rule(
            *("superseded_results", "files of superseded results", "superseded_kept_days"),
            *(SUPERSEDED, FORGET_SUPERSEDED),
        ),
        Rule(
            *("results", "files of executions, but for each newest one", "results_kept_days"),
            found=" UNION ALL ".join(f"({_of_executions(kind)})" for kind in kinds.KINDS),
            remove=FORGET_RESULTS,
        ),
        Rule("views", "documents of views, which go to the store", "views_kept_days", VIEWS),
        Rule(
            *("removals", "the log of what retention removed", "audit_kept_days"),
            found="SELECT t.id, pg_column_size(t.*) AS bytes FROM retention_log t "
            "WHERE t.created_at < :before",
            remove=DELETED.format(
                found="SELECT t.id, pg_column_size(t.*) AS bytes FROM retention_log t "
                "WHERE t.created_at < :before",
                table="retention_log",
            ),
        ),
    )
}
