"""Values of parameters against their definitions, and definitions against what is possible."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.problems import Problem, Problems
from domain.queries import parameters
from tests.queries.parameters import CAMPAIGNS, DEFINITIONS, JSON, outcome


def check(**values: Any) -> dict[str, Any]:
    return parameters.check(DEFINITIONS, {"brand": "Acme", **values})


def problems(**values: Any) -> list[Problem]:
    with pytest.raises(Problems) as refused:
        check(**values)
    assert refused.value.extensions["code"] == "BAD_USER_INPUT"
    return refused.value.errors


def test_defaults_are_filled_in_and_what_is_given_is_kept():
    assert check(days=7, share=0.5) == {
        "campaign_ids": [],
        "days": 7,
        "brand": "Acme",
        "share": 0.5,
    }


def test_null_is_no_value():
    assert check(days=None, kind=None)["days"] == 28
    assert problems(brand=None) == [("parameters.brand", "'brand' is missing.")]


def test_every_problem_is_told_at_once_each_with_its_field():
    with pytest.raises(Problems) as refused:
        parameters.check(DEFINITIONS, {"dais": 7, "days": "7", "kind": "tv", "lookback": "28"})

    told = [
        ("parameters.dais", "There is no parameter 'dais'; did you mean 'days'?"),
        ("parameters.days", "'days' must be a whole number, not '7'."),
        ("parameters.brand", "'brand' is missing."),
        ("parameters.kind", "'kind' must be one of 'dsp', 'sponsored', not 'tv'."),
        ("parameters.lookback", "'lookback' must be a number of days such as P28D, not '28'."),
    ]
    assert refused.value.errors == told
    assert refused.value.field == "parameters.dais"
    assert str(refused.value) == " ".join(message for _, message in told)
    assert refused.value.extensions["errors"] == [
        {"field": field, "message": message} for field, message in told
    ]


def test_problems_are_seen_from_the_input_around_them():
    with pytest.raises(Problems) as refused:
        parameters.check(DEFINITIONS, {"brand": 1, "days": 0})
    outer = refused.value.within("report")

    assert outer.field == "report.parameters.days"
    assert [one.field for one in outer.errors] == [
        "report.parameters.days",
        "report.parameters.brand",
    ]


def test_a_name_like_none_that_is_known_is_told_what_there_is():
    with pytest.raises(Problems, match="there is only 'x'"):
        parameters.check({"properties": {"x": {"type": "integer", "default": 1}}}, {"query": 1})
    with pytest.raises(Problems, match="there are none"):
        parameters.check({}, {"query": 1})


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"days": 0}, "parameters.days", "'days' must be 1 or more, not 0."),
        ({"days": 91}, "parameters.days", "'days' must be 90 or less, not 91."),
        ({"days": 1.5}, "parameters.days", "a whole number, not 1.5."),
        ({"days": True}, "parameters.days", "a whole number, not true."),
        ({"days": [7]}, "parameters.days", "a whole number, not [7]."),
        ({"brand": "A"}, "parameters.brand", "at least 2 characters, not 1."),
        ({"brand": "A" * 11}, "parameters.brand", "at most 10 characters, not 11."),
        ({"brand": 7}, "parameters.brand", "must be text, not 7."),
        ({"share": 0}, "parameters.share", "more than 0, not 0."),
        ({"share": 1.0}, "parameters.share", "less than 1, not 1.0."),
        ({"share": "0.5"}, "parameters.share", "a number, not '0.5'."),
        ({"only_new": "yes"}, "parameters.only_new", "true or false, not 'yes'."),
        ({"only_new": 1}, "parameters.only_new", "true or false, not 1."),
        ({"since": "31.01.2026"}, "parameters.since", "a date such as 2026-01-31"),
        ({"since": "2026-02-30"}, "parameters.since", "a date such as 2026-01-31"),
        ({"since": "20260131"}, "parameters.since", "a date such as 2026-01-31"),
        ({"terms": []}, "parameters.terms", "must have at least 1 value, not 0."),
        ({"terms": ["a"] * 4}, "parameters.terms", "must have at most 3 values, not 4."),
        ({"terms": "a"}, "parameters.terms", "a list, not 'a'."),
        ({"terms": {"a": 1}}, "parameters.terms", 'a list, not {"a": 1}.'),
        ({"terms": ["a", 2]}, "parameters.terms.1", "Item 2 of 'terms' must be text, not 2."),
        ({"campaign_ids": [7]}, "parameters.campaign_ids.0", "Item 1 of 'campaign_ids' must be"),
        ({"campaign_ids": [" a"]}, "parameters.campaign_ids.0", "the id of a campaign"),
        ({"asins": ["b000000000"]}, "parameters.asins.0", "ten capital letters and digits"),
        ({"brand": "a\0b"}, "parameters.brand", "such as U+0000"),
        ({"brand": "a\ud800"}, "parameters.brand", "has a character that cannot be stored"),
        ({"share": float("inf")}, "parameters.share", "must be a finite number, not Infinity."),
        ({"days": "x" * 500}, "parameters.days", "xxx..."),
    ],
)
def test_a_value_that_cannot_be_used_says_what_it_must_be(values, field, says):
    told = problems(**values)

    assert told[0].field == field
    assert says in " ".join(message for _, message in told)
    assert all(len(message) < 200 for _, message in told)


def test_a_hundred_campaigns_are_taken_and_not_one_more():
    ids = [f"A{number}" for number in range(101)]

    assert check(campaign_ids=ids[:100])["campaign_ids"] == ids[:100]
    assert problems(campaign_ids=ids) == [
        ("parameters.campaign_ids", "'campaign_ids' must have at most 100 values, not 101.")
    ]


def test_a_thousand_asins_are_taken_and_not_one_more():
    asins = [f"B{number:09}" for number in range(1001)]

    assert check(asins=asins[:1000])["asins"] == asins[:1000]
    assert problems(asins=asins) == [
        ("parameters.asins", "'asins' must have at most 1,000 values, not 1,001.")
    ]


def test_a_definition_cannot_raise_amcs_limits():
    wide = {"properties": {"x": {**CAMPAIGNS, "maxItems": 5000}}}

    with pytest.raises(Problems, match="at most 100"):
        parameters.check(wide, {"x": ["a"] * 101})


def test_whole_numbers_stay_whole_however_they_were_written():
    days = check(days=7.0)["days"]

    assert days == 7
    assert isinstance(days, int)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_numbers_beyond_amcs_are_refused(number):
    with pytest.raises(Problems, match="larger number than AMC takes"):
        parameters.check({"properties": {"x": {"type": "integer"}}}, {"x": number})


@given(st.dictionaries(st.sampled_from([*DEFINITIONS["properties"], "other"]), JSON))
def test_whatever_is_handed_in_is_taken_as_it_should_be_or_refused_with_fields(values):
    taken, refused = outcome(parameters.check, DEFINITIONS, values)

    if taken is not None:
        assert isinstance(taken["brand"], str)
        assert isinstance(taken["days"], int)
        assert 1 <= taken["days"] <= 90
    assert all(one.field.startswith("parameters.") for one in refused)
