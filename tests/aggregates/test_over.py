"""Over what a metric is added up that counts people: exclusive values, or rows of everybody."""

from typing import Any

from domain.aggregates.rollups import Rollup, aggregate
from domain.templates.metrics import ReportConfig
from tests.aggregates.stored_results import MARCH, WEEK, march, segment

COLUMNS = {
    "scope": "VARCHAR",
    "campaign": "VARCHAR",
    "frequency": "VARCHAR",
    "reach": "BIGINT",
    "impressions": "BIGINT",
    "filtered": "BOOLEAN",
}
ROWS = [
    ("campaign", "A", "1", 5, 5, False),
    ("campaign", "A", "2", 2, 4, False),
    ("campaign", "B", "1", 4, 4, False),
    ("campaign", None, "1", 1, 1, True),
    ("all", "", "1", 6, 6, False),
    ("all", "", "2", 2, 4, False),
    ("all", None, "3", 1, 3, True),
]


def config(**more: Any) -> ReportConfig:
    reach = {"name": "reach", "kind": "distinct", "over": ["frequency"]}
    every = [reach, {"name": "impressions", "kind": "additive"}]
    metrics = [{"title": one["name"], "unit": "count", **one} for one in every]
    given = {"dimensions": ["campaign", "frequency"], "metrics": metrics, **more}
    return ReportConfig.model_validate(given)


def told(found: list[Rollup]) -> dict[tuple[str | None, str | None], tuple[Any, Any]]:
    """The reach and the impressions of each group, or why there is none."""
    return {
        (one.dimension, one.value): (
            one.metrics["reach"] or one.states["reach"],
            one.metrics["impressions"] or one.states["impressions"],
        )
        for one in found
    }


def test_people_are_added_up_over_exclusive_values_and_read_from_the_rows_of_everybody(tmp_path):
    week = segment(tmp_path, march(2), march(9), ROWS, columns=COLUMNS)
    whole = {"column": "scope", "value": "all"}
    found = aggregate(config(whole=whole), "UTC", [week], [WEEK], tmp_path)
    assert told(found) == {
        (None, None): ("9", "14"),  # everybody once, those that privacy hides, too
        ("campaign", "A"): ("7", "9"),
        ("campaign", "B"): ("4", "4"),
        ("campaign", None): ("SUPPRESSED", "1"),
        ("frequency", "1"): ("6", "10"),
        ("frequency", "2"): ("2", "4"),
        ("frequency", "3"): ("SUPPRESSED", "EMPTY"),
    }
    # Over two weeks nobody knows who is in both.
    later = segment(tmp_path, march(9), march(16), ROWS, columns=COLUMNS)
    month = told(aggregate(config(whole=whole), "UTC", [week, later], [MARCH], tmp_path))
    assert month[None, None] == ("NOT_ADDITIVE", "28")
    assert month["campaign", "A"] == ("NOT_ADDITIVE", "18")


def test_without_rows_of_everybody_people_of_several_campaigns_are_not_added_up(tmp_path):
    week = segment(tmp_path, march(2), march(9), ROWS[:3], columns=COLUMNS)
    found = told(aggregate(config(), "UTC", [week], [WEEK], tmp_path))
    assert found[None, None] == ("NOT_ADDITIVE", "13")
    assert found["campaign", "A"] == ("7", "9")
    assert found["frequency", "1"] == ("NOT_ADDITIVE", "9")
    assert found["frequency", "2"] == ("2", "4")


def test_where_all_dimensions_are_exclusive_hidden_rows_count_too(tmp_path):
    rows = [("all", "", "1", 6, 6, False), ("all", None, None, 1, 3, True)]
    week = segment(tmp_path, march(2), march(9), rows, columns=COLUMNS)
    alone = config(dimensions=["frequency"])
    found = told(aggregate(alone, "UTC", [week], [WEEK], tmp_path))
    assert found == {
        (None, None): ("7", "9"),
        ("frequency", "1"): ("6", "6"),
        ("frequency", None): ("SUPPRESSED", "3"),
    }
