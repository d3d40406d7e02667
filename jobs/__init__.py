"""The actors. Importing this sets the broker up, so `dramatiq jobs` is the worker."""

import dramatiq

from domain import bus, logs

logs.configure()
broker = bus.broker()
dramatiq.set_broker(broker)

from jobs import (  # noqa: E402
    collections,
    executions,
    instances,
    notices,
    results,
    schedules,
    views,
)

__all__ = [
    "broker",
    "collections",
    "executions",
    "instances",
    "notices",
    "results",
    "schedules",
    "views",
]
