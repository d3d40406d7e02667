"""The texts of notices: the words of a mail, and the JSON of a webhook."""

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
    "MISSED": "{name} did not run",
    "COLLECTION_ENDED": "The collection of {name} is over",
    "RUN_FAILED": "{name} has failed",
    "SHARED": "{name} is shared with you",
    "QUOTA_REACHED": "{name} has reached its daily quota",
}
SENTENCES = {
    "COMPLETED": "{name} has run, and its result is available.",
    "FAILED": "{name} has failed.",
    "PAUSED_BY_FAILURES": "{name} failed too often in a row and is now paused. "
    "It does not run again until somebody resumes it.",
    "MISSED": "{name} was due and did not run.",
    "COLLECTION_ENDED": "The collection of {name} is over.",
    "RUN_FAILED": "An execution of {name} that you started has failed.",
    "SHARED": "Somebody has shared the dashboard {name} with you.",
    "QUOTA_REACHED": "{name} has reached its daily quota of executions.",
}
# The facts that a mail lists if the payload has them, in this order. Their names are those of
# `domain/schedules/outcomes.py`, which a webhook gets as they are.
FACTS = {
    "nominal_at": "Due",
    "words": "Runs",
    "schedule": "Schedule",
    "execution": "Execution",
    "outcome": "Outcome",
    "row_count": "Rows",
    "reason": "Reason",
}


def line(value: object, longest: int) -> str:
    """Return the value on one line, for a header or a list."""
    words = " ".join(str(value).split())
    shown = "".join(one for one in words if one.isprintable())
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def subject(event: str, payload: Mapping[str, Any]) -> str:
    """Return the subject of a mail, on one line."""
    name = line(payload.get("name") or NAMELESS, LONGEST_SUBJECT)
    return line(SUBJECTS[event].format(name=name), LONGEST_SUBJECT)


def text(event: str, payload: Mapping[str, Any], attached: str = "") -> str:
    """Return the text of a mail: what happened, the facts, the attachment, and who sends it."""
    name = line(payload.get("name") or NAMELESS, LONGEST_SUBJECT)
    facts = [
        f"{title}: {line(payload[key], LONGEST_FACT)}"
        for key, title in FACTS.items()
        if payload.get(key) is not None
    ]
    told = [SENTENCES[event].format(name=name), "\n".join(facts), links(payload), attached]
    sent_by = f"-- \nYou subscribed to this notice at {settings.public_url}.\n"
    return "\n\n".join([*filter(None, told), sent_by])


# The page of what an id names. A page of a report is also the place of its executions.
PAGES = {"rpt": "reports", "col": "collections", "dash": "dashboards"}


def links(payload: Mapping[str, Any]) -> str:
    """Return a line with the address of each thing that the payload names and that has a page."""
    named = (payload.get(one) for one in ("report", "object"))
    pages = (page(one) for one in named if isinstance(one, str))
    return "\n".join(f"Open: {settings.public_url}{one}" for one in pages if one is not None)


def page(public_id: str) -> str | None:
    """Return the path of the page of what has this id, or None if it has none."""
    folder = PAGES.get(public_id.partition("_")[0])
    return None if folder is None else f"/{folder}/{public_id}"


def body(notice: Notice, export: Mapping[str, Any] | None = None) -> bytes:
    """Return the JSON of a webhook. Every attempt sends the same bytes."""
    told = {
        "id": str(notice.id),
        "event": notice.event,
        "createdAt": notice.created_at.isoformat(),
        "data": notice.payload,
        **({"export": dict(export)} if export is not None else {}),
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
