"""What is in a database, object by object, with the statements that make and drop each.

Only what is ours is read: tables and functions of the schema `public`, and what is granted to our
roles and to everybody. What an operator grants to other roles is left alone.
"""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from domain.roles import ALL

Key = tuple[str, str, str]  # kind, the table or function it is on, name


@dataclass(frozen=True)
class Item:
    """An object of the database."""

    kind: str
    on: str
    name: str
    definition: str
    make: str | None = field(default=None, compare=False)
    drop: str | None = field(default=None, compare=False)

    @property
    def key(self) -> Key:
        """What it is known by, however it is defined."""
        return self.kind, self.on, self.name


PUBLIC: Final = "'public'::regnamespace"
NOT_OURS: Final = "'alembic_version'"
# Tables and functions of extensions are in pg_depend, with type e.
OF_EXTENSION: Final = (
    "EXISTS (SELECT 1 FROM pg_depend x WHERE x.objid = {0}.oid AND x.deptype = 'e')"
)
TABLES: Final = (
    f"c.relnamespace = {PUBLIC} AND c.relkind = 'r' AND c.relname <> {NOT_OURS} "
    f"AND NOT {OF_EXTENSION.format('c')}"
)
# Each statement returns kind, on, name, definition, make, drop.
STRUCTURE: Final = {
    "table": f"SELECT 'table', '', c.relname, '', NULL, NULL FROM pg_class c WHERE {TABLES}",
    "column": f"""
        SELECT 'column', c.relname, a.attname, format('%s%s%s%s',
            format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
            CASE a.attgenerated WHEN 's' THEN ' GENERATED AS' WHEN '' THEN
                CASE WHEN d.oid IS NULL THEN '' ELSE ' DEFAULT' END END,
            ' ' || pg_get_expr(d.adbin, d.adrelid)), NULL, NULL
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE {TABLES}
    """,
    # From PostgreSQL 18 on, NOT NULL is a named constraint. The columns show it already.
    "constraint": f"""
        SELECT 'constraint', c.relname, o.conname, pg_get_constraintdef(o.oid),
            format('ALTER TABLE %I ADD CONSTRAINT %I %s', c.relname, o.conname,
                pg_get_constraintdef(o.oid)),
            format('ALTER TABLE %I DROP CONSTRAINT %I', c.relname, o.conname)
        FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
        WHERE {TABLES} AND o.contype NOT IN ('n', 't')
    """,
    "index": f"""
        SELECT 'index', c.relname, i.relname, pg_get_indexdef(i.oid),
            pg_get_indexdef(i.oid), format('DROP INDEX %I', i.relname)
        FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
        JOIN pg_class i ON i.oid = x.indexrelid
        WHERE {TABLES} AND NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = i.oid)
    """,
    "sequence": f"""
        SELECT 'sequence', '', c.relname, '', NULL, NULL FROM pg_class c
        WHERE c.relnamespace = {PUBLIC} AND c.relkind = 'S'
    """,
    "view": f"""
        SELECT 'view', '', c.relname,
            pg_get_viewdef(c.oid) || coalesce(array_to_string(c.reloptions, ','), ''),
            format('CREATE VIEW %I WITH (%s) AS %s', c.relname,
                coalesce(array_to_string(c.reloptions, ','), 'security_invoker=false'),
                pg_get_viewdef(c.oid)),
            format('DROP VIEW %I', c.relname)
        FROM pg_class c WHERE c.relnamespace = {PUBLIC} AND c.relkind = 'v'
            AND NOT {OF_EXTENSION.format("c")}
    """,
}
FUNCTIONS: Final = f"p.pronamespace = {PUBLIC} AND NOT {OF_EXTENSION.format('p')}"
GRANTEE: Final = "coalesce(quote_ident(r.rolname), 'PUBLIC')"
# Grants to our roles and to everybody, but for what an owner has of itself.
GRANTED: Final = "LEFT JOIN pg_roles r ON r.oid = g.grantee"
TO_OURS: Final = "(g.grantee = 0 OR r.rolname = ANY(:ours))"


def _grants(kind: str, word: str, name: str, acl: str, owner: str, source: str) -> str:
    """Return the statement for what is granted on objects of a kind."""
    granted = f"'{{}} %s ON {word} %s {{}} %s', g.privilege_type, {name}, {GRANTEE}"
    return f"""
        SELECT 'grant', {name}, format('%s to %s', g.privilege_type, {GRANTEE}), '',
            format({granted.format("GRANT", "TO")}), format({granted.format("REVOKE", "FROM")})
        FROM {source}, aclexplode(coalesce({acl}, acldefault('{kind}', {owner}))) g {GRANTED}
        WHERE g.grantee <> {owner} AND {TO_OURS}
    """


