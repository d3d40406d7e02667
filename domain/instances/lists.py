"""Lists instances, and the campaigns and ASINs that their results have named."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Asin, Campaign, Instance
from domain.pages import Page, PageArgs, page
from domain.people import access
from domain.search import contains


async def find(session: AsyncSession, args: PageArgs) -> Page[Instance]:
    """Return a page of the instances that the viewer is a member of, by name."""
    keys = (Instance.instance_name, Instance.id)
    return await page(session, select(Instance), keys, args, descending=False)


async def campaigns(
    session: AsyncSession, public_id: str, text: str | None, args: PageArgs
) -> Page[Campaign]:
    """Return a page of the campaigns that results of an instance have named, by name.

    `text` limits them to names that contain it, and to the campaign with that id. Raises NotFound.
    """
    instance = await access.get(session, "inst", Instance, public_id, field="instanceId")
    statement = select(Campaign).where(Campaign.instance_id == instance.id)
    if text:
        statement = statement.where(
            or_(
                contains(text, Campaign.campaign),
                Campaign.campaign_id == text.strip(),
            )
        )
    keys = (Campaign.campaign, Campaign.campaign_id)
    return await page(session, statement, keys, args, descending=False)


async def asins(
    session: AsyncSession, public_id: str, text: str | None, args: PageArgs
) -> Page[Asin]:
    """Return a page of the ASINs that results of an instance have named, in order.

    `text` limits them to those that contain it. Raises NotFound.
    """
    instance = await access.get(session, "inst", Instance, public_id, field="instanceId")
    statement = select(Asin).where(Asin.instance_id == instance.id)
    if text:
        statement = statement.where(contains(text, Asin.asin))
    return await page(session, statement, (Asin.asin,), args, descending=False)
