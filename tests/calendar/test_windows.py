"""Windows of days: half-open, settled, and whole in every time zone there is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendar import windows, zones
from domain.calendar.days import Days
from domain.errors import Invalid

TODAY = date(2026, 11, 21)
SETTLED = date(2026, 11, 19)
LAG = {"attributed": 14, "other": 2}
ZONES = sorted(zones.names())
# Whole days that the clocks of these places went over, when they crossed the date line.
SKIPPED = {("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Fakaofo", date(2011, 12, 30))}


def explicit(start: date, end: date, zone: str = "UTC", **changed: object) -> windows.Window:
    given = {"settled_end": SETTLED, "allow_provisional": False, "today": TODAY, **changed}
    return windows.explicit(Days(start, end), zone, **given)


def read_back(told: dict[str, str]) -> tuple[datetime, datetime]:
    """The moments that AMC understands."""
    zone = ZoneInfo(told["timeWindowTimeZone"])
    start, end = (
        datetime.strptime(told[key], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
        for key in ("timeWindowStart", "timeWindowEnd")
    )
    return start, end


def test_a_window_begins_and_ends_at_the_zones_midnight():
    window = explicit(date(2026, 10, 1), date(2026, 11, 1), "America/New_York")

    assert window.start.isoformat() == "2026-10-01T00:00:00-04:00"
    assert window.end.isoformat() == "2026-11-01T00:00:00-04:00"


def test_amc_is_told_local_times_without_an_offset_and_their_zone():
    window = explicit(date(2026, 10, 1), date(2026, 11, 2), "America/New_York")

    assert windows.to_amc(window.start, window.end, "America/New_York") == {
        "timeWindowType": "EXPLICIT",
        "timeWindowStart": "2026-10-01T00:00:00",
        "timeWindowEnd": "2026-11-02T00:00:00",
        "timeWindowTimeZone": "America/New_York",
    }


def test_amc_is_told_the_same_when_the_moments_come_back_from_the_database_in_utc():
    window = explicit(date(2026, 10, 1), date(2026, 11, 2), "Asia/Tokyo")
    stored = window.start.astimezone(UTC), window.end.astimezone(UTC)

    assert windows.to_amc(*stored, "Asia/Tokyo")["timeWindowStart"] == "2026-10-01T00:00:00"


def test_a_moment_that_the_clock_shows_a_second_time_is_told_in_utc():
    again = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"), fold=1)
    told = windows.to_amc(again, again + timedelta(days=1), "America/New_York")

    assert told["timeWindowTimeZone"] == "UTC"
    assert told["timeWindowStart"] == "2026-11-01T06:30:00"


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T01:00:00-02:00"),
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-27T01:00:00+03:00"),
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-24T01:00:00+03:00"),
        ("America/Toronto", date(1919, 3, 31), "1919-03-31T00:30:00-04:00"),
    ],
)
def test_a_day_without_midnight_begins_when_the_clocks_are_put_forward(zone, day, begins):
    assert windows.first_moment(day, zone).isoformat() == begins


def test_a_day_with_two_midnights_begins_with_the_first():
    first = windows.first_moment(date(2026, 11, 1), "America/Havana")

    assert first.isoformat() == "2026-11-01T00:00:00-04:00"


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 2), date(2037, 12, 30)))
@example("America/Sao_Paulo", date(2018, 11, 4))
@example("Asia/Beirut", date(2022, 3, 27))
@example("Africa/Cairo", date(2026, 4, 24))
@example("America/Havana", date(2026, 11, 1))
@example("America/St_Johns", date(2006, 10, 29))
@example("Asia/Gaza", date(2011, 8, 1))
def test_a_day_begins_with_its_first_moment_in_every_zone(zone: str, day: date):
    first = windows.first_moment(day, zone).astimezone(UTC)
    shown = first.astimezone(ZoneInfo(zone))
    before = (first - timedelta(seconds=1)).astimezone(ZoneInfo(zone))

    assert before.date() < day
    assert shown.date() == day or (zone, day) in SKIPPED


@given(
    st.sampled_from(ZONES),
    st.dates(date(2000, 1, 1), date(2024, 1, 1)),  # two years before anything unsettled
    st.integers(1, 365),
    st.integers(1, 365),
)
@example("America/Sao_Paulo", date(2018, 10, 28), 7, 7)
@example("Asia/Beirut", date(2022, 3, 20), 7, 7)
@example("Africa/Cairo", date(2024, 4, 19), 7, 7)
@example("America/Havana", date(2023, 10, 29), 7, 7)
@example("Pacific/Apia", date(2011, 12, 29), 1, 2)
def test_windows_side_by_side_leave_no_gap_and_no_overlap(zone, start, first_days, then_days):
    middle = start + timedelta(days=first_days)
    first = explicit(start, middle, zone)
    then = explicit(middle, middle + timedelta(days=then_days), zone)

    assert first.end.astimezone(UTC) == then.start.astimezone(UTC)
    assert first.start.astimezone(UTC) < first.end.astimezone(UTC) < then.end.astimezone(UTC)
    for window in (first, then):
        told = windows.to_amc(window.start, window.end, zone)
        assert read_back(told) == (window.start.astimezone(UTC), window.end.astimezone(UTC))


def test_days_that_a_zone_skipped_are_refused():
    with pytest.raises(Invalid, match="skipped") as refused:
        explicit(date(2011, 12, 30), date(2011, 12, 31), "Pacific/Apia")

    assert refused.value.field == "window.start"


@pytest.mark.parametrize(
    ("start", "end", "field", "says"),
    [
        (date(2026, 3, 10), date(2026, 3, 1), "window.end", "is not after"),
        (date(2026, 3, 10), date(2026, 3, 10), "window.end", "first day not included"),
        (date(2026, 11, 1), date(2026, 11, 22), "window.end", "future.*2026-11-21"),
        (date(2099, 1, 1), date(2099, 1, 2), "window.end", "future"),
        (date(2025, 1, 1), date(2026, 1, 2), "window.start", "at most 365 days.*has 366"),
        (date(2026, 11, 1), date(2026, 11, 20), "window.end", "settled up to 2026-11-19"),
        (date(1, 1, 1), date(2, 1, 1), "window.start", "no data before"),
    ],
)
def test_a_window_that_cannot_be_says_what_is_wrong_and_where(start, end, field, says):
    with pytest.raises(Invalid, match=says) as refused:
        explicit(start, end)

    assert refused.value.field == field


def test_the_longest_window_has_365_days_however_long_ago():
    window = explicit(date(2020, 1, 1), date(2020, 12, 31))

    assert window.end - window.start == timedelta(days=365)


def test_days_that_are_not_settled_are_taken_when_that_is_allowed():
    window = explicit(date(2026, 11, 1), TODAY, allow_provisional=True)

    assert window.end.date() == TODAY


def test_today_is_not_over_even_when_provisional_data_is_allowed():
    with pytest.raises(Invalid, match="future"):
        explicit(date(2026, 11, 1), TODAY + timedelta(days=1), allow_provisional=True)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "America", "\0"])
def test_what_is_no_time_zone_is_refused(zone):
    with pytest.raises(Invalid, match="must be a time zone") as refused:
        explicit(date(2026, 3, 1), date(2026, 3, 2), zone)

    assert refused.value.field == "timeZone"


@pytest.mark.parametrize(
    ("sources", "end"),
    [
        (["dsp_impressions"], date(2026, 11, 19)),
        (["amazon_attributed_events_by_traffic_time"], date(2026, 11, 7)),
        (["Amazon_Attributed_Events_By_Conversion_Time"], date(2026, 11, 7)),
        (["dsp_impressions", "amazon_attributed_events_by_traffic_time"], date(2026, 11, 7)),
        ([], date(2026, 11, 19)),
    ],
)
def test_attributed_tables_settle_a_fortnight_late_and_the_slowest_table_decides(sources, end):
    assert windows.settled_end(sources, LAG, TODAY) == end


def test_an_instance_may_have_lags_of_its_own_even_for_one_table():
    lag = {"attributed": 20, "other": 3, "conversions": 5}

    assert windows.settled_end(["dsp_clicks"], lag, TODAY) == date(2026, 11, 18)
    assert windows.settled_end(["dsp_clicks", "conversions"], lag, TODAY) == date(2026, 11, 16)
    assert windows.settled_end(["dsp_clicks"], {}, TODAY) == date(2026, 11, 19)


def test_the_latest_window_ends_where_data_is_settled():
    window = windows.latest(7, "Europe/Berlin", settled_end=SETTLED)

    assert window.start.isoformat() == "2026-11-12T00:00:00+01:00"
    assert window.end.isoformat() == "2026-11-19T00:00:00+01:00"


@pytest.mark.parametrize("days", [0, -7, 366])
def test_the_latest_window_has_1_to_365_days(days):
    with pytest.raises(Invalid, match="1 to 365 days"):
        windows.latest(days, "UTC", settled_end=SETTLED)
