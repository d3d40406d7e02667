"""What migrations are written with. Old migrations rely on it: add to it, change nothing."""

import re

from alembic import op

STATEMENT = re.compile(r"(?:\$\$.*?\$\$|\$(?!\$)|[^;$])+", re.DOTALL)
BIND = re.compile(r"(?<!:):(?=\w)")  # what SQLAlchemy would take for a parameter


def run(script: str) -> None:
    """Execute a script, a statement at a time: asyncpg takes no more. No `;` in its comments."""
    for statement in STATEMENT.findall(script):
        if statement.strip():
            op.execute(BIND.sub(r"\:", statement.strip()))


def stamp_updates(table: str, trigger: str | None = None) -> None:
    """Keep `updated_at` of the table."""
    run(
        f"""
        CREATE TRIGGER {trigger or f"update_{table}_updated_at"} BEFORE UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
        """
    )


def fill_text_id(table: str, column: str, prefix: str) -> None:
    """Give the column the row's public id when nothing else is given."""
    run(
        f"""
        CREATE FUNCTION set_{table}_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.{column} IS NULL THEN
                NEW.{column} := '{prefix}_' || replace(NEW.id::text, '-', '');
            END IF;
            RETURN NEW;
        END
        $$;
        CREATE TRIGGER set_{table}_{column} BEFORE INSERT ON {table}
            FOR EACH ROW EXECUTE FUNCTION set_{table}_{column}()
        """
    )


def drop(*tables: str, functions: tuple[str, ...] = ()) -> None:
    """Drop tables that refer to each other, and the functions of their triggers."""
    run(f"DROP TABLE {', '.join(tables)}")
    for function in functions:
        run(f"DROP FUNCTION {function}()")
