"""What widgets show of their sources' aggregates, and why some show nothing."""

from typing import Any

import pytest

from tests.dashboards.dashboards import CHANGE
from tests.graph.front_door import CREATE
from tests.numbers.numbers import NUMBERS, chart, keep, put, values, week


def by_value(data: Any) -> dict[Any, list[Any]]:
    return {
        "(other)" if one["isOther"] else one["value"]: values(one["cells"])
        for one in data["points"]
    }


async def test_a_point_for_each_week_and_a_total_without_a_rounded_digit(report, preview):
    await keep(report["id"], week(10), {"cost": "0.1", "sales": "1000000000000000000.01"})
    await keep(report["id"], week(11), {"cost": "0.2", "sales": "0.0000000001"})

    data = await preview(["cost", "sales"])

    assert [one["key"] for one in data["points"]] == ["2026-W10", "2026-W11"]
    assert [values(one["cells"])[0] for one in data["points"]] == ["0.1", "0.2"]
    assert values(data["totals"][0]["cells"]) == ["0.3", "1000000000000000000.0100000001"]
    assert (data["start"], data["end"]) == ("2026-03-02", "2026-03-16")
    assert [one["currency"] for one in data["measures"]] == ["USD", "USD"]
    assert data["suppressedShare"] == "0.1"
    assert data["asOf"] == "2026-11-01T06:30:00+00:00"
    assert data["chart"]["data"]["values"][0]["digits"] == "0.1"
    assert data["altText"].startswith("Chart: ")


async def test_missing_suppressed_empty_and_zero_stay_four_things(report, preview):
    await keep(report["id"], week(10), {"cost": "0"})
    await keep(report["id"], week(11), "EMPTY")
    await keep(report["id"], week(12), "SUPPRESSED")
    await keep(report["id"], week(13), "MISSING")
    await keep(report["id"], week(15), {"cost": "5"})

    data = await preview()

    states = [values(one["cells"])[0] for one in data["points"]]
    assert states == ["0", "EMPTY", "SUPPRESSED", "MISSING", "MISSING", "5"]
    assert values(data["totals"][0]["cells"]) == ["5"]
    assert data["coverage"] == {
        "days": 42,
        "covered": 28,
        "empty": 7,
        "suppressed": 7,
        "gap": 0,
        "missing": 14,
        "straddling": 0,
    }


async def test_a_sum_of_weeks_without_a_value_says_the_graver_reason(report, preview):
    await keep(report["id"], week(10), "EMPTY")
    await keep(report["id"], week(11), "SUPPRESSED")
    data = await preview()
    assert values(data["totals"][0]["cells"]) == ["SUPPRESSED"]


async def test_a_ratio_is_that_of_the_sums(report, preview):
    await keep(report["id"], week(10), {"cost": "1", "sales": "1", "roas": "1"})
    await keep(report["id"], week(11), {"cost": "2", "sales": "1", "roas": "0.5"})
    await keep(report["id"], week(12), {"cost": "0", "sales": "0", "roas": "NO_DENOMINATOR"})

    data = await preview(["roas"])

    assert values(data["totals"][0]["cells"]) == ["0.6666666667"]
    assert [values(one["cells"])[0] for one in data["points"]] == ["1", "0.5", "NO_DENOMINATOR"]


async def test_the_first_values_are_chosen_over_the_range_and_the_rest_is_one(report, preview):
    def of(cost: str, sales: str, roas: str) -> dict[str, str]:
        return {"cost": cost, "sales": sales, "roas": roas}

    first: Any = {"A": of("4", "2", "0.5"), "B": of("3", "0", "0"), "C": of("2", "1", "0.5")}
    first |= {"D": of("1", "1", "1"), None: of("7", "14", "2")}
    later = {"C": of("50", "3", "0.06"), "D": of("0.5", "1", "2")}
    await keep(report["id"], week(10), of("17", "18", "1"), {"campaign": first})
    await keep(report["id"], week(11), of("50.5", "4", "0.08"), {"campaign": later})

    data = await preview(["cost", "roas"], dimension="campaign", top=2)

    assert by_value(data) == {
        "C": ["52", "0.0769230769"],
        "A": ["4", "0.5"],
        None: ["7", "2"],
        "(other)": ["4.5", "0.4444444444"],
    }
    assert [one["value"] for one in data["points"]] == ["C", "A", None, None]
    assert [one["isOther"] for one in data["points"]] == [False, False, False, True]
    assert values(data["totals"][0]["cells"]) == ["67.5", "0.3259259259"]


