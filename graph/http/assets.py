"""Static files of pages, compressed once and named by a hash of their content."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from graph.http import accept

TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A static file with its headers. Browsers may cache it for ever, as its name has its hash."""

    plain_name: str
    name: str
    media_type: str
    packed: bytes


def _asset(plain_name: str, digest: str, packed: bytes) -> Asset:
    path = Path(plain_name)
    return Asset(plain_name, f"{path.stem}.{digest[:16]}{path.suffix}", TYPES[path.suffix], packed)


class Assets:
    """The scripts and styles of a folder, and third-party files in its `vendor/`.

    `vendor/sources.json` has the origin and the hash of each third-party file.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        sources = json.loads((folder / "vendor" / "sources.json").read_text())
        foreign = [self._foreign(folder / "vendor" / one["stored"], one) for one in sources]
        own = [self._own(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES]
        self.all = [*foreign, *own]
        self._by_name = {one.name: one for one in self.all}
        self._by_plain_name = {one.plain_name: one for one in self.all}

    @staticmethod
    def _foreign(path: Path, source: dict[str, str]) -> Asset:
        return _asset(path.name.removesuffix(".gz"), source["sha256"], path.read_bytes())

    @staticmethod
    def _own(path: Path) -> Asset:
        content = path.read_bytes()
        packed = gzip.compress(content, mtime=0)
        return _asset(path.name, hashlib.sha256(content).hexdigest(), packed)

    def url(self, plain_name: str) -> str:
        """The URL of a file with its present content."""
        return f"{self.address}/{self._by_plain_name[plain_name].name}"

    def imports(self) -> dict[str, str]:
        """The import map by which scripts import each other by plain names."""
        scripts = [one.plain_name for one in self.all if one.plain_name.endswith(".js")]
        return {f"{self.address}/{name}": self.url(name) for name in scripts}

    async def serve(self, request: Request) -> Response:
        """Serve a file, compressed if the client accepts it."""
        found = self._by_name.get(request.path_params["name"])
        if found is None:
            return Response("There is no such file.", status_code=404, media_type="text/plain")
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        content = found.packed
        if accept.preferred(request.headers.get("accept-encoding", ""), ("gzip",)):
            headers["Content-Encoding"] = "gzip"
        else:
            content = gzip.decompress(content)
        return Response(content, media_type=found.media_type, headers=headers)
