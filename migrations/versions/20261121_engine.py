"""What the engine remembers so that nothing has two effects, and the archive of workflows."""

from migrations.script import drop, run

revision = "a1f0c3d95e07"
down_revision = "a1f0c3d95e06"

# A superset of the columns, in their order, with their defaults and a key of their own. What
# they refer to may be gone, so they refer to nothing.
ARCHIVES = """
CREATE TABLE archived_workflows (
    LIKE workflows INCLUDING DEFAULTS,
    moved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id)
);
CREATE INDEX archived_workflows_instance_id_idx ON archived_workflows (instance_id);

CREATE TABLE archived_workflow_executions (
    LIKE workflow_executions INCLUDING DEFAULTS,
    moved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id)
);
CREATE INDEX archived_workflow_executions_instance_id_idx
    ON archived_workflow_executions (instance_id);
"""

ENGINE = """
CREATE TABLE amc_intents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    report_execution_id uuid UNIQUE REFERENCES report_executions ON DELETE CASCADE,
    workflow_execution_id uuid UNIQUE REFERENCES workflow_executions ON DELETE CASCADE,
    execution_id uuid
        GENERATED ALWAYS AS (COALESCE(report_execution_id, workflow_execution_id)) STORED,
    amc_workflow_id text NOT NULL UNIQUE,
    requested_at timestamptz,
    amc_execution_id text,
    empty_lists integer NOT NULL DEFAULT 0,
    workflow_removed_at timestamptz,
    released_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT intent_of_one_execution CHECK (
        num_nonnulls(report_execution_id, workflow_execution_id) = 1
    )
);
CREATE INDEX amc_intents_of_instance_idx ON amc_intents (instance_id, created_at);
CREATE INDEX amc_intents_open_idx ON amc_intents (instance_id) WHERE released_at IS NULL;
CREATE INDEX amc_intents_to_remove_idx
    ON amc_intents (released_at) WHERE workflow_removed_at IS NULL AND released_at IS NOT NULL;

CREATE TABLE schedule_ticks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    report_schedule_id uuid REFERENCES report_schedules ON DELETE CASCADE,
    workflow_schedule_id uuid REFERENCES workflow_schedules ON DELETE CASCADE,
    nominal_at timestamptz NOT NULL,
    outcome text NOT NULL,
    reason text,
    report_execution_id uuid REFERENCES report_executions ON DELETE SET NULL,
    workflow_execution_id uuid REFERENCES workflow_executions ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (report_schedule_id, nominal_at),
    UNIQUE (workflow_schedule_id, nominal_at),
    CONSTRAINT tick_of_one_schedule CHECK (
        num_nonnulls(report_schedule_id, workflow_schedule_id) = 1
    )
);
CREATE INDEX schedule_ticks_report_execution_id_idx ON schedule_ticks (report_execution_id);
CREATE INDEX schedule_ticks_workflow_execution_id_idx ON schedule_ticks (workflow_execution_id);

CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,
    operation text NOT NULL,
    request_hash text NOT NULL,
    answer_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);
"""


def upgrade() -> None:
    run(ENGINE)
    run(ARCHIVES)


def downgrade() -> None:
    drop(
        "archived_workflow_executions",
        "archived_workflows",
        "idempotency_keys",
        "schedule_ticks",
        "amc_intents",
    )
