"""Answers of questions belong to conversations, have an outcome and feedback, and may be worded."""

from migrations.script import run

revision = "a1f0c3d95e61"
down_revision = "a1f0c3d95f21"

ME = "(SELECT app_user_id())"
OLD = f"user_id = {ME}"
# An answer is seen with what it is about. After a dashboard is deleted, it is about nothing.
SEEN = f"""
    user_id = {ME} AND (
        EXISTS (SELECT 1 FROM dashboards p WHERE p.id = ai_insights.dashboard_id)
        OR EXISTS (SELECT 1 FROM report_definitions p WHERE p.id = ai_insights.report_id)
    )
"""
COLUMNS = """
ALTER TABLE ai_insights
    ADD report_id uuid REFERENCES report_definitions ON DELETE CASCADE,
    ADD conversation_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD outcome text NOT NULL DEFAULT 'answered',
    ADD reason text,
    ADD feedback text,
    ADD feedback_at timestamptz,
    ADD wording text NOT NULL DEFAULT 'plain',
    ADD wording_error text,
    ADD due_at timestamptz,
    ADD lease_until timestamptz,
    ADD fence integer NOT NULL DEFAULT 0,
    ADD step_tries integer NOT NULL DEFAULT 0,
    ADD version integer NOT NULL DEFAULT 1,
    ADD CONSTRAINT ai_insights_about_one_thing CHECK (num_nonnulls(dashboard_id, report_id) <= 1),
    ADD CONSTRAINT ai_insights_outcome_check CHECK (
        outcome IN ('answered', 'asks_back', 'not_answered')
    ),
    ADD CONSTRAINT ai_insights_feedback_check CHECK (feedback IN ('right', 'wrong', 'useful')),
    ADD CONSTRAINT ai_insights_wording_check CHECK (
        wording IN ('plain', 'pending', 'worded', 'refused')
    ),
    ADD CONSTRAINT a_pending_wording_is_due CHECK ((wording = 'pending') = (due_at IS NOT NULL));
CREATE INDEX ai_insights_report_id_idx ON ai_insights (report_id);
CREATE INDEX ai_insights_conversation_idx ON ai_insights (conversation_id, created_at);
CREATE INDEX ai_insights_of_person_idx ON ai_insights (user_id, created_at, id);
CREATE INDEX ai_insights_due_idx ON ai_insights (due_at) WHERE due_at IS NOT NULL
"""
# How often answers were right, over all people. It tells numbers only, and of no single person.
PRECISION = f"""
CREATE FUNCTION precision_of_answers()
RETURNS TABLE (kind text, claimed numeric, "right" bigint, wrong bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT insight_type::text, avg(confidence_score),
        count(*) FILTER (WHERE feedback IN ('right', 'useful')),
        count(*) FILTER (WHERE feedback = 'wrong')
    FROM ai_insights
    WHERE feedback IS NOT NULL AND insight_type IS NOT NULL AND {ME} IS NOT NULL
    GROUP BY insight_type
$$;
ALTER FUNCTION precision_of_answers() OWNER TO amc_access;
REVOKE ALL ON FUNCTION precision_of_answers() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION precision_of_answers() TO amc_api, amc_worker;
GRANT SELECT (insight_type, confidence_score, feedback) ON ai_insights TO amc_access;
CREATE POLICY access_sees ON ai_insights FOR SELECT TO amc_access USING (true)
"""


# Its body has the blanks of `fill_text_id`, so that a downgrade leaves no trace.
TEXT_ID = """
        CREATE OR REPLACE FUNCTION set_ai_insights_insight_id() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.insight_id IS NULL THEN
                NEW.insight_id := '{prefix}_' || replace(NEW.id::text, '-', '');
            END IF;
            RETURN NEW;
        END
        $$
"""


def _seen(condition: str, *rights: str) -> None:
    for right in rights:
        clause = "WITH CHECK" if right == "insert" else "USING"
        run(
            f"DROP POLICY people_{right} ON ai_insights;"
            f"CREATE POLICY people_{right} ON ai_insights FOR {right.upper()} TO amc_api "
            f"{clause} ({condition})"
        )


def upgrade() -> None:
    run(COLUMNS)
    run(TEXT_ID.format(prefix="ans"))
    _seen(SEEN, "select", "insert", "delete")
    run(f"CREATE POLICY people_update ON ai_insights FOR UPDATE TO amc_api USING ({SEEN})")
    run("GRANT UPDATE (feedback, feedback_at, version) ON ai_insights TO amc_api")
    run(PRECISION)


def downgrade() -> None:
    run("DROP POLICY access_sees ON ai_insights; DROP FUNCTION precision_of_answers()")
    run("REVOKE SELECT (insight_type, confidence_score, feedback) ON ai_insights FROM amc_access")
    run("REVOKE UPDATE (feedback, feedback_at, version) ON ai_insights FROM amc_api")
    run("DROP POLICY people_update ON ai_insights")
    _seen(OLD, "select", "insert", "delete")
    run(TEXT_ID.format(prefix="ins"))
    run("DROP INDEX ai_insights_of_person_idx")
    run(
        """
        ALTER TABLE ai_insights
            DROP report_id, DROP conversation_id, DROP outcome, DROP reason, DROP feedback,
            DROP feedback_at, DROP wording, DROP wording_error, DROP due_at, DROP lease_until,
            DROP fence, DROP step_tries, DROP version
        """
    )
