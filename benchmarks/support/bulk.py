"""Fills a table with very many rows."""

import time

import asyncpg

INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
FROM pg_index i WHERE indrelid = $1::regclass AND NOT indisprimary AND NOT EXISTS (
    SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid
)
"""
SIZES = "SELECT pg_size_pretty(pg_table_size($1)), pg_size_pretty(pg_indexes_size($1))"


async def fill(connection: asyncpg.Connection, table: str, statement: str, *given: int) -> None:
    """Run the statement that fills the table without its indexes, and make these afterwards."""
    began = time.perf_counter()
    await connection.execute("SET maintenance_work_mem = '256MB'")
    indexes = await connection.fetch(INDEXES, table)
    for one in indexes:
        await connection.execute(f"DROP INDEX {one['name']}")
    await connection.execute(statement, *given)
    for one in indexes:
        await connection.execute(one["made"])
    await connection.execute(f"VACUUM ANALYZE {table}")
    size, beside = await connection.fetchrow(SIZES, table)
    rows = await connection.fetchval(f"SELECT count(*) FROM {table}")
    took = time.perf_counter() - began
    print(f"{table}: {rows:,} rows, {size} and {beside} of indexes, in {took:.0f} s")
