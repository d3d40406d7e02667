"""Notices by webhook: signed, to the public internet only, and endpoints that misbehave."""

import hashlib
import hmac
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from domain import addresses, db
from domain.errors import Invalid
from domain.notices import webhooks
from tests.notices.notices import pass_time, rows, states, tells
from tests.notices.servers import Endpoint, dripping


async def test_a_webhook_is_signed_with_its_secret(alice, endpoint, happens, deliver):
    secret = (await tells(alice, "webhook", endpoint.url)).secret
    await happens("COMPLETED", row_count=7)
    await deliver()

    (heard,) = endpoint.heard
    (notice,) = await rows()
    signed = heard.headers["x-amc-reports-timestamp"].encode() + b"." + heard.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert heard.headers["x-amc-reports-signature"] == f"sha256={expected}"
    assert heard.headers["x-amc-reports-event"] == "COMPLETED"
    assert heard.delivery == heard.told["id"] == str(notice.id)
    assert heard.headers["content-type"] == "application/json"
    assert heard.told["data"] == {"name": "Weekly reach", "row_count": 7}


async def test_a_secret_is_shown_once_and_sealed_from_then_on(alice, endpoint):
    added = await tells(alice, "webhook", endpoint.url)

    async with db.owner_transaction() as session:
        kept = await session.scalar(text("SELECT secret FROM notice_targets"))
    assert len(added.secret) >= 32
    assert added.secret.encode() not in kept
    assert added.secret not in repr(added)


async def test_410_switches_a_webhook_off(alice, endpoint, happens, deliver):
    await tells(alice, "webhook", endpoint.url)
    endpoint.status = 410
    await happens("FAILED", "1")
    await deliver()
    endpoint.status = 204

    assert await happens("FAILED", "2") == 0
    assert len(endpoint.heard) == 1
    (notice,) = await rows()
    assert (notice.state, notice.last_error) == (
        "failed",
        "The answer was HTTP 410: nothing more is sent to this address.",
    )


async def test_what_waits_for_a_webhook_that_is_gone_is_not_sent(alice, endpoint, happens, deliver):
    await tells(alice, "webhook", endpoint.url)
    await endpoint.stop()
    await happens("FAILED", "1")
    await happens("FAILED", "2")
    await deliver()
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE notice_targets SET is_active = false"))
    await endpoint.start()
    await pass_time()
    await deliver()

    assert (endpoint.heard, await states()) == ([], ["failed", "failed"])


@pytest.mark.parametrize("status", [301, 302, 307, 404, 429, 500])
async def test_other_answers_are_no_success_and_redirects_lead_nowhere(
    alice, endpoint, happens, deliver, status
):
    await tells(alice, "webhook", endpoint.url)
    endpoint.status = status
    await happens("FAILED")
    await deliver()

    assert (len(endpoint.heard), await states()) == (1, ["pending"])


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/hook",
        "https://localhost./hook",
        "https://10.0.0.1/hook",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://[::ffff:a00:1]/hook",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://134744072/",  # 8.8.8.8, to some
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "http://2130706433/",
        "http://8.8.8.8/",
        "https://user@8.8.8.8/",
        "https://user:password@8.8.8.8/",
        "https://8.8.8.8@10.0.0.1/",
        "https://8.8.8.8\\@10.0.0.1/",
        "https:///hook",
        "https://",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "//8.8.8.8/",
        "https://8.8.8.8/a b",
        "https://8.8.8.8/\r\nX-Evil: 1",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
        "https://nowhere.invalid/",
        "https://8.8.8.8/" + "a" * 2000,
        "",
    ],
)
async def test_a_webhook_leads_to_the_public_internet_only(alice, url):
    with pytest.raises(Invalid) as refused:
        await tells(alice, "webhook", url)

    assert refused.value.field == "address"


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
async def test_addresses_of_the_internet_are_public(address):
    assert addresses.is_public(address)


async def test_a_webhook_of_the_internet_is_accepted(alice):
    added = await tells(alice, "webhook", "https://8.8.8.8:8443/hook")

    assert (added.target.kind, added.target.is_active) == ("webhook", True)


async def test_a_name_that_leads_inside_by_now_is_not_connected_to(
    alice, endpoint, happens, deliver, operator_sets
):
    # As if its name had been pointed at another address since: then it was allowed, now not.
    await tells(alice, "webhook", endpoint.url)
    operator_sets(webhook_allow_private=False)
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE notice_targets SET address = replace(address, 'http:', 'https:')")
        )
    await happens("FAILED")
    await deliver()

    (notice,) = await rows()
    assert (endpoint.heard, notice.state) == ([], "pending")
    assert notice.last_error == "127.0.0.1 cannot be found on the public internet."


async def test_the_checked_address_is_connected_to_in_the_name_of_the_host(endpoint):
    """The name does not exist: whoever asked again where it is would not arrive."""
    url = webhooks.parse(f"http://hooks.nowhere.invalid:{endpoint.port}/hook")
    status = await webhooks.post(url, ["127.0.0.1"], {"X-One": "1"}, b"{}")

    (heard,) = endpoint.heard
    assert (status, heard.body) == (204, b"{}")
    assert heard.headers["host"] == f"hooks.nowhere.invalid:{endpoint.port}"


async def test_another_address_is_tried_where_one_does_not_answer(endpoint):
    url = webhooks.parse(f"http://hooks.nowhere.invalid:{endpoint.port}/hook")

    assert await webhooks.post(url, ["::1", "127.0.0.1"], {}, b"{}") == 204


async def test_the_host_has_to_prove_its_name_also_at_a_checked_address(certificate):
    secure = Endpoint()
    await secure.start(**certificate)

    def post(host: str) -> Any:
        url = httpx2.URL(f"https://{host}:{secure.port}/hook")
        return webhooks.post(url, ["127.0.0.1"], {}, b"{}")

    try:
        assert await post("localhost") == 204
        for other in ("127.0.0.1", "hooks.nowhere.invalid"):
            with pytest.raises(httpx2.ConnectError, match="certificate"):
                await post(other)
        assert len(secure.heard) == 1
    finally:
        await secure.stop()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "drop", "told"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n", "There was no answer within 0.3 seconds."),
        (b"", b"", "There was no answer within 0.3 seconds."),
        (b"HTTP/1.1 what\r\n\r\n", b"ever", "The connection failed."),
        (OK, b"for ever", None),  # what is behind the status interests nobody
    ],
)
async def test_a_slow_endpoint_holds_nobody_up(
    alice, happens, deliver, operator_sets, monkeypatch, head, drop, told
):
    operator_sets(webhook_allow_private=True)
    monkeypatch.setattr(webhooks, "PATIENCE", 0.3)
    async with dripping(head, drop) as port:
        await tells(alice, "webhook", f"http://127.0.0.1:{port}/")
        await happens("FAILED")
        await deliver()

    assert (await rows())[0].last_error == told
