"""What a hostile AMC does: each fault of the local AMC, by the name that docs/amc-faults.md has."""

from typing import Any

from sandbox.engine.faults import FAULTS
from sandbox.http.odd import KINDS

YEAR = 31_536_000
AT_ONCE = {"cut_after_accept", "accept_late", "list_late", "slow"}  # of accepting an execution
MORE = {
    "accept_late": {"seconds": 0.2},
    "list_late": {"seconds": 0.2},
    "slow": {"seconds": 0.2},
    "split_result": {"rows": 3},
    "unknown_status": {"status_word": "PONDERING"},
}
STATUSES: dict[str, dict[str, Any]] = {
    "status 401": {"status": 401, "route": "save"},
    "status 403 of a link": {"status": 403, "route": "download"},
    "status 404 of a link": {"status": 404, "route": "download"},
    "status 400 of the query": {"status": 400, "route": "save"},
    "status 408": {"status": 408, "route": "save"},
    "status 429 for a year": {"status": 429, "route": "save", "retry_after": YEAR},
    "status 429 until a date": {
        "status": 429,
        "route": "save",
        "retry_after": "Fri, 31 Dec 2100 23:59:59 GMT",
    },
    "status 429 for ever": {"status": 429, "route": "save", "retry_after": "inf"},
    "status 500": {"status": 500, "route": "save"},
    "status 503 of the token": {"status": 503, "route": "token"},
}
SITUATIONS: dict[str, dict[str, Any]] = {
    **{
        name: {"fault": name, **MORE.get(name, {})}
        for name in FAULTS
        if name not in ("status", "odd")
    },
    **{name: {"fault": "status", **fault} for name, fault in STATUSES.items()},
    **{f"odd {name}": {"fault": "odd", "route": name} for name in KINDS},
}
# What AMC says about its data, or about the query, and goes on to say: nothing passes by itself.
LASTING = {
    *("change_header", "empty_result", "suppressed_result", "data_gaps", "status 400 of the query"),
    *("revoke_refresh_token", "odd value_unfit"),
}
