"""Short-lived links to results. Whoever has a link may fetch the file for ten minutes."""

import hmac
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from domain import kinds, moments, pool, storage
from domain.errors import NotFound
from domain.executions import results, spreadsheets
from domain.executions.spreadsheets import CsvForm
from domain.kinds import Execution
from domain.settings import settings
from domain.storage import FileLost

LIFETIME = timedelta(minutes=10)
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


async def link(execution: Execution, form: Format, csv: CsvForm) -> Link:
    """Return a link to the result. Raises NotReady before there is one, NotFound once removed.

    Raises FileLost if its file is gone.
    """
    location = results.location(execution)
    if not await storage.exists(location):
        raise FileLost.gone()
    expires_at = (moments.now() + LIFETIME).replace(microsecond=0)
    if form is Format.PARQUET:
        direct = await storage.link(location, LIFETIME)
        if direct is not None:
            return Link(direct, expires_at)
    claims = {
        "aud": PURPOSE,
        "sub": location,
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


async def open_link(token: str, folder: Path) -> File:
    """Return the file of a link, written to `folder` if needed.

    Raises NotFound, FileLost and RateLimited.
    """
    try:
        claims = jwt.decode(token, key(), algorithms=["HS256"]).claims
        jwt.JWTClaimsRegistry(
            aud={"essential": True, "value": PURPOSE}, exp={"essential": True}
        ).validate(claims)
        location, name = str(claims["sub"]), str(claims["name"])
        csv = CsvForm(**claims.get("csv", {}))
    except (JoseError, ValueError, KeyError) as broken:
        raise NotFound("This link is invalid or has expired; ask for a new one.") from broken
    pool.act_for(str(claims.get("for", location)))
    return File(await pool.run(_file, location, name, folder, csv), name)


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
