"""Enums of questions and answers."""

from enum import Enum

import strawberry


@strawberry.enum(description="What a question asks.")
class QuestionKind(Enum):
    HOW_MUCH = strawberry.enum_value("how_much", description="How much a metric was.")
    WHICH = strawberry.enum_value(
        "which", description="Which values of a dimension are highest or lowest."
    )
    WHEN = strawberry.enum_value(
        "when", description="In which week, month or quarter a metric was highest or lowest."
    )
    WHY = strawberry.enum_value(
        "why", description="What each value of a dimension adds to a change."
    )
    COMPARE = strawberry.enum_value(
        "compare", description="How two periods, two values or two metrics compare."
    )
    ODD = strawberry.enum_value("odd", description="Which periods are unlike the others.")
    TREND = strawberry.enum_value(
        "trend", description="Whether a metric rises, falls or has changed its level."
    )
    NEXT = strawberry.enum_value("next", description="What the period that is running comes to.")
    ATTENTION = strawberry.enum_value(
        "attention", description="What matters most, by money at stake and confidence."
    )
    DATA = strawberry.enum_value("data", description="How complete and how settled the data are.")


@strawberry.enum(description="Whether a question is answered.")
class AnswerOutcome(Enum):
    ANSWERED = strawberry.enum_value("answered", description="The question is answered.")
    ASKS_BACK = strawberry.enum_value(
        "asks_back", description="The question has several meanings: `choices` lists them."
    )
    NOT_ANSWERED = strawberry.enum_value(
        "not_answered", description="There is no answer. `reason` and `answer` say why."
    )


@strawberry.enum(description="Why a question has no answer.")
class AnswerReason(Enum):
    NOT_UNDERSTOOD = strawberry.enum_value(
        "NOT_UNDERSTOOD", description="It is none of the kinds of questions that can be answered."
    )
    UNKNOWN_NAME = strawberry.enum_value(
        "UNKNOWN_NAME", description="A word of it names nothing here. No word is passed over."
    )
    AMBIGUOUS = strawberry.enum_value(
        "AMBIGUOUS", description="A name of it is that of several things."
    )
    NO_METRIC = strawberry.enum_value("NO_METRIC", description="It names no metric.")
    NO_SUCH_DAY = strawberry.enum_value(
        "NO_SUCH_DAY", description="It names a day that no calendar has."
    )
    NOT_COVERED = strawberry.enum_value(
        "NOT_COVERED", description="No results of these days have been collected."
    )
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED", description="AMC's privacy thresholds withhold the number."
    )
    NOT_ADDITIVE = strawberry.enum_value(
        "NOT_ADDITIVE", description="The metric cannot be added up over several periods."
    )
    OTHER_CURRENCY = strawberry.enum_value(
        "OTHER_CURRENCY",
        description="The amounts are in another currency than that of the instance, or in several.",
    )
    NOT_ENOUGH_PERIODS = strawberry.enum_value(
        "NOT_ENOUGH_PERIODS", description="There are too few periods to tell."
    )
    CONSTANT = strawberry.enum_value(
        "CONSTANT", description="The metric is the same in every period."
    )
    NO_DENOMINATOR = strawberry.enum_value(
        "NO_DENOMINATOR", description="A ratio would be divided by zero."
    )
    NO_ROWS = strawberry.enum_value("NO_ROWS", description="The results of these days are empty.")
    NOT_COMPARABLE = strawberry.enum_value(
        "NOT_COMPARABLE", description="Another share of the earlier days is known."
    )
    NO_SUCH_BREAKDOWN = strawberry.enum_value(
        "NO_SUCH_BREAKDOWN",
        description="It needs two dimensions at once. Aggregates are kept by one at a time.",
    )
    NOT_FOUND = strawberry.enum_value(
        "NOT_FOUND", description="Something that the question needs is not named."
    )


@strawberry.enum(description="What the person who asked says of an answer.")
class AnswerFeedback(Enum):
    RIGHT = strawberry.enum_value("right", description="The answer is right.")
    WRONG = strawberry.enum_value("wrong", description="The answer is wrong.")
    USEFUL = strawberry.enum_value("useful", description="The answer is right and was useful.")


@strawberry.enum(description="Who worded an answer.")
class AnswerWording(Enum):
    PLAIN = strawberry.enum_value("plain", description="The server's own sentences.")
    PENDING = strawberry.enum_value(
        "pending",
        description="The server's own sentences, until a language model has worded the answer.",
    )
    WORDED = strawberry.enum_value(
        "worded",
        description="A language model. Each number in its text is one of `numbers`.",
    )
    REFUSED = strawberry.enum_value(
        "refused",
        description="The server's own sentences, because what the model said could not be used. "
        "`wordingError` says why.",
    )
