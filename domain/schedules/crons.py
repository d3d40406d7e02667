"""Reads cron expressions and time zones, and explains why one is refused."""

from datetime import datetime

from cronsim import CronSim, CronSimError

from domain.errors import Invalid

LONGEST = 250  # characters
SOME_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall-clock moment, without a zone
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
# Each field: its name, how many values it has, and what it may contain.
FIELDS = (
    ("minute", 60, "0-59"),
    ("hour", 24, "0-23"),
    ("day of the month", 31, "1-31, L for the last day or LW for the last working day"),
    ("month", 12, "1-12 or JAN-DEC"),
    (
        "day of the week",
        7,
        "0-7 (0 and 7 are Sunday), SUN-SAT, 5L (last Friday) or 1#2 (second Monday)",
    ),
)


def check_cron(text: str, field: str = "cron") -> str:
    """Return the expression with single spaces. Raises Invalid saying what is wrong and where.

    An expression that never occurs, such as February 31, is refused, too.
    """
    parts = text.split()
    _check_shape(text, parts, field)
    for number, part in enumerate(parts):
        for term in part.split(","):
            _check_term(term, number, field)
    cron = " ".join(parts)
    try:
        next(CronSim(cron, SOME_DAY))
    except (CronSimError, StopIteration) as never:
        weekday = "" if parts[4] == "*" else f" that is {parts[4]} of the week"
        raise Invalid(
            f"{cron!r} never occurs: month {parts[3]} has no day {parts[2]}{weekday}. "
            "Months 1,3,5,7,8,10,12 have a day 31; L is the last day of any month.",
            field=field,
        ) from never
    return cron


def _check_shape(text: str, parts: list[str], field: str) -> None:
    names = "minute, hour, day of the month, month, day of the week"
    if text.strip().startswith("@"):
        meant = NICKNAMES.get(text.strip().lower(), "0 9 * * 1")
        raise Invalid(
            f"Names such as {text.strip()[:20]!r} are not accepted; write five fields, "
            f"such as {meant!r}.",
            field=field,
        )
    if len(parts) != 5:
        seconds = " Seconds are not accepted." if len(parts) == 6 else ""
        raise Invalid(
            f"A cron expression has five fields ({names}), such as '0 9 * * 1' for Mondays at "
            f"09:00; this one has {len(parts)}.{seconds}",
            field=field,
        )
    if len(text) > LONGEST or not text.isascii():
        raise Invalid(
            f"A cron expression is at most {LONGEST} characters long, all of them ASCII.",
            field=field,
        )


def _check_term(term: str, number: int, field: str) -> None:
    """Check one item of the list in a field."""
    name, values, right = FIELDS[number]
    parts = ["*"] * 5
    parts[number] = term
    where = f"In cron field {number + 1}, the {name}, {term!r} is not understood"
    try:
        CronSim(" ".join(parts), SOME_DAY)
    except CronSimError as wrong:
        raise Invalid(
            f"{where}. Allowed are {right}; * for every value, lists (1,5), "
            "ascending ranges (1-5) and steps (*/2).",
            field=field,
        ) from wrong
    step = term.partition("/")[2]
    if step and int(step) > values:
        raise Invalid(
            f"{where}: the field has {values} values, so a step can be {values} at most.",
            field=field,
        )
