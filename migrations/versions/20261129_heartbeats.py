"""The clock notes when it last turned, and how long polls have been due, for /ready."""

from migrations.script import drop, run

revision = "a1f0c3d95f21"
down_revision = "a1f0c3d95e51"

TABLE = """
CREATE TABLE heartbeats (
    loop text PRIMARY KEY,
    beat_at timestamptz NOT NULL DEFAULT now(),
    period interval NOT NULL DEFAULT '5 seconds',
    CONSTRAINT period_is_positive CHECK (period > '0 seconds'::interval)
);
ALTER TABLE heartbeats ENABLE ROW LEVEL SECURITY;
ALTER TABLE heartbeats FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON heartbeats TO amc_owner USING (true);
CREATE POLICY worker_sees ON heartbeats TO amc_worker USING (true);
CREATE POLICY access_sees ON heartbeats FOR SELECT TO amc_access USING (true);
GRANT SELECT, UPDATE ON heartbeats TO amc_worker;
GRANT SELECT ON heartbeats TO amc_access;
INSERT INTO heartbeats (loop) VALUES ('clock'), ('polls');

CREATE FUNCTION loops_behind() RETURNS TABLE (loop text, behind interval, period interval)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT h.loop, now() - h.beat_at, h.period FROM heartbeats h ORDER BY h.loop $$;
REVOKE ALL ON FUNCTION loops_behind() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION loops_behind() TO amc_api;
ALTER FUNCTION loops_behind() OWNER TO amc_access
"""


def upgrade() -> None:
    run(TABLE)


def downgrade() -> None:
    run("DROP FUNCTION loops_behind()")
    drop("heartbeats")
