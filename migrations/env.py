"""How Alembic reaches the database: as amc_owner, over asyncpg."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from domain.models import Base
from migrations.comparison import PATIENCE
from migrations.run import owner_engine


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction: all of them happen or none."""
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_server_default=True
    )
    with context.begin_transaction():
        # A migration that waits for a lock makes everybody wait behind it: rather try again.
        connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
        context.run_migrations()


async def connect() -> None:
    """Connect as the settings say, for the `alembic` command."""
    engine = owner_engine()
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(connect())
