"""Encrypts secrets at rest with AES-GCM, bound to the row and column they are stored in.

The stored bytes are the length of the key's id, the id, the nonce, and the ciphertext. A value
copied to another row or column cannot be decrypted there.
"""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from domain.models import Account, NoticeTarget
from domain.setting_types import encryption_keys
from domain.settings import settings

NONCE_BYTES = 12
# Every column that stores a secret.
SEALED: tuple[tuple[Any, Any], ...] = (
    (Account, Account.refresh_token),
    (NoticeTarget, NoticeTarget.secret),
)


class Misconfigured(Exception):
    """ENCRYPTION_KEYS is missing or wrong. The operator has to set it."""


class Sealed(Exception):
    """The value cannot be decrypted: it has another key or place, or it was changed."""


@lru_cache(maxsize=1)
def _keys(listed: str) -> Mapping[str, AESGCM]:
    """Return the keys by id, in order. The first one encrypts."""
    try:
        keys = encryption_keys(listed)
    except ValueError as wrong:
        raise Misconfigured(f"ENCRYPTION_KEYS {wrong}.") from wrong
    return {key_id: AESGCM(key) for key_id, key in keys.items()}


def _configured() -> Mapping[str, AESGCM]:
    return _keys(settings.encryption_keys.get_secret_value())


def _place(table: str, row: UUID, column: str) -> bytes:
    return f"{table}|{row}|{column}".encode()


def encrypt(clear: str, table: str, row: UUID, column: str) -> bytes:
    """Encrypt the text with the first key, for this column of this row only."""
    key_id, key = next(iter(_configured().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = key.encrypt(nonce, clear.encode(), _place(table, row, column))
    head = key_id.encode()
    return bytes([len(head)]) + head + nonce + sealed


def decrypt(stored: bytes, table: str, row: UUID, column: str) -> str:
    """Decrypt the text. Raises Sealed if it is not for this place, or no key fits."""
    key_id, rest = _split(stored)
    key = _configured().get(key_id)
    if key is None:
        raise Sealed(f"No key of ENCRYPTION_KEYS decrypts {table}.{column} of {row}.")
    try:
        clear = key.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _place(table, row, column))
    except (InvalidTag, ValueError) as broken:
        raise Sealed(f"{table}.{column} of {row} was not encrypted for this place.") from broken
    return clear.decode()


def _split(stored: bytes) -> tuple[str, bytes]:
    length = stored[0] if stored else 0
    return stored[1 : 1 + length].decode(errors="replace"), stored[1 + length :]


async def unreadable(session: AsyncSession) -> int:
    """Return how many secrets no key of ENCRYPTION_KEYS decrypts. Raises Misconfigured."""
    found = 0
    for model, column in SEALED:
        for key, sealed in await session.execute(
            select(model.id, column).where(column.is_not(None))
        ):
            try:
                decrypt(sealed, model.__tablename__, key, column.key)
            except Sealed:
                found += 1
    return found


async def rotate(session: AsyncSession) -> int:
    """Encrypt with the first key what other keys have encrypted, and return how many secrets.

    Afterwards, the other keys can be removed from ENCRYPTION_KEYS.
    """
    newest = next(iter(_configured()))
    changed = 0
    for model, column in SEALED:
        rows = await session.scalars(
            select(model)
            .where(column.is_not(None))
            .options(undefer(column))
            .order_by(model.id)
            .with_for_update(key_share=True)
        )
        for row in rows:
            sealed = getattr(row, column.key)
            if _split(sealed)[0] != newest:
                place = (model.__tablename__, row.id, column.key)
                setattr(row, column.key, encrypt(decrypt(sealed, *place), *place))
                changed += 1
    await session.flush()
    return changed
