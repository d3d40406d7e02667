"""What people call the dimensions of results, and the values that AMC writes as codes.

A dimension that is not defined here is called by its column, and its values are what they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

AD_PRODUCTS = {
    "dsp": "DSP",
    "sponsored_products": "Sponsored Products",
    "sponsored_brands": "Sponsored Brands",
    "sponsored_display": "Sponsored Display",
    "sponsored_television": "Sponsored TV",
}
MATCH_TYPES = {
    "BROAD": "Broad",
    "EXACT": "Exact",
    "PHRASE": "Phrase",
    "TARGETING_EXPRESSION": "Product targeting",
    "TARGETING_EXPRESSION_PREDEFINED": "Automatic targeting",
    "THEME": "Theme",
}
MOST_NAMES = 24  # of a dimension
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


@dataclass(frozen=True)
class Definition:
    """A dimension: its title, and the names of its values by their codes."""

    title: str
    names: Mapping[str, str] = field(default_factory=dict)


DEFINED = MappingProxyType(
    {
        "ad_product_type": Definition("Ad product", AD_PRODUCTS),
        "campaign_id_string": Definition("Campaign id"),
        "other_campaign_id_string": Definition("Other campaign id"),
        "pair": Definition("Pair of campaigns"),
        "match_type": Definition("Match type", MATCH_TYPES),
        "weekday": Definition("Weekday", {str(n): day for n, day in enumerate(DAYS, start=1)}),
        "hour_of_day": Definition("Hour", {str(n): f"{n:02}:00" for n in range(24)}),
    }
)


def title(dimension: str) -> str:
    """Return what people call the dimension: its title, or its column in words."""
    if dimension in DEFINED:
        return DEFINED[dimension].title
    words = dimension.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def names(dimension: str | None) -> Mapping[str, str]:
    """Return what people call the values that are codes, by value."""
    known = DEFINED.get(dimension or "")
    return known.names if known else {}


def name(dimension: str | None, value: str) -> str:
    """Return what people call a value of the dimension."""
    return names(dimension).get(value, value)
