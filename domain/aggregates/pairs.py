"""Two dimensions as one: the pair of their names, and each pair of their values, as one text."""

BETWEEN = "\x1f"  # the unit separator of ASCII, which no text of people has


def pair(first: str, second: str) -> str:
    """Return two dimensions, or a value of each, as one."""
    return f"{first}{BETWEEN}{second}"


def parts(joined: str) -> tuple[str, ...]:
    """Return the dimensions, or the values, that are in a pair. One that is no pair is alone."""
    return tuple(joined.split(BETWEEN, 1))