async def test_values_are_ordered_by_a_ratio_of_their_sums(report, preview):
    first = {"A": {"cost": "1", "sales": "9", "roas": "9"}}
    first |= {"B": {"cost": "100", "sales": "500", "roas": "5"}}
    second = {"A": {"cost": "99", "sales": "1", "roas": "0.01"}}
    await keep(report["id"], week(10), {"cost": "101"}, {"campaign": first})
    await keep(report["id"], week(11), {"cost": "99"}, {"campaign": second})
    data = await preview(["cost", "roas"], dimension="campaign", sortBy="roas")
    assert by_value(data) == {"B": ["100", "5"], "A": ["100", "0.1"]}
    assert [one["value"] for one in data["points"]] == ["B", "A"]


async def test_values_over_time_keep_the_choice_of_the_range(report, preview):
    first = {"A": {"cost": "9"}, "B": {"cost": "1"}}
    second = {"B": {"cost": "20"}}
    await keep(report["id"], week(10), {"cost": "10"}, {"campaign": first})
    await keep(report["id"], week(11), {"cost": "20"}, {"campaign": second})

    data = await preview(dimension="campaign", overTime=True, top=1)

    told = [
        (one["value"], one["isOther"], one["key"], *values(one["cells"])) for one in data["points"]
    ]
    assert told == [
        ("B", False, "2026-W10", "1"),
        ("B", False, "2026-W11", "20"),
        (None, True, "2026-W10", "9"),
        (None, True, "2026-W11", "EMPTY"),
    ]
    assert data["chart"]


async def test_ascending_shows_the_smallest_first(report, preview):
    named = {"A": {"cost": "9"}, "B": {"cost": "1"}}
    await keep(report["id"], week(10), {"cost": "10"}, {"campaign": named})
    data = await preview(dimension="campaign", ascending=True)
    assert [one["value"] for one in data["points"]] == ["B", "A"]


@pytest.mark.parametrize(
    ("given", "shown", "total"),
    [
        ({"values": ["A"]}, ["A"], "5"),
        ({"values": ["A"], "exclude": True}, ["B", None], "9"),
        ({"values": [None]}, [None], "7"),
        ({"values": [None, "B"], "exclude": True}, ["A"], "5"),
    ],
)
async def test_a_filter_on_what_is_shown_is_of_aggregates(report, preview, given, shown, total):
    named: Any = {"A": {"cost": "5"}, "B": {"cost": "2"}, None: {"cost": "7"}}
    await keep(report["id"], week(10), {"cost": "14"}, {"campaign": named})
    filters = [{"dimension": "campaign", **given}]

    data = await preview(dimension="campaign", own={"filters": filters})
    whole = await preview(filters=filters)

    assert [one["value"] for one in data["points"]] == shown
    assert values(data["totals"][0]["cells"]) == [total]
    assert [values(one["cells"]) for one in whole["points"]] == [[total]]
    assert values(whole["totals"][0]["cells"]) == [total]


async def test_what_may_be_in_the_rest_is_never_told_as_nothing(report, preview):
    many: Any = {f"V{number:03}": {"cost": "1"} for number in range(499)}
    await keep(
        report["id"], week(10), {"cost": "600"}, {"campaign": many | {"(other)": {"cost": "101"}}}
    )
    await keep(report["id"], week(11), {"cost": "9"}, {"campaign": {"X": {"cost": "9"}}})

    data = await preview(dimension="campaign", top=1)
    without = await preview(
        dimension="campaign", filters=[{"dimension": "campaign", "values": ["X"], "exclude": True}]
    )

    first, other = data["points"]
    assert (first["value"], values(first["cells"]), first["coverage"]["missing"]) == ("X", ["9"], 7)
    assert (values(other["cells"]), other["coverage"]["missing"]) == (["600"], 0)
    rest = without["points"][-1]
    assert (rest["isOther"], values(rest["cells"])) == (True, ["NOT_ADDITIVE"])


async def test_the_period_before_is_beside_each_point_and_total(report, preview):
    for number, cost in enumerate(("1", "2", "4", "8"), start=10):
        await keep(report["id"], week(number), {"cost": cost})

    data = await preview(comparison="PREVIOUS_PERIOD", range={"periods": 2})

    assert [(values(p["cells"]), values(p["previous"])) for p in data["points"]] == [
        (["4"], ["1"]),
        (["8"], ["2"]),
    ]
    assert values(data["totals"][0]["previous"]) == ["3"]
    assert (data["previousStart"], data["previousEnd"]) == ("2026-03-02", "2026-03-16")


