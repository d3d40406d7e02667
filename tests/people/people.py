"""The people of all tests: Alice, Bob on her instance, and Charlie, an admin of another one."""

from uuid import UUID, uuid4

import pytest

from domain import db, secrets
from domain.models import Account, Instance, Member, User
from domain.viewer import Viewer
from graph.http import signing_in

REFRESH_TOKEN = "Atzr|a-refresh-token-for-tests"


async def person(name: str) -> Viewer:
    """Create a person who can sign in and is a member of no instance."""
    email = f"{name.lower()}@example.com"
    async with db.owner_transaction() as session:
        user = User(email=email, name=name, issuer="amc-reports", subject=email)
        session.add(user)
        await session.flush()
        return Viewer(user_id=user.id, email=user.email, name=user.name)


async def new_instance(name: str, **columns: object) -> Instance:
    """Create an instance with an account of its own, whose token is encrypted."""
    async with db.owner_transaction() as session:
        account = Account(
            id=uuid4(),
            amc_account_id=f"ENTITY{name.upper()}",
            name=name,
            marketplace_id="ATVPDKIKX0DER",
            region="NA",
        )
        place = ("amc_accounts", account.id, "refresh_token")
        account.refresh_token = secrets.encrypt(REFRESH_TOKEN, *place)
        session.add(account)
        await session.flush()
        instance = Instance(
            instance_id=f"amc{name.lower()}", instance_name=name, account_id=account.id, **columns
        )
        session.add(instance)
        await session.flush()
        return instance


async def join(viewer: Viewer, instance_id: UUID, role: str) -> None:
    """Make a person a member of an instance."""
    async with db.owner_transaction() as session:
        session.add(Member(user_id=viewer.user_id, instance_id=instance_id, role=role))


@pytest.fixture(autouse=True)
def nobody_is_known_yet() -> None:
    """Each test has its own people, whose tokens may be those of the test before."""
    signing_in.checked.forget()


@pytest.fixture
async def instance(clean_database: None) -> Instance:
    """The instance of Alice and Bob."""
    return await new_instance("Acme")


@pytest.fixture
async def elsewhere(clean_database: None) -> Instance:
    """The instance of Charlie."""
    return await new_instance("Elsewhere")


@pytest.fixture
async def alice(instance: Instance) -> Viewer:
    """An editor."""
    viewer = await person("Alice")
    await join(viewer, instance.id, "editor")
    return viewer


@pytest.fixture
async def bob(instance: Instance) -> Viewer:
    """A viewer."""
    viewer = await person("Bob")
    await join(viewer, instance.id, "viewer")
    return viewer


@pytest.fixture
async def charlie(elsewhere: Instance) -> Viewer:
    """An admin of another instance."""
    viewer = await person("Charlie")
    await join(viewer, elsewhere.id, "admin")
    return viewer
