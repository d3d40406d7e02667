"""Notices that carry exports: the rows of a run, or a dashboard, to a person who may see them."""

import csv
import io
from typing import Any

from sqlalchemy import text

from domain import db
from domain.exports import attachments
from domain.settings import settings
from jobs import clock
from tests.dashboards.dashboards import UNSHARE
from tests.executions.executions import ROWS
from tests.exports.exports import fetched
from tests.notices.notices import states
from tests.people.people import join
from tests.schedules.schedules import CREATE, HOURLY, ago, fire

ADD = """
mutation($kind: NoticeKind!, $address: String!, $events: [NoticeEvent!]! = [COMPLETED],
         $export: NoticeExportInput) {
  noticeTargetAdd(kind: $kind, address: $address, events: $events, export: $export) {
    target { id exportFormat dashboard { id } }
  }
}
"""
SENT = """
{ notices { nodes { state export { state fileName sourceId } execution { id } } } }
"""


async def happened(do: Any, sent: list[Any]) -> None:
    """Let the workers do everything that is due, with the pauses over."""
    for _ in range(20):
        async with db.owner_transaction() as session:
            await session.execute(
                text("UPDATE report_exports SET due_at = now() WHERE due_at > now()")
            )
        await clock.tick(tidy=False)
        if not sent:
            return
        await do()


async def test_the_rows_of_a_run_are_attached(
    ask, refused, report, mailbox, work_until_done, do, sent, monkeypatch
):
    address = {"kind": "EMAIL", "address": "alice@example.com"}
    added = await ask(ADD, **address, export={"format": "CSV"})
    assert added["target"]["exportFormat"] == "CSV"
    for wrong, field in (
        ({"export": {"format": "PDF"}}, "export.format"),
        ({"export": {"format": "CSV"}, "events": ["FAILED"]}, "export"),
        ({"export": {"format": "PDF", "dashboardId": "dash_1"}}, "export.dashboardId"),
    ):
        assert (await refused(ADD, **address, **wrong))["field"] == field

    schedule = (await ask(CREATE, report=report["id"], schedule=HOURLY))["id"]
    await ago(schedule, hours=1)
    await fire(schedule)
    await work_until_done()
    await happened(do, sent)
    (notice,) = (await ask(SENT))["nodes"]
    assert (notice["state"], notice["export"]["state"]) == ("SENT", "COMPLETED")
    (letter,) = mailbox.taken
    words, file = letter.get_payload()
    name = file.get_filename()
    assert name == notice["export"]["fileName"]
    assert f"Attached: {name}" in str(words.get_payload(decode=True), "utf-8")
    rows = list(csv.reader(io.StringIO(str(file.get_payload(decode=True), "utf-8"))))
    stored = (await ask(ROWS, id=notice["execution"]["id"], first=1, offset=0))["rows"]
    assert len(rows) == 1 + stored["totalCount"]

    changed = settings.model_copy(update={"mail_attachment_bytes": 10})
    monkeypatch.setattr(attachments, "settings", changed)
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE notices SET state = 'pending', due_at = now(), sent_at = NULL")
        )
    await happened(do, sent)
    said = str(mailbox.taken[-1].get_payload(decode=True), "utf-8")
    url = next(line for line in said.splitlines() if "/exports/" in line)
    assert (await fetched(url)).status_code == 200


async def test_a_dashboard_is_sent_to_whom_it_is_shown(
    ask, shared, dora, instance, endpoint, happens, subject, do, sent
):
    await join(dora, instance.id, "viewer")
    wanted = {"format": "CSV", "dashboardId": shared}
    hook = {"kind": "WEBHOOK", "address": endpoint.url, "export": wanted}
    await ask(ADD, by=dora, **hook)
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE notice_targets SET report_schedule_id = :key"),
            {"key": subject.report_schedule_id},
        )
    await happens("COMPLETED")
    await happened(do, sent)
    (heard,) = endpoint.heard
    told = heard.told["export"]
    assert told["fileName"] == "Board.csv"
    assert (await fetched(told["url"])).status_code == 200

    await happens("COMPLETED", key="2")
    await ask(UNSHARE, id=shared, email="dora@example.com")
    await happened(do, sent)
    assert await states() == ["sent", "sent"]
    assert "export" not in endpoint.heard[-1].told
    assert (await fetched(told["url"])).status_code == 404
