"""Constant statements of the engine go straight to the driver, and its rows are as any other."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.exc import DBAPIError

from domain import db
from domain.models import Instance
from domain.snapshots.direct import Direct

NAME = select(Instance.instance_name).where(Instance.id == bindparam("key", type_=Uuid()))
NAME = NAME.execution_options(constant=True)
LOCKED = (
    select(Instance)
    .where(Instance.id == bindparam("key", type_=Uuid()))
    .with_for_update(key_share=True)
    .execution_options(constant=True, populate_existing=True)
)
RENAME = text("UPDATE amc_instances SET instance_name = 'Theirs' WHERE id = :key")
SLEEP = db.constant("SELECT pg_sleep(60)")
BREAK = db.constant("UPDATE amc_instances SET account_id = gen_random_uuid() WHERE id = :key")


async def named(instance: Any) -> Any:
    """The name of the instance, as others see it."""
    async with db.owner_transaction() as session:
        return await session.scalar(NAME, {"key": instance.id})


async def test_what_is_changed_of_a_row_is_seen_by_later_statements_and_written(instance):
    async with db.worker_transaction() as session:
        assert isinstance(session, Direct)
        row = await session.get_one(Instance, instance.id)
        row.instance_name = "Ours"
        assert await session.scalar(NAME, {"key": instance.id}) == "Ours"
        assert await named(instance) != "Ours"
    assert await named(instance) == "Ours"


async def test_what_fails_writes_nothing(instance):
    async def fail() -> None:
        async with db.worker_transaction() as session:
            (await session.get_one(Instance, instance.id)).instance_name = "Ours"
            await session.execute(BREAK, {"key": instance.id})

    before = await named(instance)
    with pytest.raises(DBAPIError):
        await fail()
    assert await named(instance) == before


async def test_a_row_is_one_object_and_a_locked_one_is_read_again(instance):
    async with db.worker_transaction() as session:
        row = await session.get(Instance, instance.id)
        async with db.owner_transaction() as other:
            await other.execute(RENAME, {"key": instance.id})
        assert await session.get(Instance, instance.id) is row
        assert row.instance_name != "Theirs"

        assert await session.scalar(LOCKED, {"key": instance.id}) is row
        assert row.instance_name == "Theirs"


async def test_a_cancelled_statement_harms_no_later_one(instance):
    async def sleep() -> None:
        async with db.worker_transaction() as session:
            await session.execute(SLEEP)

    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await sleep()
    async with db.worker_transaction() as session:
        assert await session.scalar(NAME, {"key": instance.id})


async def test_statements_that_need_no_transaction_together_have_none(instance):
    numbers = set()
    async with db.worker_statements() as session:
        for _ in range(3):
            numbers.add(await session.scalar(db.constant("SELECT txid_current()")))
    assert len(numbers) == 3
