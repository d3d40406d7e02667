"""What a notice carries: the file of an export, or a link to it, for the export's person."""

from datetime import timedelta
from uuid import UUID

from domain import ids, pool, scratch, storage
from domain.db import transaction
from domain.exports import links
from domain.models import ReportExport
from domain.notices.mail import Attachment
from domain.settings import settings
from domain.storage import FileLost
from domain.viewer import Viewer

LIFETIME = timedelta(days=7)  # of a link in a notice; the right to see may end it earlier
NOT_SEEN = "No file: you may no longer see what it shows."


async def of(export: ReportExport) -> Attachment:
    """Return the file of an export as its person may see it now, or why there is none.

    Every call gives the same link.
    """
    person = Viewer(user_id=export.exported_by or UUID(int=0), email="", name="")
    async with transaction(person) as session:
        seen = await session.get(ReportExport, export.id)
    if seen is None:
        return Attachment(NOT_SEEN)
    if seen.state != "completed" or seen.file_url is None or seen.completed_at is None:
        why = seen.error_message or f"it is {seen.state}."
        return Attachment(f"The file could not be made: {why}")
    link = links.link(seen, seen.completed_at + LIFETIME)
    told = {
        "id": ids.encode("exp", seen.id),
        "fileName": seen.file_name,
        "sizeBytes": seen.file_size_bytes,
        "checksum": seen.checksum,
        "missingParts": seen.missing_parts,
        "url": link.url,
        "urlExpiresAt": link.expires_at.isoformat(),
    }
    missing = "".join(f"\nNot shown: {one}" for one in seen.missing_parts)
    if (seen.file_size_bytes or 0) > settings.mail_attachment_bytes:
        says = f"The file is too large for a mail: {seen.file_name}\n{link.url}"
        return Attachment(f"{says}{missing}", told)
    try:
        content = await pool.run(_read, seen.file_url)
    except FileLost as lost:
        return Attachment(str(lost), told)
    says = f"Attached: {seen.file_name}{missing}"
    return Attachment(says, told, seen.file_name or "export", content)


def _read(key: str) -> bytes:
    with scratch.folder() as folder:
        return storage.fetch_now(key, folder).read_bytes()
