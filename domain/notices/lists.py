"""Lists notices and the targets they go to."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Notice, NoticeTarget
from domain.pages import Page, PageArgs, page
from domain.viewer import Viewer


async def find(
    session: AsyncSession, viewer: Viewer, args: PageArgs, *, target_id: UUID | None = None
) -> Page[Notice]:
    """Return a page of the viewer's notices, newest first: of one target, or of all."""
    statement = (
        select(Notice)
        .join(NoticeTarget, NoticeTarget.id == Notice.target_id)
        .where(NoticeTarget.user_id == viewer.user_id)
    )
    if target_id is not None:
        statement = statement.where(Notice.target_id == target_id)
    return await page(session, statement, [Notice.created_at, Notice.id], args)


async def targets(session: AsyncSession, viewer: Viewer, args: PageArgs) -> Page[NoticeTarget]:
    """Return a page of the viewer's notice targets, newest first."""
    statement = select(NoticeTarget).where(NoticeTarget.user_id == viewer.user_id)
    return await page(session, statement, [NoticeTarget.created_at, NoticeTarget.id], args)
