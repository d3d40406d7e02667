"""What an instance does for its members now: its slots, its line, its account's authorisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds, moments
from domain.calendar import windows
from domain.models import Instance

UNDER_WAY = kinds.union_all(
    "SELECT instance_id, phase FROM {kind.execution.name} "
    "WHERE phase <> 'done' AND instance_id = ANY(:ids)"
)
USAGE = text(
    f"""
    SELECT i.id, m.role, a.name AS account, a.token_state, a.token_checked_at,
        coalesce(o.slots, 0) AS slots, coalesce(o.waiting, 0) AS waiting,
        coalesce(t.started, 0) AS today
    FROM amc_instances i
    JOIN amc_accounts a ON a.id = i.account_id
    JOIN instance_members m ON m.instance_id = i.id AND m.user_id = app_user_id()
    LEFT JOIN (
        SELECT instance_id, count(*) FILTER (WHERE phase IN ('submitting', 'at_amc')) AS slots,
            count(*) FILTER (WHERE phase = 'waiting') AS waiting
        FROM ({UNDER_WAY}) e GROUP BY 1
    ) o ON o.instance_id = i.id
    LEFT JOIN started_today(:ids) t ON t.instance = i.id
    WHERE i.id = ANY(:ids)
    """  # noqa: S608
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


@dataclass(frozen=True)
class Usage:
    """The viewer's role, the slots, the line, and whether Amazon accepts the account's token."""

    role: str
    slots_taken: int
    slots_free: int
    waiting: int
    quota_used: int  # executions given to AMC since midnight in UTC, as dispatch counts them
    quota_left: int | None
    account: str
    token_state: str
    token_checked_at: datetime | None


async def of(session: AsyncSession, instances: Sequence[Instance]) -> dict[UUID, Usage]:
    """Return the usage of each instance that the viewer is a member of, in one statement."""
    most = {one.id: one.max_concurrent for one in instances}
    quotas = {one.id: one.daily_quota for one in instances}
    rows = await session.execute(USAGE, {"ids": list(most)})
    return {
        row.id: Usage(
            role=row.role,
            slots_taken=row.slots,
            slots_free=max(0, most[row.id] - row.slots),
            waiting=row.waiting,
            quota_used=row.today,
            quota_left=_left(quotas[row.id], row.today),
            account=row.account,
            token_state=row.token_state,
            token_checked_at=row.token_checked_at,
        )
        for row in rows
    }


def _left(quota: int | None, used: int) -> int | None:
    return None if quota is None else max(0, quota - used)


def settled_until(instance: Instance, tables: str) -> date:
    """Return the first day in UTC that is not settled yet in `attributed` or `other` tables."""
    source = windows.ATTRIBUTED if tables == "attributed" else tables
    return windows.settled_end([source], instance.settling_lag_days, moments.now().date())
