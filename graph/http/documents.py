"""Operations that clients name by the SHA-256 of their text instead of sending the text.

Two protocols are served. With Apollo's `extensions.persistedQuery` a client sends the text once,
and the server keeps it for others. With `documentId` of GraphQL over HTTP an operator has listed
the text. A hash gives no rights: its text is checked, measured and run like any other.
"""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from domain.bus import bus
from domain.errors import DocumentNotTrusted, Invalid, PersistedQueryNotFound
from graph.http.limits import limits

HASH = re.compile(r"[0-9a-f]{64}")
PREFIX = "sha256:"
HERE = 500  # number of documents that a process keeps
LONGEST = 20_000  # length in characters up to which a document is kept
SLOTS = 4096  # number of slots in Redis: 80 MB of documents at most, whatever clients send
KEPT = 86_400  # lifetime in Redis in seconds


class Documents:
    """Finds the text of the operation that a request names.

    `trusted` has listed texts by their hash. With `only_trusted` all other texts are refused,
    whether a request names or sends them.
    """

    def __init__(
        self, trusted: Mapping[str, str] | None = None, *, only_trusted: bool = False
    ) -> None:
        self.trusted, self.only_trusted = dict(trusted or {}), only_trusted
        self._here: OrderedDict[str, str] = OrderedDict()  # least recently used first

    async def text(self, request: Mapping[str, Any]) -> str:
        """The text that a request sends or names. Raises DomainError."""
        named, text = _hash_in(request), request.get("query")
        if not text and not named:
            raise Invalid("`query` is missing.", field="query")
        if not text:
            return await self._find(str(named))
        if named and named != hash_of(text):
            raise Invalid("The hash is not the SHA-256 of `query`.", field="query")
        if self.only_trusted and hash_of(text) not in self.trusted:
            raise DocumentNotTrusted(
                "This server runs only documents that its operator has listed."
            )
        if named and named not in self.trusted:
            await self._keep(named, text)
        return str(text)

    async def _find(self, named: str) -> str:
        if (text := self.trusted.get(named)) is not None:
            return text
        if self.only_trusted:
            raise DocumentNotTrusted(
                "This server runs only documents that its operator has listed."
            )
        if (text := self._here.get(named)) is not None:
            self._here.move_to_end(named)
            return text
        text = await bus.kept(_slot(named))
        if text is None or hash_of(text) != named:  # another document may have taken the slot
            raise PersistedQueryNotFound
        self._keep_here(named, text)
        return text

    async def _keep(self, named: str, text: str) -> None:
        """Keep a text for other requests, if it can be parsed."""
        if len(text) > LONGEST:
            return
        await limits.prepare(text)
        try:
            limits.read(text)
        except (GraphQLError, RecursionError):
            return
        self._keep_here(named, text)
        await bus.keep(_slot(named), text, KEPT)

    def _keep_here(self, named: str, text: str) -> None:
        self._here[named] = text
        self._here.move_to_end(named)
        if len(self._here) > HERE:
            self._here.popitem(last=False)


def names_a_document(request: Mapping[str, Any]) -> bool:
    """True if a request names a document, so that it needs no text."""
    extensions = request.get("extensions")
    by_apollo = isinstance(extensions, Mapping) and extensions.get("persistedQuery") is not None
    return by_apollo or request.get("documentId") is not None


def hash_of(text: str) -> str:
    """The SHA-256 of a text in lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path) -> dict[str, str]:
    """Read the trusted documents from a file of `amc-reports documents`. Raises ValueError."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as wrong:
        raise ValueError(f"TRUSTED_DOCUMENTS: {path} cannot be read: {wrong}") from wrong
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ValueError(f"TRUSTED_DOCUMENTS: {path} is not a JSON object of texts by their hash.")
    texts = {name.removeprefix(PREFIX): text for name, text in found.items()}
    for name, text in texts.items():
        if name != hash_of(text):
            raise ValueError(f"TRUSTED_DOCUMENTS: {path}: {name} is not the hash of its text.")
    return texts


def _hash_in(request: Mapping[str, Any]) -> str | None:
    """The hash that a request names. Raises Invalid if its form is unknown."""
    document_id, persisted = request.get("documentId"), None
    if extensions := request.get("extensions"):
        persisted = extensions.get("persistedQuery")
    by_id = by_apollo = None
    if document_id is not None:
        by_id = document_id.removeprefix(PREFIX)
        if not document_id.startswith(PREFIX) or not HASH.fullmatch(by_id):
            raise Invalid("`documentId` is `sha256:` and 64 hex digits.", field="documentId")
    if persisted is not None:
        by_apollo = _hash_of_apollo(persisted)
    if by_id and by_apollo and by_id != by_apollo:
        raise Invalid("`documentId` and `persistedQuery` name different documents.")
    return by_id or by_apollo


def _hash_of_apollo(persisted: object) -> str:
    field = "extensions.persistedQuery"
    if not isinstance(persisted, Mapping) or persisted.get("version") != 1:
        raise Invalid("This server knows only version 1 of `persistedQuery`.", field=field)
    given = persisted.get("sha256Hash")
    if not isinstance(given, str) or not HASH.fullmatch(given.lower()):
        raise Invalid("`sha256Hash` is 64 hex digits.", field=field)
    return given.lower()


def _slot(named: str) -> str:
    """The Redis key of a document. Several hashes share a slot, which keeps the newest document."""
    return f"document:{int(named[:8], 16) % SLOTS}"
