"""A store with the API of S3, as far as ours asks it. It checks the URLs that are signed for it."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain import storage
from domain.settings import settings
from tests.graph.server import serve

SECRET = "the secret of the store"
KEPT = ("content-disposition", "content-type")
MODIFIED = {"Last-Modified": "Mon, 02 Mar 2026 00:00:00 GMT", "ETag": '"1"'}


class ObjectStore:
    """The objects by their paths, and how far its clock is ahead."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.ahead = timedelta(0)

    async def serve(self, request: Request) -> Response:
        """Answer a request that carries a signature."""
        path = request.url.path
        if "authorization" not in request.headers and not self._is_signed(request):
            return Response(status_code=403)
        if request.method == "PUT":
            told = {name: request.headers[name] for name in KEPT if name in request.headers}
            self.objects[path] = (await request.body(), told)
            return Response(headers=MODIFIED)
        if path not in self.objects:
            return Response(status_code=404)
        content, told = self.objects[path]
        return Response(content, headers=told | MODIFIED)

    def _is_signed(self, request: Request) -> bool:
        """Whether the URL has a signature of version 4 that holds now."""
        given = dict(request.query_params)
        signature = given.pop("X-Amz-Signature", "")
        if not signature:
            return False
        asked = "&".join(f"{quote(k, '')}={quote(v, '')}" for k, v in sorted(given.items()))
        parts = (request.method, request.url.path, asked, f"host:{request.headers['host']}", "")
        canonical = "\n".join((*parts, "host", "UNSIGNED-PAYLOAD"))
        scope = given["X-Amz-Credential"].split("/")[1:]
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signed = "\n".join(("AWS4-HMAC-SHA256", given["X-Amz-Date"], "/".join(scope), digest))
        key = f"AWS4{SECRET}".encode()
        for part in (*scope, signed):
            key = hmac.digest(key, part.encode(), "sha256")
        made = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
        ends = made + timedelta(seconds=int(given["X-Amz-Expires"]))
        return hmac.compare_digest(key.hex(), signature) and datetime.now(UTC) + self.ahead < ends


@asynccontextmanager
async def s3(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ObjectStore]:
    """Keep results and exports in a store of objects instead of a folder."""
    store = ObjectStore()
    methods = ["GET", "HEAD", "PUT"]
    app = Starlette(routes=[Route("/{path:path}", store.serve, methods=methods)])
    async with serve(app) as address:
        for name, value in {
            "AWS_ENDPOINT": f"http://{address}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "us",
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }.items():
            monkeypatch.setenv(name, value)
        changed = settings.model_copy(update={"storage_url": "s3://bucket/reports"})
        monkeypatch.setattr(storage, "settings", changed)
        storage._at.cache_clear()
        yield store
    storage._at.cache_clear()
