"""Names of time zones: one check, and one refusal wherever a name is given."""

from datetime import UTC, date, datetime

import pytest

from domain.calendar import windows, zones
from domain.calendar.days import Days
from domain.errors import Invalid
from domain.reports.reports import ReportSpec
from domain.schedules import recurrence, specs
from domain.schedules.specs import ScheduleSpec

WORDS = "must be a time zone such as America/New_York, not 'Mars/Olympus'."
DAY = Days(date(2026, 3, 1), date(2026, 3, 2))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (lambda zone: zones.check_zone(zone, "zone"), "zone"),
        (zones.zone_of, "timeZone"),
        (lambda zone: windows.of(DAY, zone), "timeZone"),
        (lambda zone: windows.first_moment(DAY.start, zone), "timeZone"),
        (
            lambda zone: next(recurrence.occurrences("0 9 * * *", zone, datetime.now(UTC))),
            "timeZone",
        ),
        (lambda zone: specs.timing(ScheduleSpec(cron="0 9 * * *"), zone), "schedule.timeZone"),
        (
            lambda zone: ReportSpec("A name", "tmpl_1", "inst_1", time_zone=zone),
            "timeZone",
        ),
    ],
)
def test_a_name_of_no_zone_is_refused_in_the_same_words_everywhere(given, field):
    with pytest.raises(Invalid) as refused:
        given("Mars/Olympus")

    assert str(refused.value) == f"{field.rpartition('.')[2]!r} {WORDS}"
    assert refused.value.field == field


@pytest.mark.parametrize(
    "name", ["localtime", "Factory", "posixrules", "utc", "UTC ", "", "../UTC"]
)
def test_only_names_of_the_iana_database_are_zones(name):
    assert not zones.is_zone(name)


def test_the_python_of_this_machine_has_every_zone():
    assert all(zones.zone_of(name).key == name for name in zones.names())
