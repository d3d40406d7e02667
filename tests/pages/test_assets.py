"""The files of pages: those that are not ours are what their packages have, and nothing else is."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from graph.app import app
from graph.http.explorer import explorer
from graph.http.pages import pages
from tests.pages.browser import VENDOR

MEGABYTE = 1_000_000
SERVED = {"explorer": explorer.FILES, "pages": pages.FILES}
FOLDERS = {
    "explorer": explorer.FOLDER / "vendor",
    "pages": pages.FOLDER / "vendor",
    "tests": VENDOR,
}
SOURCES = [
    (folder, source)
    for folder in FOLDERS.values()
    for source in json.loads((folder / "sources.json").read_text())
]


@pytest.mark.parametrize(("folder", "source"), SOURCES, ids=[one["stored"] for _, one in SOURCES])
def test_a_foreign_file_is_what_its_package_has(folder: Path, source: dict[str, Any]):
    packed = (folder / source["stored"]).read_bytes()
    content = gzip.decompress(packed)

    assert hashlib.sha256(content).hexdigest() == source["sha256"]
    assert len(content) == source["bytes"]
    assert len(packed) < MEGABYTE


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_every_foreign_file_has_its_origin_and_licence(folder: Path):
    sources = [one for place, one in SOURCES if place == folder]
    assert {one.name for one in folder.glob("*.gz")} == {one["stored"] for one in sources}
    licences = (folder / "LICENCES.txt").read_text()
    for one in sources:
        assert f"{one['package']} {one['version']}" in licences


@pytest.mark.parametrize("files", SERVED.values(), ids=SERVED)
async def test_a_file_is_packed_for_whoever_can_unpack_it(files):
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://localhost:8000"
    ) as client:
        for asset in files.all:
            where = files.url(asset.plain_name)
            packed = await client.get(where, headers={"Accept-Encoding": "gzip"})
            plain = await client.get(where, headers={"Accept-Encoding": "identity"})
            assert packed.headers["content-encoding"] == "gzip"
            assert "content-encoding" not in plain.headers
            assert packed.content == plain.content == gzip.decompress(asset.packed)
            for found in (packed, plain):
                assert "immutable" in found.headers["cache-control"]
                assert found.headers["vary"] == "Accept-Encoding"
                assert found.headers["content-type"] == asset.media_type


@pytest.mark.parametrize("name", ["nothing.js", "page.html", "..%2F__init__.py", "LICENCES.txt"])
@pytest.mark.parametrize("address", ["explorer", "pages"])
async def test_nothing_else_is_served(address: str, name: str):
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://localhost:8000"
    ) as client:
        assert (await client.get(f"/{address}/{name}")).status_code == 404
