"""CPU by step of the engine, measured inside of the worker processes.

A coroutine is measured piece by piece: what its thread uses between being resumed and waiting
again. What other tasks use meanwhile is not counted. Steps that call one another are not counted
twice: a piece belongs to the innermost one.
"""

import collections
import functools
import importlib
import json
import os
import sys
import threading
import time
import types
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

EVERY = 0.5  # seconds between two notes of a process
# The functions that are measured, by the name under which they are told.
STEPS = {
    "claim of an execution": ("domain.executions.claims", "claim"),
    "requests: submit": ("domain.executions.steps", "_submit"),
    "requests: find": ("domain.executions.steps", "_find"),
    "requests: download": ("domain.executions.ingest", "_download"),
    "ingest": ("domain.executions.ingest", "ingest"),
    "record of an execution": ("domain.executions.steps", "record"),
    "dispatch": ("domain.executions.dispatch", "dispatch"),
    "claim of a poll": ("domain.executions.polling", "claim"),
    "requests: poll": ("domain.executions.polling", "look"),
    "record of a poll": ("domain.executions.polling", "record"),
    "step of a collection": ("domain.collections.steps", "step"),
    "claim of an aggregation": ("domain.aggregates.aggregates", "claim"),
    "aggregation": ("domain.aggregates.aggregates", "compute"),
    "record of an aggregation": ("domain.aggregates.aggregates", "record"),
    "schedule": ("domain.schedules.ticks", "fire"),
    "announcements": ("domain.bus.bus", "deliver"),
    "rest of the steps": ("jobs.steps", "run"),
    "rest of whole steps": ("jobs.steps", "run_whole"),
    "rest of given slots": ("jobs.executions", "give_slots"),
}
# Of threads: results are converted and rolled up there, and jobs are sent.
WORK = {
    "thread: conversion": ("domain.executions.ingest", "convert"),
    "thread: rollup": ("domain.aggregates.rollups", "aggregate"),
    "thread: sending jobs": ("domain.bus.queues", "enqueue"),
}
_used: Counter[str] = Counter()
_times: Counter[str] = Counter()
_inner: "collections.defaultdict[int, list[float]]" = collections.defaultdict(list)


def _piece(name: str, work: Callable[[], Any]) -> Any:
    """Run a piece of a step, and count what its thread uses, less what inner steps count."""
    stack = _inner[threading.get_ident()]
    stack.append(0.0)
    began = time.thread_time()
    try:
        return work()
    finally:
        used = time.thread_time() - began
        _used[name] += used - stack.pop()  # type: ignore[assignment]
        if stack:
            stack[-1] += used


@types.coroutine
def _driven(name: str, coroutine: Any) -> Generator[Any, Any, Any]:
    send, given = coroutine.send, None
    while True:
        try:
            waits = _piece(name, functools.partial(send, given))
        except StopIteration as done:
            return done.value
        try:
            send, given = coroutine.send, (yield waits)
        except BaseException as error:  # noqa: BLE001 (it is passed on)
            send, given = coroutine.throw, error


def _of_coroutine(name: str, function: Any) -> Any:
    @functools.wraps(function)
    async def metered(*args: Any, **more: Any) -> Any:
        _times[name] += 1
        return await _driven(name, function(*args, **more))

    return metered


def _of_function(name: str, function: Any) -> Any:
    @functools.wraps(function)
    def metered(*args: Any, **more: Any) -> Any:
        _times[name] += 1
        return _piece(name, functools.partial(function, *args, **more))

    return metered


def install() -> None:
    """Measure the steps of this process and of its forks, wherever they were imported."""
    import jobs.actors  # noqa: F401

    for meter, places in ((_of_coroutine, STEPS), (_of_function, WORK)):
        for name, (module, attribute) in places.items():
            plain = getattr(importlib.import_module(module), attribute)
            _replace(plain, meter(name, plain))
    os.register_at_fork(after_in_child=_begin)


def _replace(plain: Any, metered: Any) -> None:
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is plain:
                setattr(module, name, metered)


def _begin() -> None:
    _used.clear()
    _times.clear()
    threading.Thread(target=_note, daemon=True).start()


def _note() -> None:
    target = Path(os.environ["AMC_REPORTS_METERS"]) / f"{os.getpid()}.json"
    while True:
        time.sleep(EVERY)
        half = target.with_suffix(".new")
        told = {"used": dict(_used), "times": dict(_times), "threads": _threads()}
        half.write_text(json.dumps(told))
        half.replace(target)


def _threads() -> dict[str, float]:
    """Seconds of CPU by name of thread; DuckDB's have no name of their own."""
    known = {one.native_id: one for one in threading.enumerate()}
    found: Counter[str] = Counter()
    for folder in Path("/proc/self/task").iterdir():
        name = _name(known.get(int(folder.name)))
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        found[name] += ticks / os.sysconf("SC_CLK_TCK")  # type: ignore[assignment]
    return dict(found)


def _name(thread: threading.Thread | None) -> str:
    if thread is None:
        return "not Python's"
    kind = type(thread).__name__
    return kind if kind != "Thread" else thread.name.partition("_")[0].partition("-")[0]
