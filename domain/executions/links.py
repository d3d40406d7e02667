"""Short-lived links to results.

Whoever has a link may fetch the file for ten minutes, for as long as the person who asked for the
link may sign in and see the execution.
"""

import hmac
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import exists, func, select

from domain import ids, kinds, moments, pool, storage
from domain.db import transaction
from domain.errors import NotFound
from domain.executions import results, spreadsheets
from domain.executions.spreadsheets import CsvForm
from domain.kinds import Execution
from domain.settings import settings
from domain.storage import FileLost
from domain.viewer import Viewer

LIFETIME = timedelta(minutes=10)
DIRECT = timedelta(seconds=30)  # of a link to the object store, which is followed at once
INVALID = "This link is invalid or has expired; ask for a new one."
PURPOSE = "result"  # keeps a link's token from being used for anything else


class Format(Enum):
    """The file format of a downloaded result."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Link:
    """Where a file can be fetched, and until when."""

    url: str
    expires_at: datetime


def _secret() -> bytes:
    return settings.signing_secret.get_secret_value().encode()


def key() -> OctKey:
    """Return the key that signs links."""
    return OctKey.import_key(_secret())


async def link(viewer: Viewer, execution: Execution, form: Format, csv: CsvForm) -> Link:
    """Return a link to the result. Raises NotReady before there is one, NotFound once removed.

    Raises FileLost if its file is gone.
    """
    location = results.location(execution)
    if not await storage.exists(location):
        raise FileLost.gone()
    expires_at = (moments.now() + LIFETIME).replace(microsecond=0)
    claims = {
        "aud": PURPOSE,
        "sub": location,
        "who": viewer.user_id.hex,
        "of": kinds.public_id(execution),
        "name": f"{kinds.public_id(execution)}.{form.value}",
        "csv": asdict(csv),
        "exp": int(expires_at.timestamp()),
        "for": _share(pool.asker()),
    }
    token = jwt.encode({"alg": "HS256"}, claims, key())
    return Link(f"{settings.public_url}/files/{token}", expires_at)


@dataclass(frozen=True)
class File:
    """A local file to serve, and the name people save it under."""

    path: Path
    name: str


@dataclass(frozen=True)
class Elsewhere:
    """The URL at which the object store serves a file itself."""

    url: str


async def open_link(token: str, folder: Path) -> File | Elsewhere:
    """Return the file of a link, written to `folder` if needed.

    Raises NotFound, also once the person may no longer see it; FileLost and RateLimited.
    """
    try:
        claims = jwt.decode(token, key(), algorithms=["HS256"]).claims
        jwt.JWTClaimsRegistry(
            now=int(moments.now().timestamp()),
            aud={"essential": True, "value": PURPOSE},
            exp={"essential": True},
        ).validate(claims)
        location, name = str(claims["sub"]), str(claims["name"])
        who, of = UUID(claims["who"]), str(claims["of"])
        csv = CsvForm(**claims.get("csv", {}))
    except (JoseError, ValueError, KeyError) as broken:
        raise NotFound(INVALID) from broken
    await _check(who, of)
    if name.endswith(".parquet"):
        direct = await storage.link(location, DIRECT)
        if direct is not None:
            return Elsewhere(direct)
    pool.act_for(str(claims.get("for", location)))
    return File(await pool.run(_file, location, name, folder, csv), name)


async def _check(who: UUID, public_id: str) -> None:
    """Raise NotFound unless the person may sign in and see the execution now."""
    kind = kinds.of_id(public_id)
    async with transaction(Viewer(who, "", "")) as session:
        allowed = await session.scalar(
            select(func.i_may_sign_in()).where(
                exists().where(
                    kind.execution.model.id == ids.decode(kind.execution.prefix, public_id)
                )
            )
        )
    if not allowed:
        raise NotFound(INVALID)


def _file(location: str, name: str, folder: Path, csv: CsvForm) -> Path:
    parquet = storage.fetch_now(location, folder)
    if name.endswith(".parquet"):
        return parquet
    target = folder / "result.csv"
    spreadsheets.write(parquet, target, csv)
    return target


def _share(asker: Hashable) -> str:
    """Return an opaque name for the share that making the file counts towards."""
    return hmac.digest(_secret(), f"share {asker}".encode(), "sha256").hex()[:16]
