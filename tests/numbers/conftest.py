"""Fixtures of the tests of the numbers of widgets."""

from typing import Any

import pytest

from sandbox.events.warehouse import Warehouse
from tests.aggregates.local_amc_results import events
from tests.numbers.numbers import PREVIEW, chart


@pytest.fixture
def preview(ask: Any, report: dict[str, Any]) -> Any:
    """The numbers of a chart of Alice's report."""

    async def previewed(metrics: Any = ("cost",), **shown: Any) -> Any:
        reader = {name: shown.pop(name) for name in ("range", "level", "filters") if name in shown}
        more = shown.pop("own", {})
        widget = chart(report["id"], **{"metrics": list(metrics), **shown, **more})
        return await ask(PREVIEW, widget=widget, **reader)

    return previewed


@pytest.fixture(scope="session")
def warehouse() -> Warehouse:
    """The events that the results of the local AMC come from."""
    return events()
