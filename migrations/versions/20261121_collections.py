"""What a collection needs to run by itself, and what its results were before.

A collection knows what it is a series of, when it is looked at next and what it waits for. A
segment knows what it brought, whether that was settled, and when it is tried again.
"""

from migrations.script import drop, run

revision = "a1f0c3d95e0c"
down_revision = "a1f0c3d95e0b"

COLLECTIONS = """
ALTER TABLE report_data_collections
    ADD template_version_id uuid REFERENCES query_template_versions ON DELETE RESTRICT,
    ADD series_hash text NOT NULL DEFAULT '',
    ADD time_zone text NOT NULL DEFAULT 'UTC',
    ADD version integer NOT NULL DEFAULT 1,
    ADD due_at timestamptz,
    ADD waits jsonb NOT NULL DEFAULT '[]',
    ADD rate_per_hour numeric,
    ADD eta_earliest timestamptz,
    ADD eta_latest timestamptz,
    ADD forecast_at timestamptz,
    ADD started_at timestamptz,
    ADD completed_at timestamptz,
    ADD cancel_requested_at timestamptz,
    ADD aggregate_lease_until timestamptz,
    ADD aggregate_fence integer NOT NULL DEFAULT 0,
    ADD aggregate_tries integer NOT NULL DEFAULT 0;
ALTER TABLE report_data_collections ADD CONSTRAINT collection_over_has_a_moment CHECK (
    (completed_at IS NOT NULL) = (status IN ('completed', 'partial', 'failed', 'cancelled'))
);
CREATE INDEX report_data_collections_due_idx
    ON report_data_collections (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX report_data_collections_series_hash_idx ON report_data_collections (series_hash);
CREATE INDEX report_data_collections_of_instance_idx
    ON report_data_collections (instance_id, created_at DESC, id DESC);
"""

WEEKS = """
ALTER TABLE report_data_weeks
    ADD is_open boolean NOT NULL DEFAULT false,
    ADD recollect boolean NOT NULL DEFAULT false,
    ADD attempts integer NOT NULL DEFAULT 0,
    ADD due_at timestamptz,
    ADD error_code text,
    ADD outcome text,
    ADD revision integer NOT NULL DEFAULT 0,
    ADD result_location text,
    ADD is_provisional boolean NOT NULL DEFAULT false,
    ADD settles_at timestamptz,
    ADD needs_aggregation boolean NOT NULL DEFAULT false;
ALTER TABLE report_data_weeks ADD CONSTRAINT report_data_weeks_outcome_check CHECK (
    outcome IN ('DATA', 'EMPTY', 'SUPPRESSED', 'DATA_GAP')
);
ALTER TABLE report_data_weeks ADD CONSTRAINT a_completed_week_has_a_result CHECK (
    (status = 'completed') = (outcome IS NOT NULL)
);
CREATE INDEX report_data_weeks_open_idx ON report_data_weeks (collection_id) WHERE is_open;
CREATE INDEX report_data_weeks_to_aggregate_idx
    ON report_data_weeks (collection_id) WHERE needs_aggregation;
"""

REVISIONS = """
CREATE TABLE report_week_revisions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    week_id uuid NOT NULL REFERENCES report_data_weeks ON DELETE CASCADE,
    revision integer NOT NULL,
    report_execution_id uuid REFERENCES report_executions ON DELETE SET NULL,
    workflow_execution_id uuid REFERENCES workflow_executions ON DELETE SET NULL,
    checksum text NOT NULL,
    outcome text NOT NULL,
    row_count integer NOT NULL,
    result_location text,
    totals jsonb NOT NULL DEFAULT '{}',
    difference jsonb,
    is_provisional boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (week_id, revision),
    CONSTRAINT revisions_are_counted_from_one CHECK (revision >= 1)
);
CREATE INDEX report_week_revisions_report_execution_id_idx
    ON report_week_revisions (report_execution_id);
CREATE INDEX report_week_revisions_workflow_execution_id_idx
    ON report_week_revisions (workflow_execution_id);

CREATE TABLE collection_starts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    collection_id uuid REFERENCES report_data_collections ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX collection_starts_of_instance_idx ON collection_starts (instance_id, created_at);
CREATE INDEX collection_starts_user_id_idx ON collection_starts (user_id);
CREATE INDEX collection_starts_collection_id_idx ON collection_starts (collection_id);
"""

