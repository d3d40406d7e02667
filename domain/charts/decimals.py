"""Arithmetic on exact decimals."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

PLACES = Decimal("1e-10")
WIDE = Context(prec=100, rounding=ROUND_HALF_EVEN)  # more digits than any two sums can have


def quotient(above: Decimal, below: Decimal) -> Decimal:
    """Return the quotient, rounded half even to ten places."""
    return WIDE.divide(above, below).quantize(PLACES, context=WIDE)
