"""What people say about themselves, and who may sign in, as administrators of the server decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from domain import ids
from domain.bus import bus
from domain.bus.queues import Job
from domain.calendar.zones import check_zone
from domain.errors import Forbidden, Invalid
from domain.models import Instance, Preferences, User
from domain.pages.filters import holds, with_text
from domain.pages.pages import Orders, Page, PageArgs, by, by_name, page
from domain.people import access
from domain.people.people import LONGEST, standing
from domain.problems import Gathered, check_name
from domain.viewer import Viewer

ADMINISTERS = text("SELECT i_administer_the_server()")
ORDERS = Orders(
    User.id, {"name": by_name(User.name), "created_at": by(User.created_at)}, descending=False
)
SHOWN = [undefer(User.role), undefer(User.is_active), undefer(User.time_zone)]
OF_PLANS = ("role", "is_active", "time_zone", "created_at")  # the same for a planned read
NO_CHANGE: Any = object()  # for what None would clear


@dataclass(frozen=True)
class Settings:
    """What a person has said about themselves."""

    user: User
    preferences: Preferences

    @property
    def time_zone(self) -> str:
        """The name of the person's time zone."""
        return self.user.time_zone

    @property
    def is_server_admin(self) -> bool:
        """Whether the person administers the server."""
        return self.user.role == "admin"


@dataclass(frozen=True)
class ViewerChange:
    """What a person changes about themselves. Fields that are None, or NO_CHANGE, stay.

    Raises Problems with all that is wrong with it.
    """

    name: str | None = None
    time_zone: str | None = None
    theme: str | None = None
    week_start: str | None = None
    instance_id: Any = NO_CHANGE

    def __post_init__(self) -> None:
        wrong = Gathered()
        if self.name is not None:
            wrong += check_name("change.name", self.name.strip(), LONGEST)
        if self.time_zone is not None:
            with wrong.also():
                check_zone(self.time_zone, "change.timeZone")
        wrong.refuse()


async def settings_of(session: AsyncSession, viewers: Sequence[Any]) -> dict[Any, Settings]:
    """Return the viewer's own settings, in one statement, for each of these viewers."""
    own = func.app_user_id()
    row = (
        await session.execute(
            select(User, Preferences)
            .outerjoin(Preferences, Preferences.user_id == User.id)
            .where(User.id == own)
            .options(*SHOWN)
            .execution_options(undeferred=OF_PLANS)
        )
    ).one()
    found = Settings(row[0], row[1] or Preferences(theme="system", week_start="monday"))
    return {one.id: found for one in viewers}


async def change(session: AsyncSession, viewer: Viewer, wanted: ViewerChange) -> Viewer:
    """Change what the viewer says about themselves. Raises NotFound for an instance of others."""
    user = await session.get_one(User, viewer.user_id, options=SHOWN)
    given = {
        name: value
        for name in ("theme", "week_start")
        if (value := getattr(wanted, name)) is not None
    }
    if wanted.instance_id is not NO_CHANGE:
        given["instance_id"] = await _instance(session, wanted.instance_id)
    if wanted.name is not None:
        user.name = wanted.name.strip()
    user.time_zone = wanted.time_zone or user.time_zone
    await session.flush()
    if given:
        made = insert(Preferences).values(user_id=viewer.user_id, **given)
        await session.execute(
            made.on_conflict_do_update(index_elements=[Preferences.user_id], set_=given)
        )
    return Viewer(viewer.user_id, viewer.email, user.name, viewer.role)


async def _instance(session: AsyncSession, public_id: str | None) -> UUID | None:
    if public_id is None:
        return None
    place = "change.homeInstanceId"
    return (await access.get(session, "inst", Instance, public_id, field=place)).id


async def find(
    session: AsyncSession, text: str | None, is_active: bool | None, args: PageArgs
) -> Page[User]:
    """Return a page of all people, by name, for an administrator of the server.

    `text` limits them to those whose name or address contains it. Raises Forbidden.
    """
    await _must_administer(session)
    where = [*with_text(text, User.name, User.email), *holds(User.is_active, is_active)]
    statement = select(User).where(*where).options(*SHOWN, undefer(User.created_at))
    statement = statement.execution_options(undeferred=OF_PLANS)
    return await page(session, statement, ORDERS, args)


async def set_active(
    session: AsyncSession, viewer: Viewer, public_id: str, *, active: bool
) -> User:
    """Let a person sign in, or not any more. For an administrator of the server.

    Open connections of the person end, and so does work in their name (domain/lives.py). Raises
    Forbidden, NotFound, and Invalid for themselves.
    """
    await _must_administer(session)
    key = ids.decode("user", public_id, field="id")
    found = await access.get(session, "user", User, public_id, field="id")
    if key == viewer.user_id and not active:
        raise Invalid("Nobody deactivates themselves; ask another administrator.", field="id")
    await session.refresh(
        found, ["is_active", "role", "time_zone", "created_at"], with_for_update={"key_share": True}
    )
    if found.is_active != active:
        found.is_active = active
        await session.flush()
        # The work is on instances that the administrator may not see: the engine ends it.
        bus.later(session, Job.RECHECK_PERSON, public_id)
        bus.changed(session, bus.RIGHTS, standing(key))
    return found


async def _must_administer(session: AsyncSession) -> None:
    if not await session.scalar(ADMINISTERS):
        raise Forbidden("Only an administrator of the server decides who may sign in.")
