"""All actors. `dramatiq jobs.actors` runs them.

`@dramatiq.actor` binds an actor to the broker that is set when its module is imported. So the
broker is set here, before any actor is imported. Whoever imports an actor imports this module
first.
"""

import dramatiq

from domain import bus, logs

logs.configure()
broker = bus.broker()
dramatiq.set_broker(broker)

from jobs import (  # noqa: E402
    collections,
    executions,
    exports,
    insights,
    instances,
    notices,
    questions,
    results,
    retention,
    schedules,
    tidying,
    views,
    without_redis,
)

broker.add_middleware(without_redis.Alone())

__all__ = [
    "broker",
    "collections",
    "executions",
    "exports",
    "insights",
    "instances",
    "notices",
    "questions",
    "results",
    "retention",
    "schedules",
    "tidying",
    "views",
    "without_redis",
]
