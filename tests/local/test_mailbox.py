"""The mailbox of `make up`: it takes every mail and shows what would have been sent."""

from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx2

from local import ports
from local.mailbox import Mailbox, site


def letter(subject: str, text: str, attached: bytes = b"") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "AMC reports <reports@example.com>"
    message["To"] = "alice@example.com"
    message["Subject"] = subject
    message.set_content(text)
    if attached:
        message.add_attachment(attached, maintype="text", subtype="csv", filename="rows.csv")
    return message


async def test_what_would_have_been_sent_is_on_a_page(tmp_path: Path):
    port = ports.free_port("127.0.0.1")
    app = site(Mailbox(tmp_path), "127.0.0.1", port)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://mail") as client:
            assert "There is none yet." in (await client.get("/")).text
            for message in (
                letter("A run & <b>more</b>", ".dots\n..at the start\nÄ\n"),
                letter("Second", "With a file", b"a,b\n" * 100_000),
            ):
                await aiosmtplib.send(
                    message, hostname="127.0.0.1", port=port, start_tls=False, use_tls=False
                )
            page = await client.get("/")
            assert page.text.index("Second") < page.text.index("A run &amp; &lt;b&gt;more")
            assert "<b>" not in page.text
            newest, first = Mailbox(tmp_path).names()
            shown = await client.get(f"/{first}")
            assert shown.text.endswith(".dots\n..at the start\nÄ\n")
            assert shown.headers["content-type"].startswith("text/plain")
            assert "rows.csv (400000 bytes)" in (await client.get(f"/{newest}")).text
            assert (await client.get("/..%2Fsecrets.env")).status_code == 404
