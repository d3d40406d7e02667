"""Notices by mail: what is in them, and a mail server that is in trouble."""

import ssl

import pytest
from pydantic import SecretStr

from domain.errors import Invalid
from domain.notices import mail
from tests.notices.notices import rows, states, tells
from tests.notices.servers import PASSWORD, dripping, let_in
from tests.schedules.schedules import CREATE, HOURLY, ago, fire

ALICE = "alice@example.com"
RUN = """
query($id: ID!) {
  scheduleTicks(scheduleId: $id) { nodes { nominalAt execution { id outcome rowCount } } }
}
"""


async def test_a_mail_says_what_happened(alice, mailbox, happens, deliver):
    await tells(alice, "email", ALICE)
    await happens("FAILED", reason="No such table: reäch")
    await deliver()

    (letter,) = mailbox.taken
    (notice,) = await rows()
    assert letter["Subject"] == "Weekly reach has failed"
    assert letter["From"] == "AMC reports <reports@example.com>"
    assert letter["Message-ID"] == f"<notice-{notice.id.hex}@example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    (words,) = mailbox.texts()
    assert "Reason: No such table: reäch\r\n" in words


async def test_a_mail_about_a_run_has_its_facts(
    alice, ask, report, mailbox, work_until_done, deliver
):
    await tells(alice, "email", ALICE)
    schedule = (await ask(CREATE, report=report["id"], schedule=HOURLY))["id"]
    await ago(schedule, hours=1)
    await fire(schedule)
    await work_until_done()
    await deliver()

    (words,) = mailbox.texts()
    (tick,) = (await ask(RUN, id=schedule))["nodes"]
    run = tick["execution"]
    assert words.splitlines()[2:8] == [
        f"Due: {tick['nominalAt']}",
        "Runs: Every hour at minute 0, UTC",
        f"Schedule: {schedule}",
        f"Execution: {run['id']}",
        f"Outcome: {run['outcome']}",
        f"Rows: {run['rowCount']}",
    ]


async def test_a_slow_mail_server_holds_nobody_up(
    alice, mailbox, happens, deliver, operator_sets, monkeypatch
):
    await tells(alice, "email", ALICE)
    monkeypatch.setattr(mail, "PATIENCE", 0.3)
    async with dripping(b"", b"220-wait\r\n") as port:
        operator_sets(smtp_url=SecretStr(f"smtp://127.0.0.1:{port}?tls=none"))
        await happens("FAILED")
        await deliver()

    assert (await rows())[0].last_error == "The mail server did not answer in time."


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])  # the certificate is of the first
async def test_mail_goes_encrypted_to_a_server_that_proves_its_name(
    alice, mailbox, happens, deliver, operator_sets, certificate, tls, host
):
    await tells(alice, "email", ALICE)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate.values())
    await mailbox.stop()
    await mailbox.start(**({"tls": context} if tls == "tls" else {"tls_context": context}))
    operator_sets(smtp_url=SecretStr(f"smtp://{host}:{mailbox.port}?tls={tls}"))
    await happens("FAILED")
    await deliver()

    assert await states() == ["sent" if host == "localhost" else "pending"]


@pytest.mark.parametrize(
    "address",
    [
        "alice",
        "alice@",
        "@example.com",
        "alice@example",
        "alice@example.com, eve@example.com",
        "alice@example.com\r\nBcc: eve@example.com",
        "alice@example.com\n",
        "Alice <alice@example.com>",
        "alice@exam ple.com",
        "älice@example.com",
        "a" * 250 + "@example.com",
        "",
    ],
)
async def test_what_is_no_mail_address_is_refused(alice, mailbox, address):
    with pytest.raises(Invalid, match="not a mail address") as refused:
        await tells(alice, "email", address)

    assert refused.value.field == "address"


async def test_without_a_mail_server_nobody_can_ask_for_mail(alice, operator_sets):
    operator_sets(smtp_url=SecretStr(""), mail_from="")
    with pytest.raises(Invalid, match="SMTP_URL") as refused:
        await tells(alice, "email", ALICE)

    assert refused.value.field == "address"


async def test_no_name_gets_into_the_headers_of_a_mail(alice, mailbox, happens, deliver):
    await tells(alice, "email", ALICE)
    await happens("FAILED", name="Reach\r\nBcc: eve@example.com\r\n\r\nBuy\u2028this")
    await deliver()

    (letter,) = mailbox.taken
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Reach Bcc: eve@example.com Buy this has failed"


@pytest.mark.parametrize("password", [PASSWORD, "another"])
async def test_the_mail_server_is_logged_in_to_and_its_password_is_told_nobody(
    alice, mailbox, happens, deliver, operator_sets, password
):
    await tells(alice, "email", ALICE)
    await mailbox.stop()
    await mailbox.start(authenticator=let_in, auth_require_tls=False, auth_required=True)
    quoted = password.replace(" ", "%20")
    url = f"smtp://us%40example.com:{quoted}@127.0.0.1:{mailbox.port}?tls=none"
    operator_sets(smtp_url=SecretStr(url))
    await happens("FAILED")
    await deliver()

    (notice,) = await rows()
    told = "The mail server does not accept this server's login (SMTP 535)."
    good = password == PASSWORD
    assert (notice.state, notice.last_error) == (("sent", None) if good else ("pending", told))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://127.0.0.1:{port}?tls=starttls", "The mail server cannot be reached."),
        ("smtp://127.0.0.1:{port}?tls=maybe", "This server's SMTP_URL cannot be used."),
        ("smtp://127.0.0.1:99999?tls=none", "This server's SMTP_URL cannot be used."),
        ("", "This server cannot send mail at the moment."),
    ],
)
async def test_mail_that_cannot_be_sent_safely_waits(
    alice, mailbox, happens, deliver, operator_sets, url, told
):
    await tells(alice, "email", ALICE)
    operator_sets(smtp_url=SecretStr(url.format(port=mailbox.port)))
    await happens("FAILED")
    await deliver()

    (notice,) = await rows()
    assert (notice.state, notice.last_error, mailbox.taken) == ("pending", told, [])


async def test_a_refused_recipient_is_told_by_its_code_only(alice, mailbox, happens, deliver):
    await tells(alice, "email", ALICE)
    mailbox.refusing = "450 relay-7.internal.example.com says: later"
    await happens("FAILED")
    await deliver()

    (notice,) = await rows()
    assert notice.last_error == "The mail server refused the message (SMTP 450)."
