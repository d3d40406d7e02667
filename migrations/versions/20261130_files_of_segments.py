"""A segment that names another file has the earlier one looked at: perhaps no row names it now.

A segment that took its result over from another collection may be the last row that names the file.
"""

from migrations.script import run

revision = "a1f0c3d96015"
down_revision = "a1f0c3d96014"

UP = """
CREATE FUNCTION note_result_of_segment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO result_removals (location) VALUES (OLD.result_location);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_result_of_segment() FROM PUBLIC;
ALTER FUNCTION note_result_of_segment() OWNER TO amc_access;
CREATE TRIGGER note_result AFTER UPDATE OF result_location ON report_data_weeks
    FOR EACH ROW WHEN (
        OLD.result_location IS NOT NULL
        AND NEW.result_location IS DISTINCT FROM OLD.result_location
    ) EXECUTE FUNCTION note_result_of_segment();
"""
DOWN = """
DROP TRIGGER note_result ON report_data_weeks;
DROP FUNCTION note_result_of_segment();
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