AGGREGATES = """
ALTER TABLE report_data_aggregates
    ADD period_end_date date,
    ADD state text NOT NULL DEFAULT 'DATA',
    ADD metric_states jsonb NOT NULL DEFAULT '{}',
    ADD coverage jsonb NOT NULL DEFAULT '{}',
    ADD is_provisional boolean NOT NULL DEFAULT false,
    ADD by_utc_day boolean NOT NULL DEFAULT false,
    ADD suppressed_rows integer NOT NULL DEFAULT 0,
    ADD undated_rows integer NOT NULL DEFAULT 0,
    ADD as_of timestamptz,
    ADD week_ids uuid[] NOT NULL DEFAULT '{}',
    ADD generation bigint NOT NULL DEFAULT 0;
ALTER TABLE report_data_aggregates ADD CONSTRAINT report_data_aggregates_state_check CHECK (
    state IN ('DATA', 'EMPTY', 'SUPPRESSED', 'MISSING')
);
CREATE INDEX report_data_aggregates_series_idx
    ON report_data_aggregates (series_hash, aggregation_type, data_date);
CREATE SEQUENCE aggregate_generations;
GRANT USAGE ON SEQUENCE aggregate_generations TO amc_worker;
"""

SEEN = "instance_id = ANY ((SELECT my_instances())::uuid[])"
EDITED = "instance_id = ANY ((SELECT my_instances_to_edit())::uuid[])"
ME = "(SELECT app_user_id())"
RIGHTS = f"""
ALTER TABLE report_week_revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_week_revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON report_week_revisions TO amc_owner USING (true);
CREATE POLICY worker_sees ON report_week_revisions TO amc_worker USING (true);
CREATE POLICY people_select ON report_week_revisions FOR SELECT TO amc_api USING (
    EXISTS (SELECT 1 FROM report_data_weeks p WHERE p.id = report_week_revisions.week_id)
);
GRANT SELECT ON report_week_revisions TO amc_api;
GRANT SELECT, INSERT ON report_week_revisions TO amc_worker;

ALTER TABLE collection_starts ENABLE ROW LEVEL SECURITY;
ALTER TABLE collection_starts FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON collection_starts TO amc_owner USING (true);
CREATE POLICY worker_sees ON collection_starts TO amc_worker USING (true);
CREATE POLICY people_select ON collection_starts FOR SELECT TO amc_api USING ({SEEN});
CREATE POLICY people_insert ON collection_starts FOR INSERT TO amc_api
    WITH CHECK ({EDITED} AND user_id = {ME});
GRANT SELECT, INSERT ON collection_starts TO amc_api;
GRANT SELECT, DELETE ON collection_starts TO amc_worker;

CREATE POLICY people_delete ON report_data_aggregates FOR DELETE TO amc_api USING ({EDITED});
GRANT DELETE ON report_data_aggregates TO amc_api;
"""


def upgrade() -> None:
    for script in (COLLECTIONS, WEEKS, REVISIONS, AGGREGATES, RIGHTS):
        run(script)


def downgrade() -> None:
    run("REVOKE DELETE ON report_data_aggregates FROM amc_api")
    run("DROP POLICY people_delete ON report_data_aggregates")
    run("DROP SEQUENCE aggregate_generations")
    run(
        """
        ALTER TABLE report_data_aggregates DROP generation, DROP week_ids, DROP as_of,
            DROP undated_rows, DROP suppressed_rows, DROP by_utc_day, DROP is_provisional,
            DROP coverage, DROP metric_states, DROP state, DROP period_end_date
        """
    )
    drop("collection_starts", "report_week_revisions")
    run(
        """
        ALTER TABLE report_data_weeks DROP needs_aggregation, DROP settles_at,
            DROP is_provisional, DROP result_location, DROP revision, DROP outcome,
            DROP error_code, DROP due_at, DROP attempts, DROP recollect, DROP is_open
        """
    )
    run("DROP INDEX report_data_collections_of_instance_idx")
    run(
        """
        ALTER TABLE report_data_collections DROP aggregate_tries, DROP aggregate_fence,
            DROP aggregate_lease_until, DROP cancel_requested_at, DROP completed_at,
            DROP started_at, DROP forecast_at, DROP eta_latest, DROP eta_earliest,
            DROP rate_per_hour, DROP waits, DROP due_at, DROP version, DROP time_zone,
            DROP series_hash, DROP template_version_id
        """
    )
