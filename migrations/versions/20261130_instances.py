"""Admins say why an instance is paused, when data are settled, and renew the account's token.

`token_version` counts the tokens of an account, so that a worker that was refused with an old one
does not call the new one refused.
"""

from migrations.script import run

revision = "a1f0c3d96002"
down_revision = "a1f0c3d96001"

COLUMNS = """
ALTER TABLE amc_instances
    ADD pause_note text,
    ADD paused_at timestamptz,
    ADD paused_by uuid REFERENCES users ON DELETE SET NULL,
    ADD CONSTRAINT a_note_is_of_a_pause CHECK (
        is_paused OR num_nonnulls(pause_note, paused_at, paused_by) = 0
    );
CREATE INDEX amc_instances_paused_by_idx ON amc_instances (paused_by) WHERE paused_by IS NOT NULL;
ALTER TABLE amc_accounts
    ADD token_version integer NOT NULL DEFAULT 1,
    ADD token_renewed_at timestamptz NOT NULL DEFAULT now();
"""
OF_INSTANCES = "pause_note, paused_at, paused_by, settling_lag_days"
OF_ACCOUNTS = (
    "refresh_token, token_state, token_error, token_checked_at, token_version, token_renewed_at"
)
MINE = "id = ANY ((SELECT my_accounts_to_administer())::uuid[])"


def upgrade() -> None:
    run(COLUMNS)
    run(f"GRANT UPDATE ({OF_INSTANCES}) ON amc_instances TO amc_api")
    run("GRANT SELECT (token_version, token_renewed_at) ON amc_accounts TO amc_api")
    run(f"GRANT UPDATE ({OF_ACCOUNTS}) ON amc_accounts TO amc_api")
    run(f"CREATE POLICY people_update ON amc_accounts FOR UPDATE TO amc_api USING ({MINE})")
    _audit('"is_paused", "pause_note"', '"is_paused"')


def _audit(new: str, old: str) -> None:
    """Tell of the note, too."""
    run(
        f"""
        DO $$
        DECLARE
            made text := (SELECT pg_get_triggerdef(oid) FROM pg_trigger
                WHERE tgrelid = 'amc_instances'::regclass AND tgname = 'audit');
        BEGIN
            DROP TRIGGER audit ON amc_instances;
            EXECUTE replace(made, '{old}', '{new}');
        END
        $$
        """
    )


def downgrade() -> None:
    _audit('"is_paused"', '"is_paused", "pause_note"')
    run("DROP POLICY people_update ON amc_accounts")
    run(f"REVOKE UPDATE ({OF_ACCOUNTS}) ON amc_accounts FROM amc_api")
    run(f"REVOKE UPDATE ({OF_INSTANCES}) ON amc_instances FROM amc_api")
    run("ALTER TABLE amc_accounts DROP token_version, DROP token_renewed_at")
    run(
        "ALTER TABLE amc_instances DROP CONSTRAINT a_note_is_of_a_pause, DROP pause_note, "
        "DROP paused_at, DROP paused_by"
    )
