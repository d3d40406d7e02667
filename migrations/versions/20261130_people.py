"""People have preferences, and administrators of the server say who may sign in."""

from migrations.script import run, stamp_updates

revision = "a1f0c3d96003"
down_revision = "a1f0c3d96002"

PREFERENCES = """
CREATE TABLE user_preferences (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    theme text NOT NULL DEFAULT 'system',
    week_start text NOT NULL DEFAULT 'monday',
    instance_id uuid REFERENCES amc_instances ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_preferences_theme_check CHECK (theme IN ('system', 'light', 'dark')),
    CONSTRAINT user_preferences_week_start_check CHECK (week_start IN ('monday', 'sunday'))
);
CREATE INDEX user_preferences_instance_id_idx ON user_preferences (instance_id);
ALTER TABLE user_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_sees ON user_preferences TO amc_owner USING (true);
CREATE POLICY worker_sees ON user_preferences TO amc_worker USING (true);
CREATE POLICY people_select ON user_preferences FOR SELECT TO amc_api
    USING (user_id = (SELECT app_user_id()));
CREATE POLICY people_insert ON user_preferences FOR INSERT TO amc_api
    WITH CHECK (user_id = (SELECT app_user_id()));
CREATE POLICY people_update ON user_preferences FOR UPDATE TO amc_api
    USING (user_id = (SELECT app_user_id()));
GRANT SELECT, INSERT, UPDATE (theme, week_start, instance_id) ON user_preferences TO amc_api;
GRANT SELECT ON user_preferences TO amc_worker;
"""
OTHERS = (
    "id = (SELECT app_user_id()) OR id = ANY ((SELECT my_teammates())::uuid[]) "
    "OR id = ANY ((SELECT people_i_share_with())::uuid[])"
)
ADMIN = "(SELECT i_administer_the_server())"
READ = "role, is_active, time_zone, created_at, updated_at"


def upgrade() -> None:
    run(PREFERENCES)
    stamp_updates("user_preferences")
    run(f"ALTER POLICY people_select ON users USING ({OTHERS} OR {ADMIN})")
    run(
        "CREATE POLICY people_update ON users FOR UPDATE TO amc_api "
        f"USING (id = (SELECT app_user_id()) OR {ADMIN})"
    )
    run(f"GRANT SELECT ({READ}), UPDATE (name, time_zone, is_active) ON users TO amc_api")


def downgrade() -> None:
    run(f"REVOKE SELECT ({READ}), UPDATE (name, time_zone, is_active) ON users FROM amc_api")
    run("DROP POLICY people_update ON users")
    run(f"ALTER POLICY people_select ON users USING ({OTHERS})")
    run("DROP TABLE user_preferences")
