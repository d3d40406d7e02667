"""What this process counts, in the form that Prometheus reads. Only who has the token sees it."""

import asyncio
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import Response

from domain import health
from domain.errors import Unavailable
from domain.settings import settings

REGISTRY = CollectorRegistry()
PREFIX = "amc_reports"
NONE = "none"

operations = Counter(
    f"{PREFIX}_operations",
    "GraphQL operations: queries and mutations that ended, and subscriptions that ended. `plan` is "
    "`planned`, or why the operation was executed normally.",
    ["kind", "plan"],
    registry=REGISTRY,
)
errors = Counter(
    f"{PREFIX}_operation_errors",
    "GraphQL operations with errors, by the code. One with two codes counts for each.",
    ["code"],
    registry=REGISTRY,
)
seconds = Histogram(
    f"{PREFIX}_operation_seconds",
    "The time that queries and mutations took.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
points = Counter(
    f"{PREFIX}_operation_points",
    "The points that operations cost.",
    ["kind"],
    registry=REGISTRY,
)
late = Gauge(
    f"{PREFIX}_loop_late_seconds",
    "How late a loop of the engine is: `clock`, or `polls` of AMC. 0 if it is in time.",
    ["loop"],
    registry=REGISTRY,
)
ready = Gauge(
    f"{PREFIX}_server_answers",
    "1 if the server answers this process: `database` or `redis`.",
    ["server"],
    registry=REGISTRY,
)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)


Kept = TypeVar("Kept", Counter, Histogram)


@lru_cache(256)  # there are few kinds, codes and words for plans
def _of(metric: Kept, *labels: str) -> Kept:
    return metric.labels(*labels)


def count(line: Mapping[str, Any], took: float) -> None:
    """Count an operation that ended, by what its line in the log has. `took` is in seconds."""
    for code in line.get("codes", ()):
        _of(errors, code or NONE).inc()
    kind = line.get("kind")
    if kind is None:
        return
    _of(operations, kind, line.get("plan", NONE)).inc()
    _of(points, kind).inc(line.get("cost", 0))
    if kind != "subscription":
        _of(seconds, kind).observe(took)


async def serve(request: Request) -> Response:
    """Answer with all that is counted. 404 if no token is set, 401 without it."""
    token = settings.metrics_token.get_secret_value()
    if not token:
        return Response(status_code=404)
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    await _look()
    content = await asyncio.to_thread(generate_latest, REGISTRY)
    return Response(content, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_LATEST)


async def _look() -> None:
    database, redis = await asyncio.gather(health.database_answers(), health.redis_answers())
    ready.labels("database").set(database)
    ready.labels("redis").set(redis)
    late.clear()  # unknown while the database is away
    if database:
        try:
            for loop, behind in (await health.late_loops()).items():
                late.labels(loop).set(behind)
        except Unavailable:
            ready.labels("database").set(0)
