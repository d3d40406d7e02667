"""A series is a row: what its numbers answer, and when a collection of it was last started.

Whoever is shown the aggregates of a report is shown its series, because they say which numbers
continue each other. A digest stands for the parameters, so that nobody else learns their values.
"""

from migrations.script import drop, run

revision = "a1f0c3d95eb0"
down_revision = "a1f0c3d95e41"

SEEN = "instance_id = ANY ((SELECT my_instances())::uuid[])"
TABLE = f"""
CREATE TABLE report_series (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    series_hash text NOT NULL,
    instance_id uuid NOT NULL REFERENCES amc_instances (id) ON DELETE CASCADE,
    report_id uuid REFERENCES report_definitions (id) ON DELETE CASCADE,
    workflow_id uuid REFERENCES workflows (id) ON DELETE CASCADE,
    template_version_id uuid REFERENCES query_template_versions (id) ON DELETE SET NULL,
    template_version integer,
    report_config jsonb NOT NULL DEFAULT '{{}}',
    parameters_digest text NOT NULL,
    time_zone text NOT NULL,
    week_start text NOT NULL,
    started_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT series_of_one_source CHECK (num_nonnulls(report_id, workflow_id) = 1),
    CONSTRAINT report_series_week_start_check CHECK (week_start IN ('monday', 'sunday')),
    CONSTRAINT report_series_series_hash_instance_id_key UNIQUE (series_hash, instance_id)
);
CREATE INDEX report_series_report_id_idx ON report_series (report_id);
CREATE INDEX report_series_workflow_id_idx ON report_series (workflow_id);
CREATE INDEX report_series_instance_id_idx ON report_series (instance_id);
CREATE INDEX report_series_template_version_id_idx ON report_series (template_version_id);

ALTER TABLE report_series ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_series FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON report_series TO amc_owner USING (true);
CREATE POLICY worker_sees ON report_series TO amc_worker USING (true);
CREATE POLICY access_keeps ON report_series TO amc_access USING (true) WITH CHECK (true);
CREATE POLICY people_select ON report_series FOR SELECT TO amc_api USING (
    {SEEN} OR report_id = ANY ((SELECT reports_shown_to_me())::uuid[])
    OR workflow_id = ANY ((SELECT workflows_shown_to_me())::uuid[])
);
GRANT SELECT ON report_series TO amc_api, amc_worker;
GRANT SELECT, INSERT, UPDATE (started_at) ON report_series TO amc_access
"""
# The rows over all values: a widget reads those of all series of a report.
OVERALL = """
CREATE INDEX report_data_aggregates_overall_of_report_idx
    ON report_data_aggregates (report_id, aggregation_type, data_date)
    WHERE dimension_key = '' AND report_id IS NOT NULL;
CREATE INDEX report_data_aggregates_overall_of_workflow_idx
    ON report_data_aggregates (workflow_id, aggregation_type, data_date)
    WHERE dimension_key = '' AND workflow_id IS NOT NULL
"""
KEEP = """
    INSERT INTO report_series (
        series_hash, instance_id, report_id, workflow_id, template_version_id, template_version,
        report_config, parameters_digest, time_zone, week_start, started_at
    )
    SELECT c.series_hash, c.instance_id, c.report_id, c.workflow_id, c.template_version_id,
        v.version, coalesce(v.report_config, c.configuration -> 'report_config', '{}'),
        md5(coalesce(c.configuration ->> 'parameters', '{}')), c.time_zone,
        coalesce(c.segmentation_config ->> 'week_start', 'monday'), c.created_at
"""
AGAIN = """
    ON CONFLICT (series_hash, instance_id) DO UPDATE
        SET started_at = greatest(report_series.started_at, excluded.started_at)
"""
# Run with the rights of amc_access: people start collections, and write no series themselves.
TRIGGER = f"""
CREATE FUNCTION keep_series() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE c report_data_collections := NEW;
BEGIN
    {KEEP}
    FROM (SELECT 1) one LEFT JOIN query_template_versions v ON v.id = c.template_version_id
    {AGAIN};
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION keep_series() FROM PUBLIC;
ALTER FUNCTION keep_series() OWNER TO amc_access;
CREATE TRIGGER keep_series AFTER INSERT ON report_data_collections
    FOR EACH ROW EXECUTE FUNCTION keep_series();
CREATE TRIGGER keep_moved_series AFTER UPDATE OF series_hash ON report_data_collections
    FOR EACH ROW WHEN (NEW.series_hash <> OLD.series_hash) EXECUTE FUNCTION keep_series()
"""


def upgrade() -> None:
    run(TABLE)
    run(OVERALL)
    run(
        f"""
        {KEEP}
        FROM (
            SELECT DISTINCT ON (series_hash, instance_id) * FROM report_data_collections
            ORDER BY series_hash, instance_id, created_at DESC
        ) c
        LEFT JOIN query_template_versions v ON v.id = c.template_version_id
        """
    )
    run(TRIGGER)


def downgrade() -> None:
    for kind in ("report", "workflow"):
        run(f"DROP INDEX report_data_aggregates_overall_of_{kind}_idx")
    run("DROP TRIGGER keep_series ON report_data_collections")
    run("DROP TRIGGER keep_moved_series ON report_data_collections")
    drop("report_series", functions=("keep_series",))
