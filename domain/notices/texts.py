"""What a notice says: the words of a mail, and the JSON of a webhook."""

from collections.abc import Mapping
from typing import Any

import orjson

from domain.models import Notice
from domain.settings import settings

LONGEST_SUBJECT = 150
LONGEST_FACT = 2000
NAMELESS = "A schedule"
SUBJECTS = {
    "COMPLETED": "{name} has run",
    "FAILED": "{name} has failed",
    "PAUSED_BY_FAILURES": "{name} is paused: it failed too often",
    "MISSED": "{name} was not run",
}
SENTENCES = {
    "COMPLETED": "{name} has run, and its result is there.",
    "FAILED": "{name} has failed.",
    "PAUSED_BY_FAILURES": "{name} failed so often in a row that it is paused. "
    "It starts nothing more until somebody resumes it.",
    "MISSED": "{name} was due, and was not run.",
}
# What is told of a happening where its payload has it, in this order.
FACTS = {
    "nominalAt": "Due",
    "scheduleId": "Schedule",
    "executionId": "Execution",
    "outcome": "Outcome",
    "rowCount": "Rows",
    "errorCode": "Error",
    "errorMessage": "Reason",
    "failures": "Failures in a row",
    "reason": "Why",
}


def line(value: object, longest: int) -> str:
    """The value in one line, so that it can be part of a header or of a list."""
    words = " ".join(str(value).split())
    shown = "".join(one for one in words if one.isprintable())
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def subject(event: str, payload: Mapping[str, Any]) -> str:
    """The subject of a mail: one line."""
    name = line(payload.get("name") or NAMELESS, LONGEST_SUBJECT)
    return line(SUBJECTS[event].format(name=name), LONGEST_SUBJECT)


def text(event: str, payload: Mapping[str, Any]) -> str:
    """The text of a mail: what happened, the facts, and where it comes from."""
    name = line(payload.get("name") or NAMELESS, LONGEST_SUBJECT)
    facts = [
        f"{title}: {line(payload[key], LONGEST_FACT)}"
        for key, title in FACTS.items()
        if payload.get(key) is not None
    ]
    told = [SENTENCES[event].format(name=name), "\n".join(facts)]
    sent_by = f"-- \nYou asked {settings.public_url} to tell you.\n"
    return "\n\n".join([*filter(None, told), sent_by])


def body(notice: Notice) -> bytes:
    """The JSON of a webhook: the same bytes at every attempt."""
    told = {
        "id": str(notice.id),
        "event": notice.event,
        "createdAt": notice.created_at.isoformat(),
        "data": notice.payload,
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
