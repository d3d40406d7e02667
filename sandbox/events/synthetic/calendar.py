"""The volume of each day: weekday, season, a slow trend, retail events and one anomaly."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.events.synthetic.brands import CAMPAIGNS, Campaign

MONTHS = (0.86, 0.90, 0.95, 0.97, 1.0, 1.02, 1.06, 1.0, 1.0, 1.05, 1.16, 1.12)
WEEKDAYS = {"dsp": (0.94, 0.93, 0.95, 0.98, 1.06, 1.10, 1.04)}  # Monday first
WEEKDAYS_OF_SEARCH = (1.06, 1.04, 1.02, 1.0, 0.94, 0.92, 1.02)
TREND_FROM = date(2026, 1, 1)
TREND = 0.0004  # growth per day
USUAL = 1.02  # average of the factors below over a year
DSP, SPONSORED, ORGANIC = 0.385, 0.40, 0.016  # shares of all events; the others follow
ANOMALY = (4, 9, "Maple & Finch | Display | Prospecting")  # a bidding mistake on each 9 April
ANOMALY_VOLUME, ANOMALY_PRICE = 3.0, 2.5


@dataclass(frozen=True)
class Volume:
    """How much a campaign does on one day. Campaign -1 stands for traffic of no campaign."""

    day: date
    campaign: int
    events: int
    price: float  # factor on the usual cost
    eagerness: float  # factor on the probability of a purchase


def volumes(first: date, last: date, events: int, seed: int) -> Iterator[Volume]:
    """The volume of every campaign on each day from `first` to `last`, both included."""
    usual = events / 396 / USUAL
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        eager = 1.35 if is_event(day) else 1.0
        for number, campaign in enumerate(CAMPAIGNS):
            share = (DSP if campaign.product == "dsp" else SPONSORED) * campaign.share
            odd = (day.month, day.day, campaign.name) == ANOMALY
            wanted = usual * share * _activity(day, campaign) * (ANOMALY_VOLUME if odd else 1)
            luck = _chance(seed, day, number)
            count = int(wanted * (0.93 + 0.14 * luck) + _chance(seed, day, number, "rest"))
            yield Volume(day, number, count, ANOMALY_PRICE if odd else 1.0, eager)
        wanted = usual * ORGANIC * _activity(day, None)
        yield Volume(day, -1, int(wanted + _chance(seed, day, "organic")), 1.0, eager)


def is_event(day: date) -> bool:
    """True for the summer sale of 8 to 11 July, and from Black Friday to Cyber Monday."""
    friday = date(day.year, 11, 1)
    friday += timedelta(days=(3 - friday.weekday()) % 7 + 22)
    return (7, 8) <= (day.month, day.day) <= (7, 11) or 0 <= (day - friday).days <= 3


def _activity(day: date, campaign: Campaign | None) -> float:
    if campaign and campaign.season == "summer" and not 6 <= day.month <= 8:
        return 0.0
    if campaign and campaign.season == "holidays" and day.month < 11:
        return 0.0
    dsp = campaign is not None and campaign.product == "dsp"
    week = WEEKDAYS["dsp"] if dsp else WEEKDAYS_OF_SEARCH
    trend = min(max(1 + TREND * (day - TREND_FROM).days, 0.7), 1.6)
    season = MONTHS[day.month - 1]
    if is_event(day):
        season *= 2.1
    elif (day.month, day.day) in {(12, 24), (12, 25), (12, 26)}:
        season *= 0.7
    return week[day.weekday()] * season * trend


def _chance(*parts: object) -> float:
    """A number in [0, 1) that is always the same for the same parts."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=7).digest()
    return int.from_bytes(digest) / (1 << 56)
