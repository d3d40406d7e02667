"""Faults on purpose: what can go wrong between a client and AMC, made to happen.

cut_after_accept   the execution is accepted, the connection cut before the answer
accept_late        the connection is cut at once, the execution accepted `seconds` later
list_late          an accepted execution shows in no answer for `seconds`
status             `route` answers with `status` (429 with Retry-After: `retry_after`)
slow               an accepted execution is answered `seconds` late
truncate_download  fewer bytes than announced
expire_links       links answer 403
gzip               the result comes packed
change_header      the result's first column has another name
split_result       the result comes in parts of `rows`
empty_result, suppressed_result   the result has no rows, or only what privacy left
data_gaps          AMC misses data in the window
unknown_status     an execution shows `status_word` for a while
revoke_refresh_token   Login with Amazon refuses, until the next reset
"""

import random
from dataclasses import dataclass, field
from typing import Any

NAMES = frozenset(line.split()[0].rstrip(",") for line in (__doc__ or "").splitlines()[2:] if line)
NAMES |= {"suppressed_result"}


@dataclass
class Faults:
    """Faults that wait for their moment. Each happens `count` times, with `probability`."""

    seed: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def add(self, fault: dict[str, Any]) -> None:
        """Let it happen from now on. Raises ValueError for one that is not known."""
        if fault.get("fault") not in NAMES:
            raise ValueError(
                f"no fault {fault.get('fault')!r}; there are {', '.join(sorted(NAMES))}"
            )
        self.waiting.append({"count": 1, "probability": 1.0, **fault})

    def take(self, name: str, route: str | None = None) -> dict[str, Any] | None:
        """The fault if it is to happen now; one time less is left of it."""
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
        """All is well again."""
        self.waiting.clear()
