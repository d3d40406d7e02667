"""Exports in S3: the store serves the files, and our links decide who is sent there."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.dashboards.dashboards import UNSHARE
from tests.exports.exports import CREATE, LINK, export, fetched
from tests.exports.object_store import s3


async def test_a_link_leads_to_the_store_for_as_long_as_the_person_may_see(
    ask, do, shared, dora, monkeypatch
):
    async with s3(monkeypatch) as store, httpx2.AsyncClient() as browser:
        key = (await ask(CREATE, export=export("CSV", dashboardId=shared), by=dora))["id"]
        await do()
        link = (await ask(LINK, id=key, by=dora))["download"]["url"]
        assert "bucket" not in link, "the store's own URL is not handed out"

        sent = await fetched(link)
        assert (sent.status_code, sent.headers["cache-control"]) == (307, "private, no-store")
        signed = sent.headers["location"]
        assert parse_qs(urlsplit(signed).query)["X-Amz-Expires"] == ["30"]
        file = await browser.get(signed)
        assert (file.status_code, file.text.splitlines()[0][:6]) == (200, "widget")
        assert file.headers["content-disposition"].startswith("attachment; filename*=utf-8''")
        assert file.headers["content-type"] == "text/csv; charset=utf-8"
        assert (await browser.get(signed.split("?")[0])).status_code == 403
        assert (await browser.get(signed.replace("=30&", "=3000&"))).status_code == 403

        await ask(UNSHARE, id=shared, email="dora@example.com")
        assert (await fetched(link)).status_code == 404
        store.ahead = timedelta(seconds=31)
        assert (await browser.get(signed)).status_code == 403, "what was signed before has ended"


async def test_a_file_that_the_store_has_lost_is_told_of(ask, do, shown, monkeypatch):
    async with s3(monkeypatch) as store:
        key = (await ask(CREATE, export=export("CSV", dashboardId=shown)))["id"]
        await do()
        link = (await ask(LINK, id=key))["download"]["url"]
        store.objects.clear()
        lost = await fetched(link)
        assert (lost.status_code, "is gone" in lost.text) == (404, True)
