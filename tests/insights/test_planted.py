"""What the events of the local AMC hold: one odd day of one campaign, sales events, two seasons."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from domain.calendar.days import Days
from domain.charts.datasets import Coverage, Measure
from domain.facts import run
from domain.facts.facts import Fact, Reading, Series
from domain.facts.run import Board
from sandbox.events.synthetic.calendar import ANOMALY
from sandbox.events.warehouse import Warehouse
from tests.aggregates.local_amc_results import events
from tests.sandbox.raw_events import EVENTS

FIRST, WEEKS = date(2025, 11, 10), 52  # the first week is a Monday's
WEEK = timedelta(days=7)
MEASURES = (
    Measure("impressions", "Impressions", "count", "additive"),
    Measure("cost", "Cost", "currency", "additive", "USD"),
    Measure("sales", "Sales", "currency", "additive", "USD"),
    Measure("clicks", "Clicks", "count", "additive"),
)
WEEKLY = f"""
{EVENTS}
SELECT date_trunc('week', ts)::DATE, campaign_name,
    {", ".join(f"sum({one.name})::DECIMAL(38, 10)" for one in MEASURES)}
FROM event JOIN line USING (line) WHERE campaign_name IS NOT NULL GROUP BY ALL
"""
SURE = Decimal("0.9")
PLANTED = ("Maple & Finch | Display | Prospecting", date(2026, 4, 6))
# It ends with August, so that its last week has one day.
ENDED = ("Kestrel | Video | Cold Brew Summer", date(2026, 8, 31))


def board(warehouse: Warehouse) -> Board:
    """The weeks of all campaigns, and of each."""
    sums = {
        (week, name): dict(zip(MEASURES, found, strict=True))
        for week, name, *found in warehouse.cursor().execute(WEEKLY).fetchall()
    }
    names = sorted({name for _, name in sums})

    def series(name: str | None, measure: Measure) -> Series:
        return Series(
            measure,
            "weekly",
            tuple(readings(name, measure)),
            None if name is None else "campaign",
            name,
            marketplace_id="ATVPDKIKX0DER",
        )

    def readings(name: str | None, measure: Measure) -> Iterator[Reading]:
        for at in range(WEEKS):
            start = FIRST + at * WEEK
            own = names if name is None else [name]
            found = [sums[start, one][measure] for one in own if (start, one) in sums]
            value = sum(found, Decimal(0)) if found else None
            state = "EMPTY" if value is None else "VALUE"
            yield Reading(Days(start, start + WEEK), value, Coverage(7, 7), state)

    return Board(tuple(series(name, one) for name in (None, *names) for one in MEASURES))


def test_nothing_else_is_told():
    told = [one for one in run.run(board(events())).facts if one.kind not in ("event", "forecast")]
    assert {(one.kind, one.subject.value, one.period.start) for one in told} == {
        ("anomaly", *PLANTED),
        ("anomaly", *ENDED),
    }


def test_the_odd_day_and_the_sales_events_are_found_in_their_weeks_and_no_other_odd_week():
    made = board(events())
    found = [one for one in run.everything(made) if isinstance(one, Fact)]
    sure = [one for one in run.judged(made, found) if (one.confidence or 0) >= SURE]

    month, day, campaign = ANOMALY
    assert (month, day) in {
        (one.month, one.day) for one in Days(date(2026, 4, 6), date(2026, 4, 13))
    }
    odd = {(one.subject.value, one.period.start) for one in sure if one.kind == "anomaly"}
    assert (odd, campaign) == ({PLANTED, ENDED}, PLANTED[0])
    known = {
        (one.events[0], one.period.start) for one in run.run(made).facts if one.kind == "event"
    }
    assert known == {
        ("Prime Day", date(2026, 7, 6)),
        ("Black Friday to Cyber Monday", date(2025, 11, 24)),
        ("Christmas shopping", date(2025, 12, 8)),
    }
