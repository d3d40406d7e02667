"""The documents of old views, which are kept in the object store and read from there."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from domain import pool, scratch, storage

FASTEST = 1  # of gzip's levels: the documents shrink to a tenth with any


def key(view_id: UUID, version: int) -> str:
    """Return the key of a view's documents. `version` tells one drawing from another."""
    return f"views/{view_id.hex}/{version}.json.gz"


def pack(documents: Mapping[str, Any]) -> bytes:
    """Return the documents as they are stored, in their own order: metrics are listed in it."""
    return gzip.compress(orjson.dumps(documents), FASTEST, mtime=0)


async def store(packed: Mapping[str, bytes]) -> None:
    """Store documents by their keys."""
    with scratch.folder() as folder:
        for number, (location, content) in enumerate(packed.items()):
            path = folder / str(number)
            path.write_bytes(content)
            await storage.put(path, location)


async def read(keys: list[str]) -> dict[str, dict[str, Any]]:
    """Return the documents under these keys. Raises FileLost."""
    with scratch.folder() as folder:
        paths, _ = await storage.fetch_all(dict.fromkeys(keys), folder)
        return await pool.run(_read, paths)


def _read(paths: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    return {one: orjson.loads(gzip.decompress(path.read_bytes())) for one, path in paths.items()}
