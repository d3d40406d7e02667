"""What the database refuses by itself."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain import db

BOTH_SCHEDULES = "workflow_schedule_id = (SELECT id FROM workflow_schedules)"
# Each rule, and a change of one row of the populated database that breaks it and nothing else.
BREAKS = [
    ("users_role_check", "users", "role = 'king'"),
    ("amc_accounts_region_check", "amc_accounts", "region = 'XX'"),
    ("amc_accounts_token_state_check", "amc_accounts", "token_state = 'maybe'"),
    ("max_concurrent_in_bounds", "amc_instances", "max_concurrent = 0"),
    ("max_concurrent_in_bounds", "amc_instances", "max_concurrent = 201"),
    ("schedule_reserve_in_bounds", "amc_instances", "schedule_reserve = -1"),
    ("daily_quota_in_bounds", "amc_instances", "daily_quota = 0"),
    ("instance_members_role_check", "instance_members", "role = 'owner'"),
    ("built_in_has_a_slug", "query_templates", "slug = 'mine'"),
    ("query_templates_version_check", "query_templates", "version = 0"),
    ("report_definitions_frequency_check", "report_definitions", "frequency = 'hourly'"),
    ("report_definitions_execution_count_check", "report_definitions", "execution_count = -1"),
    ("report_id_looks_computed", "report_definitions", f"report_id = 'rpt_{'0' * 32}'"),
    ("report_id_looks_computed", "report_definitions", f"report_id = 'exec_{'0' * 32}'"),
    ("report_executions_status_check", "report_executions", "status = 'paused'"),
    ("status_and_phase_agree", "report_executions", "status = 'running'"),
    ("status_and_phase_agree", "workflow_executions", "status = 'REJECTED'"),
    ("report_executions_triggered_by_check", "report_executions", "triggered_by = 'cron'"),
    ("workflow_executions_triggered_by_check", "workflow_executions", "triggered_by = 'cron'"),
    ("report_executions_blocked_by_check", "report_executions", "blocked_by = 'MOOD'"),
    ("report_executions_cancel_state_check", "report_executions", "cancel_state = 'NO'"),
    ("open_means_due", "report_executions", "due_at = NULL"),
    ("open_means_due", "workflow_executions", "due_at = NULL"),
    ("over_has_a_moment", "report_executions", "completed_at = now()"),
    ("completed_has_an_outcome", "report_executions", "outcome = 'DATA'"),
    (
        "completed_has_an_outcome",
        "report_executions",
        "status = 'completed', phase = 'done', due_at = NULL, completed_at = now()",
    ),
    (
        "failed_has_a_reason",
        "report_executions",
        "status = 'failed', phase = 'done', due_at = NULL, completed_at = now()",
    ),
    (
        "window_is_not_empty",
        "report_executions",
        "time_window_start = '2026-03-02', time_window_end = '2026-03-02'",
    ),
    ("sizes_are_not_negative", "report_executions", "row_count = -1"),
    ("sizes_are_not_negative", "workflow_executions", "size_bytes = -1"),
    ("report_schedules_schedule_type_check", "report_schedules", "schedule_type = 'once'"),
    ("workflow_schedules_schedule_type_check", "workflow_schedules", "schedule_type = 'once'"),
    ("report_schedules_overlap_check", "report_schedules", "overlap = 'queue'"),
    ("workflow_schedules_overlap_check", "workflow_schedules", "overlap = 'queue'"),
    ("report_schedules_catch_up_check", "report_schedules", "catch_up = 'none'"),
    ("workflow_schedules_catch_up_check", "workflow_schedules", "catch_up = 'none'"),
    ("report_schedules_times_check", "report_schedules", "jitter_seconds = 3601"),
    ("workflow_schedules_times_check", "workflow_schedules", "pause_after_failures = 0"),
    ("schedule_ticks_outcome_check", "schedule_ticks", "outcome = 'late'"),
    ("tick_of_one_schedule", "schedule_ticks", "report_schedule_id = NULL"),
    ("report_data_collections_status_check", "report_data_collections", "status = 'done'"),
    (
        "report_data_collections_collection_type_check",
        "report_data_collections",
        "collection_type = 'daily'",
    ),
    (
        "report_data_collections_segment_type_check",
        "report_data_collections",
        "segment_type = 'hourly'",
    ),
    (
        "report_data_collections_max_lookback_days_check",
        "report_data_collections",
        "max_lookback_days = 366",
    ),
    ("collection_of_one_source", "report_data_collections", "report_id = NULL"),
    ("collection_ends_after_it_starts", "report_data_collections", "end_date = '2026-03-01'"),
    ("collection_has_segments", "report_data_collections", "target_weeks = 0"),
    ("progress_is_a_percentage", "report_data_collections", "progress_percentage = 101"),
    ("completed_segments_are_segments", "report_data_collections", "weeks_completed = 2"),
    (
        "segmentation_is_of_its_type",
        "report_data_collections",
        """segmentation_config = '{"type": "daily"}'""",
    ),
    ("report_data_weeks_status_check", "report_data_weeks", "status = 'cancelled'"),
    ("week_ends_after_it_starts", "report_data_weeks", "week_end_date = '2026-03-01'"),
    ("report_data_weeks_row_count_check", "report_data_weeks", "row_count = -1"),
    (
        "report_data_aggregates_aggregation_type_check",
        "report_data_aggregates",
        "aggregation_type = 'daily'",
    ),
    ("collection_over_has_a_moment", "report_data_collections", "completed_at = now()"),
    ("collection_over_has_a_moment", "report_data_collections", "status = 'completed'"),
    (
        "report_data_weeks_outcome_check",
        "report_data_weeks",
        "status = 'completed', outcome = 'ROWS'",
    ),
    ("a_completed_week_has_a_result", "report_data_weeks", "status = 'completed'"),
    ("a_completed_week_has_a_result", "report_data_weeks", "outcome = 'EMPTY'"),
    ("revisions_are_counted_from_one", "report_week_revisions", "revision = 0"),
    ("report_data_aggregates_state_check", "report_data_aggregates", "state = 'DATA_GAP'"),
    ("series_of_one_source", "report_series", "report_id = NULL"),
    ("report_series_week_start_check", "report_series", "week_start = 'friday'"),
    ("aggregate_of_one_source", "report_data_aggregates", "report_id = NULL"),
    ("intent_of_one_execution", "amc_intents", "report_execution_id = NULL"),
    ("dashboard_has_an_owner", "dashboards", "user_id = NULL"),
    ("dashboard_widgets_widget_type_check", "dashboard_widgets", "widget_type = 'map'"),
    ("dashboard_widgets_chart_type_check", "dashboard_widgets", "chart_type = 'radar'"),
    ("dashboard_shares_permission_level_check", "dashboard_shares", "permission_level = 'own'"),
    ("source_is_one_thing", "dashboard_sources", "report_id = NULL"),
    ("configuration_of_one_source", "report_configurations", "report_id = NULL"),
    ("chk_dashboard_type", "report_configurations", "dashboard_type = 'fancy'"),
    ("view_of_one_source", "dashboard_views", "report_id = NULL"),
    ("chk_date_range", "dashboard_views", "data_end_date = '2026-03-01'"),
    ("dashboard_insights_confidence_score_check", "dashboard_insights", "confidence_score = 1.01"),
    ("insight_of_a_view_or_a_source", "dashboard_insights", "dashboard_view_id = NULL"),
    ("run_of_one_thing", "insight_runs", "dashboard_view_id = NULL"),
    ("ai_insights_confidence_score_check", "ai_insights", "confidence_score = -0.01"),
    (
        "ai_insights_about_one_thing",
        "ai_insights",
        "report_id = (SELECT id FROM report_definitions LIMIT 1)",
    ),
    ("ai_insights_outcome_check", "ai_insights", "outcome = 'maybe'"),
    ("ai_insights_feedback_check", "ai_insights", "feedback = 'odd'"),
    ("ai_insights_wording_check", "ai_insights", "wording = 'sung'"),
    ("a_pending_wording_is_due", "ai_insights", "due_at = now()"),
    ("chk_export_format", "report_exports", "export_format = 'docx'"),
    ("report_exports_file_size_bytes_check", "report_exports", "file_size_bytes = -1"),
    ("report_exports_state_check", "report_exports", "state = 'lost', file_url = NULL"),
    ("report_exports_progress_check", "report_exports", "progress = 101"),
    ("export_of_one_source", "report_exports", "dashboard_view_id = NULL"),
    ("an_open_export_is_due", "report_exports", "state = 'running', file_url = NULL"),
    ("a_completed_export_has_a_file", "report_exports", "file_url = NULL"),
    ("a_failed_export_has_a_reason", "report_exports", "state = 'failed', file_url = NULL"),
    ("report_builder_audit_step_completed_check", "report_builder_audit", "step_completed = '?'"),
    ("notice_targets_kind_check", "notice_targets", "kind = 'pigeon'"),
    ("told_of_one_schedule_or_of_all", "notice_targets", BOTH_SCHEDULES),
    ("notice_targets_events_check", "notice_targets", "events = '{}'"),
    ("notice_targets_events_check", "notice_targets", "events = '{FAILED,STARTED}'"),
    ("a_webhook_has_a_secret", "notice_targets", "kind = 'webhook'"),
    ("notice_targets_export_format_check", "notice_targets", "export_format = 'svg'"),
    (
        "a_dashboard_is_sent_in_a_format",
        "notice_targets",
        "dashboard_id = (SELECT min(id::text)::uuid FROM dashboards)",
    ),
    ("notices_event_check", "notices", "event = 'STARTED'"),
    ("notices_state_check", "notices", "state = 'lost', due_at = NULL"),
    ("a_pending_notice_is_due", "notices", "due_at = NULL"),
    ("sent_has_a_moment", "notices", "state = 'sent', due_at = NULL"),
    ("what_is_not_removed_is_due", "result_removals", "due_at = NULL"),
    ("removal_is_decided_first", "result_removals", "removed_at = now(), due_at = NULL"),
    ("period_is_positive", "heartbeats", "period = '-1 s'"),
    ("a_failed_notice_has_a_reason", "notices", "state = 'failed', due_at = NULL"),
    ("archived_view_names_its_file", "dashboard_views", "archived_at = now()"),
    ("hold_of_one_thing", "legal_holds", "report_id = NULL"),
    ("a_note_is_of_a_pause", "amc_instances", "pause_note = 'Why'"),
    ("user_preferences_theme_check", "user_preferences", "theme = 'red'"),
    ("user_preferences_week_start_check", "user_preferences", "week_start = 'friday'"),
    ("inbox_entries_event_check", "inbox_entries", "event = 'RAIN'"),
    ("audit_entries_act_check", "audit_entries", "act = 'look'"),
    ("audit_entries_origin_check", "audit_entries", "origin = 'nobody'"),
    ("a_person_has_a_key", "audit_entries", "origin = 'person'"),
]
# Rules that another rule of the same row always meets first, or that need a second row.
SHOWN_ELSEWHERE = {
    "workflow_executions_status_check",
    "report_executions_phase_check",
    "workflow_executions_phase_check",
    "workflow_executions_blocked_by_check",
    "workflow_executions_cancel_state_check",
    "report_executions_outcome_check",
    "workflow_executions_outcome_check",
    "query_template_versions_version_check",
    "week_has_one_execution",
}


async def change(table: str, to: str, **values: Any) -> None:
    async with db.owner_transaction() as session:
        await session.execute(text(f"UPDATE {table} SET {to}"), values)


@pytest.mark.parametrize(("rule", "table", "to"), BREAKS)
async def test_a_row_that_breaks_a_rule_is_refused(made, rule, table, to):
    if table == "query_templates":
        to += " WHERE owner_id IS NOT NULL"
    with pytest.raises(IntegrityError) as refusal:
        await change(table, to)

    assert f'"{rule}"' in str(refusal.value.orig)


async def test_every_rule_is_broken_by_some_test(made):
    async with db.owner_transaction() as session:
        found = await session.scalars(
            text(
                "SELECT DISTINCT conname FROM pg_constraint WHERE contype = 'c' "
                "AND connamespace = 'public'::regnamespace"
            )
        )
        rules = set(found)

    assert sorted(rules ^ ({rule for rule, _, _ in BREAKS} | SHOWN_ELSEWHERE)) == []


@pytest.mark.parametrize("table", ["report_executions", "workflow_executions"])
@pytest.mark.parametrize(
    "to", ["phase = 'asleep'", "blocked_by = 'MOOD'", "cancel_state = 'NO'", "outcome = 'LOTS'"]
)
async def test_executions_of_either_kind_keep_to_their_words(made, table, to):
    with pytest.raises(IntegrityError, match="violates check constraint"):
        await change(table, to)


async def test_a_week_has_one_execution_of_either_kind(made):
    with pytest.raises(IntegrityError, match="week_has_one_execution"):
        await change(
            "report_data_weeks",
            "workflow_execution_id = :id",
            id=made["workflow_executions"].id,
        )
