"""The objects of a database, read from its catalogue as lines that can be compared."""

import asyncpg

TABLES = """
    SELECT format('%s.%s %s%s%s %s', c.relname, a.attname,
        format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
        CASE a.attgenerated WHEN 's' THEN ' GENERATED' ELSE '' END,
        pg_get_expr(d.adbin, d.adrelid))
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      AND c.relname <> 'alembic_version'
"""
# From PostgreSQL 18 on, NOT NULL is a named constraint. The columns show it already.
CONSTRAINTS = """
    SELECT format('%s: %s %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint c
    WHERE c.connamespace = 'public'::regnamespace AND c.conrelid <> 0 AND c.contype <> 'n'
      AND c.conrelid::regclass::text <> 'alembic_version'
"""
INDEXES = """
    SELECT indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
ENUMS = """
    SELECT format('%s %s', t.typname, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder))
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
"""
TRIGGERS = """
    SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE NOT t.tgisinternal
"""
FUNCTIONS = """
    SELECT pg_get_functiondef(p.oid) || p.proowner::regrole || coalesce(p.proacl::text, '')
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
"""
VIEWS = """
    SELECT c.relname || pg_get_viewdef(c.oid) || coalesce(c.reloptions::text, '')
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
"""
POLICIES = """
    SELECT format('%s %s %s %s %s %s', tablename, policyname, roles, cmd, qual, with_check)
    FROM pg_policies
"""
GRANTS = """
    SELECT format('%s %s %s %s', c.relname, c.relacl, c.relrowsecurity, c.relforcerowsecurity)
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')
      AND c.relname <> 'alembic_version'
    UNION ALL
    SELECT format('%s.%s %s', c.relname, a.attname, a.attacl)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND a.attacl IS NOT NULL
"""
STRUCTURE = (TABLES, CONSTRAINTS, INDEXES, ENUMS)
EVERYTHING = (*STRUCTURE, TRIGGERS, FUNCTIONS, VIEWS, POLICIES, GRANTS)


async def read(url: str, queries: tuple[str, ...]) -> set[str]:
    """All lines that these queries return."""
    connection = await asyncpg.connect(url)
    try:
        return {row[0] for query in queries for row in await connection.fetch(query)}
    finally:
        await connection.close()
