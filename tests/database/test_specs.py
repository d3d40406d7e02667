"""Every name of the specified schema is there, but those that a contradiction took away.

Taken away: `week_start` and `week_end` are called `week_start_date` and `week_end_date`, and
`idx_data_weeks_date_range` would be the twin of `idx_report_weeks_date_range`.
"""

import pytest

from tests import servers
from tests.database import catalog

pytestmark = pytest.mark.usefixtures("clean_database")

COLUMNS = {
    "dashboards": """id dashboard_id name description user_id template_type layout_config
        filter_config is_public is_template created_at updated_at""",
    "dashboard_widgets": """id widget_id dashboard_id widget_type chart_type title data_source
        display_config position_config created_at updated_at""",
    "report_data_collections": """id collection_id workflow_id instance_id user_id collection_type
        target_weeks start_date end_date status progress_percentage weeks_completed error_message
        configuration created_at updated_at report_id segment_type max_lookback_days
        lookback_config segmentation_config""",
    "report_data_weeks": """id collection_id workflow_execution_id week_start_date week_end_date
        status execution_date row_count data_checksum error_message created_at updated_at
        execution_id data""",
    "report_data_aggregates": """id workflow_id instance_id aggregation_type aggregation_key
        metrics dimensions data_date row_count created_at updated_at""",
    "ai_insights": """id insight_id user_id dashboard_id query_text response_text data_context
        confidence_score insight_type related_metrics created_at""",
    "dashboard_shares": """id dashboard_id shared_by_user_id shared_with_user_id permission_level
        created_at""",
    "query_templates": """id report_type report_config ui_schema default_dashboard_type
        default_visualization_config""",
    "report_definitions": """id report_id name description template_id instance_id owner_id
        parameters frequency timezone is_active dashboard_id last_execution_id execution_count
        created_at updated_at""",
    "report_executions": """id execution_id report_id template_id instance_id user_id triggered_by
        schedule_id collection_id status amc_execution_id output_location row_count size_bytes
        error_message parameters_snapshot time_window_start time_window_end started_at
        completed_at created_at updated_at dashboard_processed dashboard_processing_error""",
    "report_schedules": """id schedule_id report_id schedule_type cron_expression timezone
        default_parameters is_active is_paused last_run_at last_run_status next_run_at run_count
        failure_count created_at updated_at""",
    "dashboard_favorites": "id dashboard_id user_id created_at",
    "workflow_schedules": "id backfill_status backfill_collection_id schedule_config",
    "report_builder_audit": "id user_id workflow_id step_completed configuration created_at",
    "report_configurations": """id workflow_id query_template_id enabled dashboard_type
        visualization_config created_at updated_at created_by""",
    "dashboard_views": """id report_configuration_id workflow_id execution_ids data_start_date
        data_end_date processed_data charts_config metrics_summary created_at last_updated""",
    "dashboard_insights": """id dashboard_view_id insight_type insight_text confidence_score
        data_points generated_at model_version""",
    "report_exports": """id dashboard_view_id export_format file_url file_size_bytes exported_by
        exported_at expires_at""",
    "workflows": "id report_enabled report_config_id",
    "workflow_executions": "id status created_at dashboard_processed dashboard_processing_error",
    "archived_workflows": "id",
    "archived_workflow_executions": "id",
    "users": "id email",
    "amc_instances": "id instance_id instance_name",
    "report_runs_overview": """report_uuid report_id name description instance_id amc_instance_id
        instance_name owner_id owner_email template_name report_type is_active frequency state
        latest_status last_run_at last_completed_at next_run_at execution_count created_at
        updated_at is_favorite""",
}
INDEXES = """
    idx_dashboards_user_id idx_dashboards_template_type idx_dashboards_is_public
    idx_dashboard_widgets_dashboard_id idx_dashboard_widgets_type
    idx_report_collections_workflow_id idx_report_collections_instance_id
    idx_report_collections_status idx_report_collections_user_id
    idx_report_weeks_collection_id idx_report_weeks_date_range idx_report_weeks_status
    idx_report_aggregates_workflow_instance idx_report_aggregates_type_date
    idx_report_aggregates_key_date
    idx_ai_insights_user_id idx_ai_insights_dashboard_id idx_ai_insights_created_at
    idx_ai_insights_type idx_dashboard_shares_shared_with
    idx_report_data_weeks_execution_id idx_report_data_weeks_collection_execution
    idx_query_templates_report_type
    idx_report_definitions_owner idx_report_definitions_instance idx_report_definitions_template
    idx_report_definitions_active
    idx_report_executions_report idx_report_executions_status idx_report_executions_started
    idx_report_executions_amc_id
    idx_report_schedules_next_run idx_report_schedules_report
    idx_dashboard_favorites_user idx_collections_report
    idx_report_exec_composite idx_report_schedule_composite idx_active_reports
    idx_collections_lookback idx_schedules_backfill idx_collection_progress idx_builder_audit_user
    idx_report_configs_enabled idx_report_configs_workflow
    idx_dashboard_views_config idx_dashboard_views_dates idx_dashboard_views_workflow
    idx_insights_dashboard idx_insights_type idx_exports_dashboard idx_exports_user
    idx_workflows_report_enabled idx_executions_dashboard_pending idx_report_workflow_executions
    idx_dashboard_data_lookup idx_insights_aggregation
"""
TRIGGERS = """
    update_dashboards_updated_at update_dashboard_widgets_updated_at
    update_report_collections_updated_at update_report_weeks_updated_at
    update_report_aggregates_updated_at update_report_definitions_updated_at
    update_report_executions_updated_at update_report_schedules_updated_at
"""
CONSTRAINTS = "fk_collection_id chk_dashboard_type chk_export_format chk_date_range"