async def test_the_week_53_has_none_of_the_year_before(report, preview):
    await keep(report["id"], week(52, 2025), {"cost": "3"})
    await keep(report["id"], week(1, 2026), {"cost": "1"})
    await keep(report["id"], week(52, 2026), {"cost": "5"})
    await keep(report["id"], week(53, 2026), {"cost": "7"})

    data = await preview(comparison="PREVIOUS_YEAR", range={"periods": 2})

    assert [one["key"] for one in data["points"]] == ["2026-W52", "2026-W53"]
    assert [values(one["previous"]) for one in data["points"]] == [["3"], ["MISSING"]]
    assert values(data["totals"][0]["previous"]) == ["3"]


async def test_values_are_compared_too_and_those_that_are_no_more_are_among_the_others(
    report, preview
):
    before = {"A": {"cost": "3"}, "B": {"cost": "1"}}
    await keep(report["id"], week(10), {"cost": "4"}, {"campaign": before})
    await keep(report["id"], week(11), {"cost": "5"}, {"campaign": {"B": {"cost": "5"}}})
    data = await preview(dimension="campaign", comparison="PREVIOUS_PERIOD", range={"periods": 1})
    shown, other = data["points"]
    assert (shown["value"], values(shown["cells"]), values(shown["previous"])) == (
        "B",
        ["5"],
        ["1"],
    )
    assert (values(other["cells"]), values(other["previous"])) == (["EMPTY"], ["3"])


async def test_days_are_never_cut_out_of_a_week(report, preview):
    for number in (9, 10, 11, 12):
        await keep(report["id"], week(number), {"cost": "1"})
    data = await preview(range={"startDate": "2026-03-04", "endDate": "2026-03-09"})
    assert [one["key"] for one in data["points"]] == ["2026-W10", "2026-W11"]
    assert (data["start"], data["end"]) == ("2026-03-02", "2026-03-16")


async def test_the_readers_word_comes_before_the_widgets_and_that_before_the_dashboards(
    ask, board, report
):
    for number in range(1, 5):
        await keep(report["id"], week(number), {"cost": "1"})
    await put(ask, board, chart(report["id"]), chart(report["id"], range={"periods": 3}))
    await ask(CHANGE, id=board, version=2, change={"filters": {"range": {"periods": 2}}})

    plain = (await ask(NUMBERS, id=board))["widgets"]
    told = (await ask(NUMBERS, id=board, range={"periods": 1}))["widgets"]

    assert [len(one["data"]["points"]) for one in plain] == [2, 3]
    assert [len(one["data"]["points"]) for one in told] == [1, 1]


async def test_filters_are_told_for_each_dimension_by_itself(ask, board, report):
    named = {"A": {"cost": "1"}, "B": {"cost": "2"}, "C": {"cost": "4"}}
    await keep(report["id"], week(10), {"cost": "7"}, {"campaign": named})
    own = [{"dimension": "campaign", "values": ["A", "B"]}]
    await put(ask, board, chart(report["id"], filters=own), chart(report["id"]))
    said = [{"dimension": "campaign", "values": ["B", "C"]}]
    await ask(CHANGE, id=board, version=2, change={"filters": {"filters": said}})

    plain = (await ask(NUMBERS, id=board))["widgets"]
    told = (await ask(NUMBERS, id=board, filters=[{"dimension": "campaign", "values": ["C"]}]))[
        "widgets"
    ]

    assert [values(one["data"]["totals"][0]["cells"]) for one in plain] == [["3"], ["6"]]
    assert [values(one["data"]["totals"][0]["cells"]) for one in told] == [["4"], ["4"]]


async def test_two_sources_share_their_days_and_never_their_numbers(
    ask, preview, report, report_input
):
    other = await ask(CREATE, report={**report_input, "name": "Other"})
    await keep(report["id"], week(10), {"cost": "1"})
    await keep(report["id"], week(11), {"cost": "2"})
    await keep(other["id"], week(11), {"cost": "30"}, series_hash="series-2")
    both = [{"reportId": report["id"]}, {"reportId": other["id"]}]

    data = await preview(own={"sources": both})

    assert data["sources"] == ["Campaigns of the week", "Other"]
    told = [(one["source"], one["key"], *values(one["cells"])) for one in data["points"]]
    assert told == [
        (0, "2026-W10", "1"),
        (0, "2026-W11", "2"),
        (1, "2026-W10", "MISSING"),
        (1, "2026-W11", "30"),
    ]
    assert [values(one["cells"]) for one in data["totals"]] == [["3"], ["30"]]
