"""Lists the builder sessions of a viewer."""

from sqlalchemy import exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.models import BuilderAudit
from domain.pages.pages import Orders, Page, PageArgs, by, page
from domain.viewer import Viewer

ORDERS = Orders(BuilderAudit.id, {"saved_at": by(BuilderAudit.created_at)})


async def find(session: AsyncSession, viewer: Viewer, args: PageArgs) -> Page[BuilderAudit]:
    """Return a page of the viewer's sessions, each by its newest step, last saved first."""
    later = aliased(BuilderAudit)
    place = tuple_(BuilderAudit.created_at, BuilderAudit.id)
    is_newest = ~exists().where(
        later.session_id == BuilderAudit.session_id,
        later.user_id == BuilderAudit.user_id,
        tuple_(later.created_at, later.id) > place,
    )
    statement = select(BuilderAudit).where(
        BuilderAudit.user_id == viewer.user_id, BuilderAudit.session_id.is_not(None), is_newest
    )
    return await page(session, statement, ORDERS, args)
