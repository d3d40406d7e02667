"""Faults that the local AMC can make happen, for tests of a client."""

import random
from dataclasses import dataclass, field
from typing import Any

FAULTS = {
    "cut_after_accept": "The execution is accepted, then the connection is cut without an answer.",
    "accept_late": "The connection is cut at once; the execution is accepted `seconds` later.",
    "list_late": "No answer shows an accepted execution for `seconds`.",
    "status": "`route` answers with `status`, and with a Retry-After of `retry_after` if given.",
    "slow": "The answer to an accepted execution comes `seconds` late.",
    "truncate_download": "The download has fewer bytes than its Content-Length.",
    "expire_links": "A download link answers 403.",
    "gzip": "The result is compressed.",
    "change_header": "The result's first column has another name.",
    "split_result": "The result comes in parts of `rows` rows.",
    "empty_result": "The result has no rows.",
    "suppressed_result": "The result has only the row that is left when all rows are suppressed.",
    "data_gaps": "The execution reports gaps in AMC's data in its window.",
    "unknown_status": "The execution shows `status_word` as its status for a while.",
    "odd": "An answer is odd in the way that `route` names, of those in `sandbox/http/odd.py`.",
    "revoke_refresh_token": "Login with Amazon refuses the refresh token until the next reset.",
}


@dataclass
class Faults:
    """Faults that will happen. Each happens `count` times, with `probability`."""

    seed: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def add(self, fault: dict[str, Any]) -> None:
        """Adds a fault. Raises ValueError if its name is not known."""
        if fault.get("fault") not in FAULTS:
            raise ValueError(
                f"no fault {fault.get('fault')!r}; there are {', '.join(sorted(FAULTS))}"
            )
        self.waiting.append({"count": 1, "probability": 1.0, **fault})

    def take(self, name: str, route: str | None = None) -> dict[str, Any] | None:
        """Returns the fault if it happens now, and counts it. Returns None otherwise."""
        for fault in self.waiting:
            if fault["fault"] != name or fault.get("route", route) != route:
                continue
            if self.chance.random() >= fault["probability"]:
                continue
            if name != "revoke_refresh_token":
                fault["count"] -= 1
            if fault["count"] <= 0:
                self.waiting.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        """Removes all faults."""
        self.waiting.clear()
