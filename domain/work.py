"""The engine's rows: how one is claimed, moved on and finished. Asks AMC nothing.

`pending -> running -> completed | failed | cancelled`, and within it a phase:
waiting (for a slot) -> submitting -> at_amc -> ingesting -> done.
A claim is a lease with a fence: whoever lost the lease can record nothing any more.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids, secrets, windows
from domain.amc_transport import Account as Credentials
from domain.models import (
    Account,
    Instance,
    Intent,
    ReportExecution,
    TemplateVersion,
    WorkflowExecution,
)
from domain.settings import settings

log = structlog.get_logger()

Execution = ReportExecution | WorkflowExecution
# Any: mypy joins the two classes to their mixin, which has no table.
MODELS: tuple[Any, ...] = (ReportExecution, WorkflowExecution)
PREFIX: dict[type[Any], str] = {ReportExecution: "exec", WorkflowExecution: "wexec"}
MODEL: dict[str, type[ReportExecution] | type[WorkflowExecution]] = {
    "exec": ReportExecution,
    "wexec": WorkflowExecution,
}
# Workflow executions keep AMC's words for the same five states.
WORDS: dict[type[Any], dict[str, str]] = {
    ReportExecution: {word: word for word in ("running", "completed", "failed", "cancelled")},
    WorkflowExecution: {
        "running": "RUNNING",
        "completed": "SUCCEEDED",
        "failed": "FAILED",
        "cancelled": "CANCELLED",
    },
}


class Act(Enum):
    """What a worker does with a claimed execution."""

    SUBMIT = "submit"  # nobody has asked AMC for it yet
    FIND = "find"  # AMC may have been asked: look before asking again
    CANCEL = "cancel"
    EXPIRE = "expire"  # its time at AMC is over
    INGEST = "ingest"


@dataclass(frozen=True)
class Claim:
    """A claimed execution, with all that acting on it needs, read in one transaction."""

    act: Act
    execution: Execution
    fence: int
    at: datetime
    intent: Intent
    instance: Instance
    account: Credentials
    token_refused: bool
    additive: tuple[str, ...]  # columns of the result that may be summed up


def public_id(execution: Execution) -> str:
    """`exec_...` or `wexec_...`: it also names the table."""
    return ids.encode(PREFIX[type(execution)], execution.id)


def intent_of(execution: Execution) -> Any:
    """The condition that finds an execution's intent."""
    if isinstance(execution, ReportExecution):
        return Intent.report_execution_id == execution.id
    return Intent.workflow_execution_id == execution.id


def pause(tries: int) -> timedelta:
    """How long to wait after so many failures in a row: doubling, with jitter, bounded."""
    seconds = settings.retry_min.total_seconds() * 2 ** min(tries, 16)
    bounded = min(seconds, settings.retry_max.total_seconds())
    return timedelta(seconds=bounded * random.uniform(0.75, 1.25))


def window(execution: Execution) -> dict[str, str]:
    """Its window as AMC takes it; AMC's own default where it has none."""
    start, end = execution.time_window_start, execution.time_window_end
    if start is None or end is None:
        return {}
    return windows.to_amc(start, end, execution.time_zone)


def now() -> datetime:
    """The worker's clock, for deadlines and pauses; what is due is asked of the database's."""
    return datetime.now(UTC)


async def load_account(session: AsyncSession, account_id: UUID) -> tuple[Credentials, bool]:
    """The account ready to sign requests, and whether its token was refused last time."""
    row = await session.get_one(Account, account_id)
    token = secrets.decrypt(row.refresh_token, "amc_accounts", row.id, "refresh_token")
    credentials = Credentials(
        id=row.id,
        amc_account_id=row.amc_account_id,
        marketplace_id=row.marketplace_id,
        region=row.region,
        refresh_token=token,
    )
    return credentials, row.token_state == "refused"


async def claim(session: AsyncSession, subject: str) -> Claim | None:
    """Take the execution for one step; None if it is not due or another worker has it."""
    prefix, _, _ = subject.partition("_")
    model = MODEL[prefix]
    execution = await session.scalar(
        update(model)
        .where(
            model.id == ids.decode(prefix, subject),
            model.due_at <= func.now(),
            or_(model.lease_until.is_(None), model.lease_until < func.now()),
            model.phase.in_(("submitting", "at_amc", "ingesting")),
        )
        .values(
            lease_until=func.now() + settings.lease,
            fence=model.fence + 1,
            attempts=model.attempts + 1,
        )
        .returning(model)
    )
    if execution is None:
        return None
    intent = (await session.scalars(select(Intent).where(intent_of(execution)))).one()
    instance = await session.get_one(Instance, execution.instance_id)
    if await _settled_without_amc(session, execution, intent, instance):
        return None
    act = _next_act(execution, intent)
    if act is None:  # at AMC and well: polls look after it
        postpone(execution, settings.amc_poll_min)
        return None
    if act is Act.SUBMIT:
        intent.requested_at = now()  # from here AMC may hear of it
        intent.empty_lists = 0
    account, refused = await load_account(session, instance.account_id)
    additive = await _additive(session, execution) if act is Act.INGEST else ()
    return Claim(
        act, execution, execution.fence, now(), intent, instance, account, refused, additive
    )


async def _additive(session: AsyncSession, execution: Execution) -> tuple[str, ...]:
    if execution.template_version_id is None:
        return ()
    version = await session.get_one(TemplateVersion, execution.template_version_id)
    metrics = version.report_config.get("metrics") or []
    return tuple(one["name"] for one in metrics if one.get("kind") == "additive")


