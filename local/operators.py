"""Commands of operators: accounts, instances, people, tokens."""

import asyncio
import getpass
import json
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from domain import db, ids, secrets
from domain.amc.client import Amc
from domain.amc.transport import AmcError
from domain.errors import Conflict, DomainError, Invalid
from domain.failures import DatabaseAway
from domain.instances import accounts, instances
from domain.instances.accounts import AccountSpec
from domain.instances.instances import Limits
from domain.models import Instance
from domain.people import people, tokens
from domain.retention import holds, orphans, retention
from domain.secrets import Misconfigured
from domain.settings import settings
from domain.viewer import Viewer
from domain.workflows import imports
from local import backups
from local.children import CannotStart
from migrations.comparison import CannotCompare
from migrations.run import check
from migrations.run import migrate as bring


class Differs(Exception):
    """The database is not as the migrations make it. The message says how."""


REFUSALS = (
    DatabaseAway,
    CannotCompare,
    Differs,
    DomainError,
    AmcError,
    CannotStart,
    Misconfigured,
    SQLAlchemyError,
    OSError,
    ValueError,
)


def run(work: Callable[[], Coroutine[Any, Any, str | None]]) -> int:
    """Run a command and print its result. A refusal is printed without a traceback."""
    try:
        told = asyncio.run(_whole(work))
    except REFUSALS as refusal:
        print(in_words(refusal), file=sys.stderr)
        return 1
    if told:
        print(told)
    return 0


async def _whole(work: Callable[[], Coroutine[Any, Any, str | None]]) -> str | None:
    try:
        return await work()
    finally:
        await db.dispose()


def refresh_token() -> str:
    """Amazon's refresh token, from AMC_REFRESH_TOKEN or typed in. It is never an argument."""
    given = os.environ.get("AMC_REFRESH_TOKEN")
    if given:
        return given
    if sys.stdin.isatty():
        return getpass.getpass("Refresh token (Atzr|...): ")
    return sys.stdin.readline().strip()


async def migrated(revision: str) -> str | None:
    """Migrate the database. Returns a sentence for each right that was mended."""
    return "\n".join(await bring(revision=revision)) or None


async def checked() -> str:
    """Compare the database with what the migrations make. Raises Differs with a line for each."""
    if differs := await check():
        raise Differs("\n".join(differs))
    return "The database is as the migrations make it."


async def backup(folder: Path, *, with_files: bool) -> str:
    """Back up the database and the stored files into a folder. Returns what it holds."""
    made = await backups.backup(backups.Place.of_settings(), folder, with_files=with_files)
    told = [f"{folder} holds {made.rows} rows of {len(made.tables)} tables"]
    told[0] += f" and {made.files} files of {made.bytes} bytes." if with_files else "."
    told += [f"Missing in the store: {key}" for key in made.missing]
    told.append("Keep ENCRYPTION_KEYS, too, and not with it: without them the tokens are lost.")
    return "\n".join(told)


async def restore(folder: Path, *, with_files: bool) -> str:
    """Restore a backup into an empty database. Raises Differs if it is not what was dumped."""
    place = backups.Place.of_settings()
    restored = await backups.restore(folder, place, with_files=with_files)
    if restored.wrong:
        raise Differs("\n".join([*restored.mended, *restored.wrong]))
    rows = f"{restored.backup.rows} rows are as they were on {restored.backup.made_at}"
    return "\n".join([*restored.mended, f"{rows}; {restored.files} files were restored."])


async def retention_foreseen() -> str:
    """What retention would remove now. Returns a table, with a line for each rule."""
    async with db.owner_transaction() as session:
        told = await retention.foreseen(session)
    lines = [
        f"{rule.name:20} {_age(rule.days):>10} {removed.items:>10} {removed.bytes:>15}  {rule.what}"
        for rule, removed in told
    ]
    return "\n".join([f"{'rule':20} {'kept':>10} {'would go':>10} {'bytes':>15}  what", *lines])


def _age(days: int) -> str:
    return f"{days} days" if days else "for ever"


async def retention_state() -> str:
    """What retention has removed. Returns a table, with a line for each rule."""
    async with db.owner_transaction() as session:
        states = await retention.states(session)
    lines = [f"{'rule':20} {'removed':>10} {'bytes':>15}  nothing was left (UTC)"]
    for one in states:
        done = "never" if one.done_at is None else f"{one.done_at:%Y-%m-%d %H:%M}"
        wrong = f"  It fails: {one.error}" if one.error else ""
        lines.append(f"{one.name:20} {one.items:>10} {one.bytes:>15}  {done}{wrong}")
    return "\n".join(lines)


async def hold_place(name: str, reason: str) -> str:
    """Place a legal hold. Returns a sentence."""
    async with db.owner_transaction() as session:
        hold = await holds.place(session, name, reason)
        return f"Nothing of {holds.public_id(hold)} is removed until the hold is released."


async def hold_release(name: str) -> str:
    """Release a legal hold. Returns a sentence."""
    async with db.owner_transaction() as session:
        await holds.release(session, name)
    return f"The hold on {name} is released."


async def hold_list() -> str:
    """List all legal holds. Returns a line for each."""
    async with db.owner_transaction() as session:
        found = await holds.listed(session)
    lines = [
        f"{holds.public_id(one)}  placed {one.placed_at:%Y-%m-%d}  "
        f"{f'released {one.released_at:%Y-%m-%d}' if one.released_at else 'in force'}  {one.reason}"
        for one in found
    ]
    return "\n".join(lines) or "There is no hold."


