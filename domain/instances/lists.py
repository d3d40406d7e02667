"""Lists instances, and the campaigns and ASINs that their results have named."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Asin, Campaign, Instance, Member
from domain.pages.filters import with_text
from domain.pages.pages import Orders, Page, PageArgs, by, by_name, page
from domain.pages.search import contains
from domain.people import access

ORDERS = Orders(
    Instance.id,
    {
        "name": by_name(Instance.instance_name),
        "created_at": by(Instance.created_at),
    },
    descending=False,
)
MEMBER_ORDERS = Orders(Member.user_id, {"created_at": by(Member.created_at)}, descending=False)
CAMPAIGN_ORDERS = Orders(
    Campaign.campaign_id,
    {
        "name": by_name(Campaign.campaign),
        "first_seen": by(Campaign.first_seen),
        "last_seen": by(Campaign.last_seen),
    },
    descending=False,
)
ASIN_ORDERS = Orders(
    Asin.asin,
    {"asin": by(), "first_seen": by(Asin.first_seen), "last_seen": by(Asin.last_seen)},
    descending=False,
)


async def find(session: AsyncSession, text: str | None, args: PageArgs) -> Page[Instance]:
    """Return a page of the instances that the viewer is a member of, by name.

    `text` limits them to those whose name or id at Amazon contains it.
    """
    named = with_text(text, Instance.instance_name, Instance.instance_id)
    return await page(session, select(Instance).where(*named), ORDERS, args)


async def keys(session: AsyncSession) -> list[UUID]:
    """Return the keys of all instances that the viewer is a member of."""
    return list(await session.scalars(select(Instance.id)))


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
    return await page(session, statement, CAMPAIGN_ORDERS, args)


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
    return await page(session, statement, ASIN_ORDERS, args)