async def _settled_without_amc(
    session: AsyncSession, execution: Execution, intent: Intent, instance: Instance
) -> bool:
    """Whether this step is over without a word to AMC."""
    unasked = execution.phase == "submitting" and intent.requested_at is None
    if unasked and execution.cancel_requested_at is not None:
        await finish(session, execution, "cancelled", cancel_state="CONFIRMED")
        return True
    overdue = execution.deadline_at is not None and execution.deadline_at < now()
    if overdue and execution.phase != "at_amc":
        await finish(
            session,
            execution,
            "failed",
            error_code="DEADLINE",
            error_message=f"It was {execution.phase} for too long. {execution.error_message or ''}",
        )
        return True
    if instance.throttled_until is not None and instance.throttled_until > now():
        postpone(execution, instance.throttled_until - now(), "THROTTLED", instance.throttled_until)
        bus.changed(session, execution.id)
        return True
    return False


def _next_act(execution: Execution, intent: Intent) -> Act | None:
    match execution.phase:
        case "submitting":
            return Act.SUBMIT if intent.requested_at is None else Act.FIND
        case "at_amc":
            if execution.deadline_at is not None and execution.deadline_at < now():
                return Act.EXPIRE
            return Act.CANCEL if execution.cancel_state == "REQUESTED" else None
        case _:
            return Act.INGEST


async def renew(session: AsyncSession, claim: Claim) -> bool:
    """Keep the lease while a long step goes on; whether it was still ours."""
    model: Any = type(claim.execution)
    kept = await session.scalar(
        update(model)
        .where(model.id == claim.execution.id, model.fence == claim.fence)
        .values(lease_until=func.now() + settings.lease)
        .returning(model.id)
    )
    return kept is not None


async def lock(session: AsyncSession, claim: Claim) -> tuple[Execution, Intent] | None:
    """The claimed rows, locked for recording; None if the lease went to somebody else."""
    model: Any = type(claim.execution)
    execution: Execution | None = await session.scalar(
        select(model)
        .where(model.id == claim.execution.id, model.fence == claim.fence)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if execution is None or execution.phase != claim.execution.phase:
        log.info("work.fenced", execution=public_id(claim.execution), act=claim.act.value)
        return None
    intent = (await session.scalars(select(Intent).where(intent_of(execution)))).one()
    return execution, intent


def postpone(
    execution: Execution,
    wait: timedelta,
    blocked_by: str | None = None,
    blocked_until: datetime | None = None,
) -> None:
    """Let go of the lease until then, and say what it waits for."""
    execution.due_at = now() + wait
    execution.lease_until = None
    execution.blocked_by = blocked_by
    execution.blocked_until = blocked_until


def enter(execution: Execution, phase: str, within: timedelta) -> None:
    """Begin a phase, due at once, to be over within so long."""
    execution.phase = phase
    execution.tries = 0
    execution.deadline_at = now() + within
    postpone(execution, timedelta(0))


async def release(session: AsyncSession, execution: Execution) -> None:
    """Give the slot back; the next one in line is looked for at once."""
    await session.execute(
        update(Intent)
        .where(intent_of(execution), Intent.released_at.is_(None))
        .values(released_at=func.now())
    )
    instance = ids.encode("inst", execution.instance_id)
    bus.later(session, bus.Job.DISPATCH_INSTANCE, instance)


def end(execution: Execution, status: str, **columns: object) -> None:
    """End it for good. Nothing moves an ended execution again."""
    execution.status = WORDS[type(execution)][status]
    execution.phase = "done"
    execution.due_at = None
    execution.lease_until = None
    execution.deadline_at = None
    execution.blocked_by = None
    execution.blocked_until = None
    execution.completed_at = now()
    for name, value in columns.items():
        setattr(execution, name, value)


async def finish(
    session: AsyncSession, execution: Execution, status: str, **columns: object
) -> None:
    """End it, give its slot back and tell who watches."""
    end(execution, status, **columns)
    await release(session, execution)
    bus.changed(session, execution.id)
    log.info("execution.finished", execution=public_id(execution), status=execution.status)


async def overdue(session: AsyncSession, limit: int) -> Sequence[tuple[bus.Job, str]]:
    """What the clock nudges: every row that is due and that nobody holds, as jobs."""
    jobs: dict[tuple[bus.Job, str], None] = {}
    for model in MODELS:
        rows = await session.execute(
            select(model.id, model.instance_id, model.phase, model.cancel_state, model.deadline_at)
            .where(
                model.due_at <= func.now(),
                or_(model.lease_until.is_(None), model.lease_until < func.now()),
            )
            .order_by(model.due_at)
            .limit(limit)
        )
        for row in rows:
            jobs[_job_for(PREFIX[model], row)] = None
    return list(jobs)


def _job_for(prefix: str, row: Any) -> tuple[bus.Job, str]:
    instance = ids.encode("inst", row.instance_id)
    if row.phase == "waiting":
        return bus.Job.DISPATCH_INSTANCE, instance
    late = row.deadline_at is not None and row.deadline_at < now()
    if row.phase == "at_amc" and row.cancel_state != "REQUESTED" and not late:
        return bus.Job.POLL_INSTANCE, instance
    return bus.Job.STEP_EXECUTION, ids.encode(prefix, row.id)
