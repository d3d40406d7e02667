"""The object store of results: a folder by default, or S3 and others by URL."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store, from_url

from domain.errors import NotFound
from domain.settings import settings

if TYPE_CHECKING:
    from obstore.store import ObjectStore

FETCHED_AT_ONCE = 8
COPIED = 1 << 20  # bytes at a time
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".csv": "text/csv; charset=utf-8",
        ".parquet": "application/vnd.apache.parquet",
        ".pdf": "application/pdf",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)

AGAIN = "Run or collect it again, or restore the store of results from a backup."


class FileLost(NotFound):
    """Raised if the stored file of a result is gone or damaged. The message says what to do."""

    @classmethod
    def gone(cls) -> "FileLost":
        """Return the error for a file that is not in the store."""
        return cls(f"The file of this result is gone. {AGAIN}")

    @classmethod
    def damaged(cls) -> "FileLost":
        """Return the error for a file that is not what was stored."""
        return cls(f"The file of this result is damaged. {AGAIN}")


@cache
def _at(url: str) -> "ObjectStore":
    if url.startswith("file://"):
        Path(unquote(urlsplit(url).path)).mkdir(parents=True, exist_ok=True)
    return from_url(url)


class StoreRefused(OSError):
    """The object store failed or refused. It may work a moment later."""


@contextlib.contextmanager
def _asked(url: str | None = None) -> Iterator["ObjectStore"]:
    """Ask a store. Raises StoreRefused, and FileNotFoundError for a file that is not there."""
    try:
        yield _at(url or settings.storage_url)
    except BaseError as failed:
        raise StoreRefused(str(failed)) from failed


async def put(path: Path, key: str, name: str | None = None) -> None:
    """Store a file under a key. Keys contain checksums, so the same key has the same bytes.

    A store that serves the file by itself tells browsers to save it under `name`.
    """
    with _asked() as store:
        if name is None or isinstance(store, LocalStore):
            await obstore.put_async(store, key, path)
            return
        told = {
            "Content-Disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}",
            "Content-Type": MEDIA_TYPES[path.suffix],
        }
        await obstore.put_async(store, key, path, attributes=told)


async def exists(key: str) -> bool:
    """Return whether there is a file under the key."""
    try:
        with _asked() as store:
            await obstore.head_async(store, key)
    except FileNotFoundError:
        return False
    return True


async def remove(key: str) -> None:
    """Remove the file under the key. Repeating it changes nothing."""
    with contextlib.suppress(FileNotFoundError), _asked() as store:
        await obstore.delete_async(store, key)


@dataclass(frozen=True)
class Stored:
    """A file of the store."""

    key: str
    size: int
    stored_at: datetime


async def files(url: str | None = None) -> AsyncIterator[Stored]:
    """Yield all files of our store or of the one at the URL, in no order, in bounded memory."""
    with _asked(url) as store:
        async for page in obstore.list(store, chunk_size=1000):
            for one in page:
                yield Stored(one["path"], one["size"], one["last_modified"])


async def copy(key: str, source: str, target: str) -> int:
    """Copy a file between the stores at these URLs, in bounded memory. Returns its bytes.

    Raises FileNotFoundError, and StoreRefused.
    """
    with _asked(source) as store:
        found = await obstore.get_async(store, key)
        await obstore.put_async(_at(target), key, found.stream(min_chunk_size=COPIED))
        return int(found.meta["size"])


def fetch_now(key: str, folder: Path) -> Path:
    """Return a local copy of the file under the key. Blocks. Raises FileLost and StoreRefused."""
    if settings.storage_url.startswith("file://"):
        folder_of_results = Path(unquote(urlsplit(settings.storage_url).path))
        path = folder_of_results.joinpath(*key.split("/"))
        if not path.is_file():
            raise _missing(folder_of_results)
        return path
    path = folder / key.rsplit("/", 1)[-1]
    try:
        with path.open("wb") as file, _asked() as store:
            for chunk in obstore.get(store, key):
                file.write(chunk)
    except FileNotFoundError as gone:
        raise FileLost.gone() from gone
    return path


def _missing(folder_of_results: Path) -> Exception:
    """Return why a file is not there. Without any other file, its disk is not mounted."""
    if folder_of_results.is_dir() and any(folder_of_results.iterdir()):
        return FileLost.gone()
    return StoreRefused("The folder of results is not there, or it is empty.")


@cache
def _fetchers() -> ThreadPoolExecutor:
    """Threads that wait for the store, so that neither the pool nor the bus waits for it."""
    return ThreadPoolExecutor(FETCHED_AT_ONCE, thread_name_prefix="storage")


async def fetch_all(keys: Collection[str], folder: Path) -> tuple[dict[str, Path], Path]:
    """Return local copies of the files under these keys, by key, and a folder above all of them.

    Raises FileLost.
    """
    loop, threads = asyncio.get_running_loop(), _fetchers()
    fetched = await asyncio.gather(
        *(loop.run_in_executor(threads, fetch_now, key, folder) for key in keys)
    )
    # A store on disk gives its own files, which lie in several folders.
    above = Path(os.path.commonpath([one.parent for one in fetched])) if fetched else folder
    return dict(zip(keys, fetched, strict=True)), above


async def link(key: str, lifetime: timedelta) -> str | None:
    """Return a link that anyone can open for `lifetime`. None if the store is a folder on disk."""
    with _asked() as store:
        if isinstance(store, S3Store):
            return await obstore.sign_async(store, "GET", key, lifetime)
    return None
