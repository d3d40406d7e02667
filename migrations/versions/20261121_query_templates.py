"""Query templates, and versions of them that never change."""

from migrations.script import drop, fill_text_id, run, stamp_updates

revision = "a1f0c3d95e02"
down_revision = "a1f0c3d95e01"

UNCHANGING = """
ALTER TABLE query_templates ADD FOREIGN KEY (current_version_id)
    REFERENCES query_template_versions ON DELETE SET NULL;

-- What reports and executions are pinned to must stay what it was. Only losing its author is
-- no change of it.
CREATE FUNCTION refuse_changed_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    OLD.created_by := NEW.created_by;
    IF NEW IS DISTINCT FROM OLD OR NEW.created_by IS NOT NULL THEN
        RAISE EXCEPTION 'A version of a template never changes; make a new one.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER refuse_changed_version BEFORE UPDATE ON query_template_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_version();
"""

TEMPLATES = """
CREATE TABLE query_templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    template_id text NOT NULL UNIQUE,
    name text NOT NULL,
    description text,
    category text,
    sql_template text NOT NULL,
    parameter_definitions jsonb NOT NULL DEFAULT '{}',
    slug text UNIQUE,
    owner_id uuid REFERENCES users ON DELETE CASCADE,
    is_public boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    current_version_id uuid,
    archived_at timestamptz,
    report_type text,
    report_config jsonb NOT NULL DEFAULT '{}',
    ui_schema jsonb NOT NULL DEFAULT '{}',
    default_dashboard_type varchar(50),
    default_visualization_config jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT built_in_has_a_slug CHECK ((owner_id IS NULL) = (slug IS NOT NULL)),
    CONSTRAINT query_templates_version_check CHECK (version >= 1)
);
CREATE INDEX idx_query_templates_report_type
    ON query_templates (report_type) WHERE report_type IS NOT NULL;
CREATE INDEX query_templates_owner_id_idx ON query_templates (owner_id);

CREATE TABLE query_template_versions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    template_id uuid NOT NULL REFERENCES query_templates ON DELETE CASCADE,
    version integer NOT NULL,
    sql_template text NOT NULL,
    parameter_definitions jsonb NOT NULL DEFAULT '{}',
    ui_schema jsonb NOT NULL DEFAULT '{}',
    report_config jsonb NOT NULL DEFAULT '{}',
    output_columns jsonb NOT NULL DEFAULT '[]',
    data_sources text[] NOT NULL DEFAULT '{}',
    sql_hash text NOT NULL,
    created_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (template_id, version),
    CONSTRAINT query_template_versions_version_check CHECK (version >= 1)
);
"""


def upgrade() -> None:
    run(TEMPLATES)
    run(UNCHANGING)
    stamp_updates("query_templates")
    fill_text_id("query_templates", "template_id", "tmpl")


def downgrade() -> None:
    drop(
        "query_template_versions",
        "query_templates",
        functions=("set_query_templates_template_id", "refuse_changed_version"),
    )