async def storage_check(*, remove: bool) -> str:
    """Compare the store with the rows. Raises Differs if a file is lost or unnamed."""
    async with db.owner_transaction() as session:
        found = await orphans.check(session, remove=remove)
    told = [f"The store has {found.files} files of {found.bytes} bytes."]
    told += [f"No row names {key}" for key in found.unnamed_keys]
    told += [f"Lost, though a row names it: {key}" for key in found.lost_keys]
    told.append(
        f"{found.unnamed} files of {found.unnamed_bytes} bytes are named by no row"
        f"{' and will be removed' if remove and found.unnamed else ''}; {found.lost} are lost."
    )
    if found.lost or (found.unnamed and not remove):
        raise Differs("\n".join(told))
    return "\n".join(told)


async def account_add(spec: AccountSpec) -> str:
    """Save an account with its refresh token. Returns a sentence."""
    async with db.owner_transaction() as session:
        account = await accounts.add(session, spec)
    return f"{ids.encode('acc', account.id)}  {account.name}"


async def instances_sync() -> str:
    """Add and update the instances that AMC lists. Returns a sentence for each."""
    amc = Amc()
    try:
        found = await instances.sync(amc)
    finally:
        await amc.close()
    lines = [f"{ids.encode('inst', one.id)}  {one.instance_name}" for one in found]
    return "\n".join(lines) or "AMC shows no instance."


async def keys_rotate() -> str:
    """Encrypt again what other keys than the first one encrypted. Returns how much that was."""
    async with db.owner_transaction() as session:
        number = await secrets.rotate(session)
    return f"{number} sealed again. Keys after the first of ENCRYPTION_KEYS are needed no more."


async def user_add(
    email: str, name: str, *, role: str, issuer: str | None, subject: str | None
) -> str:
    """Add a person who may sign in. Returns a sentence."""
    async with db.owner_transaction() as session:
        user = await people.add(session, email, name, role=role, issuer=issuer, subject=subject)
    return f"{ids.encode('user', user.id)}  {user.email}"


async def member_add(email: str, instance: str, role: str) -> str:
    """Make a person a member of an instance, or change the role. Returns a sentence."""
    async with db.owner_transaction() as session:
        await instances.member_add(session, email, instance, role)
    return f"{email} is {role} of {instance}"


async def member_role(email: str, instance: str, role: str) -> str:
    """Change the role of a member. Returns a sentence."""
    async with db.owner_transaction() as session:
        await instances.member_role(session, email, instance, role)
    return f"{email} is {role} of {instance}"


async def member_remove(email: str, instance: str) -> str:
    """End a membership, and the work in this person's name there. Returns a sentence."""
    async with db.owner_transaction() as session:
        await instances.member_remove(session, email, instance)
    return f"{email} is no member of {instance} any more"


async def user_active(email: str, *, active: bool) -> str:
    """Let a person sign in, or not any more. Returns a sentence."""
    async with db.owner_transaction() as session:
        user = await people.set_active(session, email, active=active)
    return f"{user.email} may {'sign in' if active else 'no longer sign in'}"


async def instance_paused(instance: str, *, paused: bool, note: str | None = None) -> str:
    """Pause an instance, or resume it. Returns a sentence."""
    async with db.owner_transaction() as session:
        place = await instances.pause(session, instance, paused=paused, note=note)
    return f"{place.instance_name} {'is paused' if paused else 'goes on'}"


async def instance_limit(instance: str, limits: Callable[[], Limits]) -> str:
    """Change the limits of an instance. Returns a sentence with all of them."""
    async with db.owner_transaction() as session:
        place = await instances.limit(session, instance, limits())
    quota = "no daily quota" if place.daily_quota is None else f"{place.daily_quota} a day"
    return (
        f"{place.instance_name} runs {place.max_concurrent} at a time, "
        f"{place.schedule_reserve} of them reserved for schedules, {quota}"
    )


async def import_workflows(file: Path | None, instance: str, email: str) -> str:
    """Import saved queries from a file or from AMC. Returns what was imported."""
    async with db.owner_transaction() as session:
        place = await instances.named(session, instance)
        user = await people.by_email(session, email)
    document = await _saved(place) if file is None else _read(file)
    entries = imports.read(document, place)
    viewer = Viewer(user.id, user.email, user.name)
    async with db.owner_transaction() as session:
        imported = await imports.import_entries(session, viewer, place, entries)
    return imports.summary(entries, imported)


async def _saved(place: Instance) -> object:
    async with db.owner_transaction() as session:
        account, _ = await accounts.load(session, place.account_id)
    amc = Amc()
    try:
        return {"workflows": await amc.workflows(account, place.instance_id)}
    finally:
        await amc.close()


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_text("utf-8"))
    except OSError as failed:
        raise Invalid(f"{file} cannot be read: {failed.strerror}.") from failed
    except ValueError as broken:
        raise Invalid(f"{file} is no JSON: {broken}.") from broken


async def token(email: str, hours: float) -> str:
    """A token of this server for a person. Raises Conflict if the server takes another's tokens."""
    async with db.owner_transaction() as session:
        user = await people.by_email(session, email)
        await session.refresh(user, ["issuer", "subject"])
    if user.issuer != settings.token_issuer or not user.subject:
        raise Conflict(f"{email} signs in with tokens of {user.issuer}, not with ours.")
    life = timedelta(hours=hours)
    return tokens.issue(user.subject, user.email, name=user.name, lifetime=life)


def in_words(refusal: Exception) -> str:
    """The text to print for a result."""
    if isinstance(refusal, DatabaseAway | SQLAlchemyError | OSError) and not isinstance(
        refusal, ValueError
    ):
        cause = str(getattr(refusal, "orig", refusal)).strip().splitlines()[:1]
        words = cause[0] if cause else type(refusal).__name__
        return f"The database cannot be used: {words}. What may help: amc-reports doctor"
    return str(refusal)
