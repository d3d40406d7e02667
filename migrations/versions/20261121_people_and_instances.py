"""People, and the AMC accounts and instances they work on."""

from migrations.script import drop, run, stamp_updates

revision = "a1f0c3d95e01"
down_revision = None

TOUCH = """
CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END
$$;
"""

PEOPLE = """
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL DEFAULT 'user',
    issuer text,
    subject text,
    is_active boolean NOT NULL DEFAULT true,
    time_zone text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (issuer, subject),
    CONSTRAINT users_role_check CHECK (role IN ('user', 'admin'))
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
"""

INSTANCES = """
CREATE TABLE amc_accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    amc_account_id text NOT NULL,
    name text NOT NULL,
    marketplace_id text NOT NULL,
    region text NOT NULL,
    refresh_token bytea NOT NULL,
    token_state text NOT NULL DEFAULT 'ok',
    token_error text,
    token_checked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (amc_account_id, marketplace_id),
    CONSTRAINT amc_accounts_region_check CHECK (region IN ('NA', 'EU', 'FE')),
    CONSTRAINT amc_accounts_token_state_check CHECK (token_state IN ('ok', 'refused'))
);

CREATE TABLE amc_instances (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    instance_id text NOT NULL,
    instance_name text NOT NULL,
    account_id uuid NOT NULL REFERENCES amc_accounts ON DELETE RESTRICT,
    instance_type text NOT NULL DEFAULT 'STANDARD',
    region text,
    is_active boolean NOT NULL DEFAULT true,
    max_concurrent integer NOT NULL DEFAULT 10,
    schedule_reserve integer NOT NULL DEFAULT 0,
    daily_quota integer,
    settling_lag_days jsonb NOT NULL DEFAULT '{"attributed": 14, "other": 2}',
    is_paused boolean NOT NULL DEFAULT false,
    throttled_until timestamptz,
    throttle_reason text,
    poll_lease_until timestamptz,
    poll_fence integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, instance_id),
    CONSTRAINT max_concurrent_in_bounds CHECK (max_concurrent BETWEEN 1 AND 200),
    CONSTRAINT schedule_reserve_in_bounds CHECK (schedule_reserve >= 0),
    CONSTRAINT daily_quota_in_bounds CHECK (daily_quota > 0)
);

CREATE TABLE instance_members (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, instance_id),
    CONSTRAINT instance_members_role_check CHECK (role IN ('viewer', 'editor', 'admin'))
);
CREATE INDEX instance_members_instance_id_idx ON instance_members (instance_id);

CREATE TABLE campaigns (
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    campaign_id text NOT NULL,
    campaign text NOT NULL,
    ad_product_type text,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (instance_id, campaign_id)
);

CREATE TABLE asins (
    instance_id uuid NOT NULL REFERENCES amc_instances ON DELETE CASCADE,
    asin text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (instance_id, asin)
);
"""


def upgrade() -> None:
    run(TOUCH)
    run(PEOPLE)
    run(INSTANCES)
    stamp_updates("users")
    stamp_updates("amc_accounts")
    stamp_updates("amc_instances")


def downgrade() -> None:
    drop(
        "asins",
        "campaigns",
        "instance_members",
        "amc_instances",
        "amc_accounts",
        "users",
        functions=("update_updated_at_column",),
    )
