"""Definitions of parameters, and values to try on them."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from domain.problems import Problem, Problems

CAMPAIGNS = {"type": "array", "format": "campaign-ids", "default": []}
ASINS = {"type": "array", "format": "asins"}
DEFINITIONS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "campaign_ids": CAMPAIGNS,
        "asins": ASINS,
        "days": {"type": "integer", "minimum": 1, "maximum": 90, "default": 28},
        "brand": {"type": "string", "minLength": 2, "maxLength": 10},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "kind": {"type": "string", "enum": ["dsp", "sponsored"]},
        "since": {"type": "string", "format": "date"},
        "lookback": {"type": "string", "format": "duration"},
        "only_new": {"type": "boolean"},
        "terms": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
    },
    "required": ["brand"],
    "additionalProperties": False,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def outcome(act: Callable[..., Any], *given_to_it: Any) -> tuple[Any, list[Problem]]:
    """The result of a call, or the problems that it is refused with."""
    try:
        return act(*given_to_it), []
    except Problems as refused:
        return None, refused.errors
