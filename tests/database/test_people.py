"""What the database shows of people, asked in SQL itself."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain import db
from tests.database.statements import does


async def test_teammates_show_their_names_and_no_more(alice, bob, charlie):
    async with db.transaction(bob) as session:
        found = await session.execute(text("SELECT name, email FROM users ORDER BY name"))
        shown = [tuple(row) for row in found]
    assert shown == [("Alice", "alice@example.com"), ("Bob", "bob@example.com")]
    with pytest.raises(ProgrammingError, match="permission denied"):
        await does(bob, "SELECT subject FROM users")


async def test_signing_in_is_answered_for_one_person_only(alice):
    async with db.transaction() as session:
        found = await session.execute(
            text("SELECT name FROM user_who_signs_in('amc-reports', 'alice@example.com')")
        )
        assert [row.name for row in found] == ["Alice"]
        nobody = await session.execute(text("SELECT name FROM user_who_signs_in(NULL, NULL)"))
        assert nobody.all() == []