RELATIONS: Final = (
    f"(SELECT * FROM pg_class c WHERE c.relnamespace = {PUBLIC} AND c.relkind IN ('r', 'v') "
    f"AND c.relname <> {NOT_OURS} AND NOT {OF_EXTENSION.format('c')}) c"
)
RIGHTS: Final = {
    "owner": f"""
        SELECT 'owner', c.relname, '', c.relowner::regrole::text,
            format('ALTER TABLE %I OWNER TO %s', c.relname, c.relowner::regrole), NULL
        FROM {RELATIONS}
        UNION ALL
        SELECT 'owner', p.oid::regprocedure::text, '', p.proowner::regrole::text,
            format('ALTER FUNCTION %s OWNER TO %s', p.oid::regprocedure, p.proowner::regrole), NULL
        FROM pg_proc p WHERE {FUNCTIONS}
    """,
    "function": f"""
        SELECT 'function', '', p.oid::regprocedure::text, pg_get_functiondef(p.oid),
            pg_get_functiondef(p.oid), format('DROP FUNCTION %s', p.oid::regprocedure)
        FROM pg_proc p WHERE {FUNCTIONS}
    """,
    "trigger": f"""
        SELECT 'trigger', c.relname, t.tgname, pg_get_triggerdef(t.oid),
            pg_get_triggerdef(t.oid), format('DROP TRIGGER %I ON %I', t.tgname, c.relname)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND {TABLES}
    """,
    "disabled trigger": f"""
        SELECT 'disabled trigger', c.relname, t.tgname, '',
            format('ALTER TABLE %I DISABLE TRIGGER %I', c.relname, t.tgname),
            format('ALTER TABLE %I ENABLE TRIGGER %I', c.relname, t.tgname)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND t.tgenabled <> 'O' AND {TABLES}
    """,
    "row-level security": f"""
        SELECT 'row-level security', c.relname, '',
            CASE WHEN c.relrowsecurity THEN 'enabled' ELSE 'disabled' END ||
            CASE WHEN c.relforcerowsecurity THEN ' and forced' ELSE '' END,
            format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', c.relname),
            NULL
        FROM pg_class c WHERE {TABLES}
    """,
    "policy": f"""
        SELECT 'policy', c.relname, o.polname, t.told, format('CREATE POLICY %I ON %I %s',
            o.polname, c.relname, t.told), format('DROP POLICY %I ON %I', o.polname, c.relname)
        FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid, LATERAL (SELECT format(
            'AS %s FOR %s TO %s%s%s',
            CASE WHEN o.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE o.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
            (SELECT string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ' ORDER BY r.rolname)
                FROM unnest(o.polroles) AS g (id) LEFT JOIN pg_roles r ON r.oid = g.id),
            ' USING (' || pg_get_expr(o.polqual, o.polrelid) || ')',
            ' WITH CHECK (' || pg_get_expr(o.polwithcheck, o.polrelid) || ')') AS told) t
        WHERE {TABLES} AND EXISTS (
            SELECT 1 FROM unnest(o.polroles) AS g (id) LEFT JOIN pg_roles r ON r.oid = g.id
            WHERE g.id = 0 OR r.rolname = ANY(:ours)
        )
    """,
    "grant": f"""
        {_grants("r", "TABLE", "quote_ident(c.relname)", "c.relacl", "c.relowner", RELATIONS)}
        UNION ALL
        {
        _grants(
            "f",
            "FUNCTION",
            "p.oid::regprocedure::text",
            "p.proacl",
            "p.proowner",
            f"(SELECT * FROM pg_proc p WHERE {FUNCTIONS}) p",
        )
    }
        UNION ALL
        {
        _grants(
            "s",
            "SEQUENCE",
            "quote_ident(c.relname)",
            "c.relacl",
            "c.relowner",
            f"(SELECT * FROM pg_class c WHERE relnamespace = {PUBLIC} AND relkind = 'S') c",
        )
    }
        UNION ALL
        SELECT 'grant', c.relname, format('%s of %s to %s', g.privilege_type, a.attname, {GRANTEE}),
            '', format('GRANT %s (%I) ON TABLE %I TO %s', g.privilege_type, a.attname, c.relname,
                {GRANTEE}),
            format('REVOKE %s (%I) ON TABLE %I FROM %s', g.privilege_type, a.attname, c.relname,
                {GRANTEE})
        FROM {RELATIONS} JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped,
            aclexplode(a.attacl) g {GRANTED}
        WHERE g.grantee <> c.relowner AND {TO_OURS}
    """,
}
KINDS: Final = STRUCTURE | RIGHTS


def _statement(kind: str) -> TextClause:
    query = text(KINDS[kind])
    ours = bindparam("ours", list(ALL), ARRAY(Text()))
    return query.bindparams(ours) if ":ours" in KINDS[kind] else query


async def read(connection: AsyncConnection, *kinds: str) -> dict[Key, Item]:
    """Return the objects of these kinds, of all if none is named."""
    found: dict[Key, Item] = {}
    for kind in kinds or KINDS:
        for row in await connection.execute(_statement(kind)):
            item = Item(*row)
            found[item.key] = item
    return found
