"""Plans are used in all tests of this folder."""

import pytest

from graph.planning import plans


@pytest.fixture(autouse=True)
def with_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    on = plans.settings.model_copy(update={"planned_reads": "on"})
    monkeypatch.setattr(plans, "settings", on)
