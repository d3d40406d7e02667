"""Links to exported files. A link names its person, and ends with that person's right to see.

Whoever has a link may fetch the file for an hour. Each request reads the export again as the person
that the link was made for. So a share that is taken back, a membership that ends and a person who
may no longer sign in end the link at once.

S3 serves its files by itself. A request with a link is then sent on to a URL that the store signs
for half a minute. No other URL of the store is handed out, so rights are never older than that.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError

from domain import ids, moments, pool, storage
from domain.db import transaction
from domain.errors import NotFound, NotReady
from domain.executions import links
from domain.executions.links import DIRECT, INVALID, Elsewhere, Link
from domain.models import ReportExport
from domain.settings import settings
from domain.storage import FileLost
from domain.viewer import Viewer

LIFETIME = timedelta(hours=1)
PURPOSE = "export"


@dataclass(frozen=True)
class ExportFile:
    """An exported file to serve, with its name and checksum."""

    path: Path
    name: str
    checksum: str


def link(export: ReportExport, until: datetime | None = None) -> Link:
    """Return a link to the file, for LIFETIME or until this moment.

    Raises NotReady before there is one, NotFound once it is gone.
    """
    if export.state in ("pending", "running"):
        raise NotReady("The export is not ready yet.", field="id")
    if export.state != "completed" or _is_over(export):
        raise NotFound(f"The export has no file: it is {_word(export)}.", field="id")
    ends = until or moments.now() + LIFETIME
    if export.expires_at is not None:
        ends = min(ends, export.expires_at)
    expires_at = ends.replace(microsecond=0)
    claims = {
        "aud": PURPOSE,
        "sub": ids.encode("exp", export.id),
        "for": ids.encode("user", export.exported_by or UUID(int=0)),
        "exp": int(expires_at.timestamp()),
    }
    token = jwt.encode({"alg": "HS256"}, claims, links.key())
    return Link(f"{settings.public_url}/exports/{token}", expires_at)


def _is_over(export: ReportExport) -> bool:
    return export.expires_at is not None and export.expires_at <= moments.now()


def _word(export: ReportExport) -> str:
    return "expired" if export.state == "completed" else export.state


async def open_link(token: str, folder: Path) -> ExportFile | Elsewhere:
    """Return the file of a link, or where S3 serves it.

    It is written to `folder` if the store is another one. Raises NotFound and FileLost.
    """
    export_id, person = _claims(token)
    async with transaction(Viewer(user_id=person, email="", name="")) as session:
        export = await session.get(ReportExport, export_id)
    if export is None or export.file_url is None or _is_over(export):
        raise NotFound(INVALID)
    if (direct := await storage.link(export.file_url, DIRECT)) is not None:
        if not await storage.exists(export.file_url):
            raise FileLost.gone()
        return Elsewhere(direct)
    pool.act_for(person)
    path = await pool.run(storage.fetch_now, export.file_url, folder)
    if export.file_size_bytes != path.stat().st_size:
        raise FileLost.damaged()
    return ExportFile(path, export.file_name or "export", export.checksum or "")


def _claims(token: str) -> tuple[UUID, UUID]:
    """Return the export and the person that a link names. Raises NotFound."""
    try:
        claims = jwt.decode(token, links.key(), algorithms=["HS256"]).claims
        jwt.JWTClaimsRegistry(
            now=int(moments.now().timestamp()),
            aud={"essential": True, "value": PURPOSE},
            exp={"essential": True},
        ).validate(claims)
        return ids.decode("exp", str(claims["sub"])), ids.decode("user", str(claims["for"]))
    except (JoseError, ValueError, KeyError, NotFound) as broken:
        raise NotFound(INVALID) from broken
