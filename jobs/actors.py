"""All actors. `dramatiq jobs.actors` runs them.

`@dramatiq.actor` binds an actor to the broker that is set when its module is imported. So the
broker is set here, before any actor is imported. Whoever imports an actor imports this module
first.
"""

import gc

import dramatiq

from domain import logs
from domain.bus import queues
from domain.snapshots import direct

logs.configure()
direct.use()
broker = queues.broker()
dramatiq.set_broker(broker)

from jobs import (  # noqa: E402
    collections,
    executions,
    exports,
    insights,
    instances,
    next_polls,
    notices,
    questions,
    results,
    retention,
    schedules,
    tidying,
    views,
    warming,
    without_redis,
)


class Settled(dramatiq.Middleware):
    """Keeps the garbage collector from looking at what a process has loaded, again and again."""

    def after_process_boot(self, broker: dramatiq.Broker) -> None:
        """Leave out what is there now, and look less often."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)


broker.add_middleware(without_redis.Alone())
broker.add_middleware(next_polls.Planning())
broker.add_middleware(warming.Warm())
broker.add_middleware(Settled())

__all__ = [
    "broker",
    "collections",
    "executions",
    "exports",
    "insights",
    "instances",
    "next_polls",
    "notices",
    "questions",
    "results",
    "retention",
    "schedules",
    "tidying",
    "views",
    "warming",
    "without_redis",
]
