"""How ranges are cut, over all time zones, leap years and year ends."""

import itertools
from datetime import UTC, date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import documents
from domain.calendar import units, windows, zones
from domain.calendar.days import Days
from domain.collections import ranges
from domain.collections.configs import Lookback, Segmentation
from domain.collections.ranges import Limits
from domain.errors import Invalid

DAY = timedelta(days=1)
ZONES = sorted(zones.names())
KINDS = ("daily", "weekly", "monthly", "quarterly")
days = st.dates(date(2002, 1, 1), date(2040, 12, 31))
cuts = st.builds(
    Segmentation, type=st.sampled_from(KINDS), week_start=st.sampled_from(["monday", "sunday"])
)


@given(days, st.integers(1, 365), cuts, st.sampled_from(ZONES))
def test_segments_leave_no_gap_and_overlap_nowhere(start, length, segmentation, zone):
    whole = Days(start, start + length * DAY)

    found = ranges.cut(whole, segmentation, zone)[::-1]

    moments = [
        tuple(windows.first_moment(day, zone).astimezone(UTC) for day in (one.start, one.end))
        for one in found
    ]
    assert moments[0][0] == windows.first_moment(whole.start, zone).astimezone(UTC)
    assert moments[-1][1] == windows.first_moment(whole.end, zone).astimezone(UTC)
    assert all(begin < end for begin, end in moments)
    assert all(one[1] == two[0] for one, two in itertools.pairwise(moments))


@given(days, st.integers(1, 365), cuts)
def test_only_the_ends_of_a_range_are_cut_short(start, length, segmentation):
    found = ranges.cut(Days(start, start + length * DAY), segmentation, "UTC")

    for one in found[1:-1]:
        assert one.start == units.floor(one.start, segmentation.type, segmentation.week_start)
        assert one.end == units.after(one.start, segmentation.type, segmentation.week_start)
    ends = [one.end for one in found]
    assert ends == sorted(ends, reverse=True), "newest first"


@given(days, cuts, st.integers(0, 20))
def test_by_default_there_are_whole_segments_of_about_a_year(today, segmentation, lag):
    limits = Limits(today - lag * DAY, today)

    whole = ranges.days(Lookback(), segmentation, limits)
    found = ranges.cut(whole, segmentation, "UTC")

    assert 270 <= (whole.end - whole.start).days <= 365  # in a leap year a month or quarter less
    assert whole.end <= limits.settled_end
    usual = ranges.USUAL[segmentation.type]
    assert len(found) in (usual, usual - 1)
    assert units.floor(whole.start, segmentation.type, segmentation.week_start) == whole.start


TODAY = date(2026, 11, 21)
LIMITS = Limits(date(2026, 11, 7), TODAY)


def whole(lookback: dict, count: int | None = None, **segmentation: object) -> Days:
    return ranges.days(
        documents.read(Lookback, lookback, "lookback"),
        documents.read(Segmentation, segmentation, "segmentation"),
        LIMITS,
        count=count,
    )


@pytest.mark.parametrize(
    ("lookback", "start", "end"),
    [
        ({}, date(2025, 11, 3), date(2026, 11, 2)),
        ({"type": "relative", "value": 7, "unit": "days"}, date(2026, 10, 31), date(2026, 11, 7)),
        ({"type": "relative", "value": 4, "unit": "weeks"}, date(2026, 10, 5), date(2026, 11, 2)),
        ({"type": "relative", "value": 2, "unit": "months"}, date(2026, 9, 1), date(2026, 11, 1)),
        ({"type": "last_quarter"}, date(2026, 7, 1), date(2026, 10, 1)),
        ({"type": "year_to_date"}, date(2026, 1, 1), date(2026, 11, 7)),
        (
            {"type": "custom", "startDate": "2026-01-31", "endDate": "2026-03-01"},
            date(2026, 1, 31),
            date(2026, 3, 2),
        ),
    ],
)
def test_each_kind_of_lookback(lookback, start, end):
    assert whole(lookback) == Days(start, end)


@pytest.mark.parametrize(
    ("lookback", "more", "field", "words"),
    [
        ({"type": "relative", "value": 0, "unit": "days"}, {}, "lookback.value", "1"),
        ({"type": "relative", "value": 366, "unit": "days"}, {}, "lookback.value", "365"),
        ({"type": "relative", "value": 53, "unit": "weeks"}, {}, "lookback", "at most 365 days"),
        ({"type": "relative", "value": 4}, {}, "lookback.unit", "unit"),
        ({"type": "relative", "value": 4, "unit": "years"}, {}, "lookback.unit", "weeks"),
        ({"type": "custom", "startDate": "2026-03-01"}, {}, "lookback.endDate", "endDate"),
        (
            {"type": "custom", "startDate": "2026-03-02", "endDate": "2026-03-01"},
            {},
            "lookback.endDate",
            "not end before it starts",
        ),
        (
            {"type": "custom", "startDate": "2025-10-01", "endDate": "2026-10-01"},
            {},
            "lookback",
            "366",
        ),
        (
            {"type": "custom", "startDate": "2026-11-01", "endDate": "2026-11-10"},
            {},
            "lookback.endDate",
            "settled up to 2026-11-06",
        ),
        (
            {"type": "custom", "startDate": "2026-11-01", "endDate": "2026-12-10"},
            {},
            "lookback.endDate",
            "future",
        ),
        (
            {"type": "custom", "startDate": "1999-11-01", "endDate": "1999-12-10"},
            {},
            "lookback.startDate",
            "2000",
        ),
        (
            {"type": "last_quarter", "value": 1, "unit": "days"},
            {},
            "lookback.value",
            "takes no value",
        ),
        ({"kind": "custom"}, {}, "lookback.kind", "There is no field 'kind'"),
        (
            {"type": "relative", "value": 3, "unit": "days"},
            {"type": "weekly"},
            "segmentation.type",
            "longer than the range",
        ),
        ({}, {"parallelLimit": 0}, "segmentation.parallelLimit", "1"),
        ({}, {"parallelLimit": 11}, "segmentation.parallelLimit", "10"),
        ({}, {"maxAttempts": 0}, "segmentation.maxAttempts", "1"),
        ({}, {"type": "hourly"}, "segmentation.type", "weekly"),
    ],
)
def test_what_cannot_be_collected_is_refused_with_its_place(lookback, more, field, words):
    with pytest.raises(Invalid) as refusal:
        whole(lookback, **more)

    assert refusal.value.field == field
    assert words in str(refusal.value)


def test_a_lookback_and_a_number_of_segments_are_not_both_given():
    with pytest.raises(Invalid, match="not both") as refusal:
        whole({"value": 4, "unit": "weeks"}, count=4)
    assert refusal.value.field == "targetWeeks"


def test_a_zone_that_skipped_a_day_has_no_segment_of_it():
    found = ranges.cut(
        Days(date(2011, 12, 28), date(2012, 1, 2)), Segmentation(type="daily"), "Pacific/Apia"
    )
    assert date(2011, 12, 30) not in {one.start for one in found}
    assert len(found) == 4