async def names(query: str) -> set[str]:
    return await catalog.read(servers.named(servers.SERVER_URL, servers.OWN), (query,))


async def test_every_table_and_column_is_there():
    there = await names(
        "SELECT format('%s.%s', table_name, column_name) FROM information_schema.columns "
        "WHERE table_schema = 'public'"
    )
    specified = {f"{table}.{name}" for table, listed in COLUMNS.items() for name in listed.split()}

    assert sorted(specified - there) == []


async def test_every_index_is_there():
    there = await names("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")

    assert len(INDEXES.split()) == 56
    assert sorted(set(INDEXES.split()) - there) == []


async def test_no_two_indexes_are_twins():
    twins = await names(
        "SELECT string_agg(indexname, ', ') FROM pg_indexes WHERE schemaname = 'public' "
        "GROUP BY tablename, regexp_replace(indexdef, '^CREATE .*INDEX \\S+ ON', ''), "
        "indexdef LIKE 'CREATE UNIQUE%' HAVING count(*) > 1"
    )

    assert twins == set()


async def test_every_trigger_function_and_constraint_is_there():
    triggers = await names("SELECT tgname FROM pg_trigger")
    constraints = await names("SELECT conname FROM pg_constraint")
    functions = await names("SELECT proname FROM pg_proc")

    assert sorted(set(TRIGGERS.split()) - triggers) == []
    assert sorted(set(CONSTRAINTS.split()) - constraints) == []
    assert "update_updated_at_column" in functions


async def test_every_table_with_a_time_of_change_keeps_it():
    forgetful = await names(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'updated_at' "
        "AND table_name NOT LIKE 'archived%' AND table_name <> 'report_runs_overview' "
        "AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = table_name::regclass "
        "AND t.tgfoid = 'update_updated_at_column'::regproc)"
    )

    assert forgetful == set()


async def test_only_the_state_of_a_backfill_is_a_native_enum():
    found = await catalog.read(servers.named(servers.SERVER_URL, servers.OWN), (catalog.ENUMS,))

    assert found == {"backfill_status_enum pending,in_progress,completed,failed,partial"}


async def test_the_execution_of_a_week_is_as_the_verification_expects():
    (found,) = await names(
        "SELECT format('%s %s %s %s', data_type, character_maximum_length, is_nullable, "
        "coalesce(column_default, 'NULL')) FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = 'report_data_weeks' "
        "AND column_name = 'execution_id'"
    )

    assert found.split() == ["uuid", "YES", "NULL"]


async def test_archives_keep_every_column_of_what_they_archive():
    missing = await names(
        "SELECT format('%s.%s', c.table_name, c.column_name) FROM information_schema.columns c "
        "WHERE c.table_schema = 'public' AND c.table_name IN ('workflows', 'workflow_executions') "
        "AND NOT EXISTS (SELECT 1 FROM information_schema.columns a "
        "WHERE a.table_schema = 'public' AND a.table_name = 'archived_' || c.table_name "
        "AND (a.column_name, a.data_type) = (c.column_name, c.data_type))"
    )

    assert missing == set()
