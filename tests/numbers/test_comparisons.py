"""The comparison with earlier days is true, or it says why there is none."""

from typing import Any

from tests.numbers.numbers import keep, values, week


async def test_a_year_is_not_compared_with_a_few_weeks_of_the_year_before(report, preview):
    for number in range(1, 53):
        await keep(report["id"], week(number, 2026), {"cost": "14"})
    for number in range(1, 8):
        await keep(report["id"], week(number, 2025), {"cost": "12"})

    data = await preview(comparison="PREVIOUS_YEAR", range={"periods": 52})

    why = "49 of 364 days before are known, and 364 of 364 now"
    assert data["previousCoverage"] == {"days": 364, "covered": 49, "missing": 315}
    assert data["notComparable"] == why
    (total,) = data["totals"]
    assert values(total["previous"]) == ["84"]
    assert values(total["changes"]) == ["NOT_COMPARABLE"]
    assert total["notComparable"] == why
    assert total["previousCoverage"] == {"days": 364, "covered": 49}
    assert f"Cost: not comparable with the year before, because {why}." in data["altText"]
    assert f"Not comparable: {why}." in " ".join(data["chart"]["title"]["subtitle"])
    # A week whose week of the year before is known can be compared.
    first, last = data["points"][0], data["points"][-1]
    assert (values(first["changes"]), first["notComparable"]) == (["0.1666666667"], None)
    assert values(last["changes"]) == ["MISSING"]
    assert last["previousCoverage"] == {"days": 7, "covered": 0, "missing": 7}


async def test_what_is_covered_alike_is_compared(report, preview):
    for number, cost in enumerate(("1", "2", "4", "8"), start=10):
        await keep(report["id"], week(number), {"cost": cost})
    data = await preview(comparison="PREVIOUS_PERIOD", range={"periods": 2})
    (total,) = data["totals"]
    assert (values(total["changes"]), total["notComparable"]) == (["3"], None)
    assert data["notComparable"] is None
    assert [values(one["changes"]) for one in data["points"]] == [["3"], ["3"]]
    assert "Cost: 300.0% more than the period before." in data["altText"]


async def test_a_present_period_that_lacks_days_is_not_compared_either(report, preview):
    await keep(report["id"], week(10), {"cost": "5"})
    some: Any = {"days": 7, "covered": 3, "missing": 4}
    await keep(report["id"], week(11), {"cost": "2"}, coverage=some)
    data = await preview(comparison="PREVIOUS_PERIOD", range={"periods": 1})
    assert values(data["totals"][0]["changes"]) == ["NOT_COMPARABLE"]
    assert data["notComparable"] == "7 of 7 days before are known, and 3 of 7 now"


async def test_a_week_without_a_counterpart_makes_the_range_longer_than_the_one_before(
    report, preview
):
    await keep(report["id"], week(52, 2025), {"cost": "3"})
    await keep(report["id"], week(52, 2026), {"cost": "5"})
    await keep(report["id"], week(53, 2026), {"cost": "7"})
    data = await preview(comparison="PREVIOUS_YEAR", range={"periods": 2})
    assert data["notComparable"] == "7 of 14 days before are known, and 14 of 14 now"


async def test_without_a_comparison_there_is_nothing_to_compare(report, preview):
    await keep(report["id"], week(10), {"cost": "5"})
    data = await preview()
    assert data["previousCoverage"] is data["notComparable"] is None
    assert data["totals"][0]["changes"] is data["points"][0]["changes"] is None
