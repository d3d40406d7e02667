"""The pages: what they are made of, what they may do, and that they ask what there is to ask."""

import re

import graphql
import httpx2
import pytest

from graph.app import app
from graph.http.pages import pages
from graph.schema import schema

DIGITS = "0123456789abcdef0123456789abcdef"
ADDRESSES = [
    address.replace("{id}", f"{prefix}_{DIGITS}") for address, (_, prefix) in pages.PAGES.items()
]
HTML = sorted(pages.FOLDER.glob("*.html"))
SCRIPTS = sorted(pages.FOLDER.glob("*.js"))
DOCUMENTS = [
    (path.name, found)
    for path in SCRIPTS
    for found in re.findall(
        r"`\s*((?:query|subscription|mutation|\{)[^`$]*(?:\$\w[^`$]*)*)`", path.read_text()
    )
]


@pytest.fixture
async def client():
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://localhost:8000"
    ) as made:
        yield made


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_page_may_run_only_what_is_ours(client, address: str):
    page = await client.get(address)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    policy = dict(one.split(" ", 1) for one in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["style-src"] == policy["connect-src"] == "'self'"
    assert re.fullmatch(r"'self' 'sha256-[\w+/=]+'", policy["script-src"])


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_file_of_a_page_is_here(client, address: str):
    page = (await client.get(address)).text
    files = re.findall(r'(?:src|href)="(/pages/[^"]+)"', page)
    files += re.findall(r': "(/pages/[^"]+)"', page)
    assert len(files) > 5
    for name in files:
        assert (await client.get(name)).status_code == 200


@pytest.mark.parametrize("path", [*HTML, *SCRIPTS], ids=lambda path: path.name)
def test_nothing_of_a_page_is_from_elsewhere(path):
    found = re.findall(r"https?://[\w.]+", path.read_text())
    assert set(found) <= {"http://www.w3.org"}  # the name of SVG, which nobody asks for


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_data_is_never_read_as_html(path):
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", path.read_text()
    )


@pytest.mark.parametrize("id", ["col_1", f"inst_{DIGITS}", "<script>", "dash_" + "g" * 32])
@pytest.mark.parametrize("of", ["collections", "dashboards", "reports"])
async def test_what_is_no_id_has_no_page(client, of: str, id: str):
    found = await client.get(f"/{of}/{id}")
    assert found.status_code == 404
    assert found.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("name", "document"),
    [pytest.param(*one, id=one[0]) for one in DOCUMENTS],
)
def test_what_a_page_asks_is_valid_against_the_schema(name: str, document: str):
    found = graphql.validate(graphql.build_schema(schema.as_str()), graphql.parse(document))
    assert found == []


def test_every_page_asks_something():
    asking = {name for name, _ in DOCUMENTS}
    shown = {path.stem for path in HTML} - {"frame"}
    assert {f"{name}.js" for name in shown} <= asking
