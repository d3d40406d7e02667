"""Problems: everything that is wrong with an input, reported together."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from domain import sentences
from domain.errors import DomainError, Invalid
from domain.sentences import must_be, path_of, sentence

MOST_TOLD = 100  # problems of one input
# What clients may name. Far from the ends of the calendar, where a zone or a week more overflows.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2200, 12, 31)


class Problem(NamedTuple):
    """A mistake in an input, and its place."""

    field: str
    message: str

    @classmethod
    def of(cls, field: str, predicate: str) -> "Problem":
        """Return the problem of the value in this field, in the words of domain/sentences.py."""
        return cls(field, sentence(path_of(field), predicate))


class Problems(Invalid):
    """An input with one problem or more. `field` is the first one's; the message has them all.

    At most MOST_TOLD problems are kept. No more are taken from an iterator.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.errors = list(islice(problems, MOST_TOLD))
        message = " ".join(problem.message for problem in self.errors)
        super().__init__(message, field=self.errors[0].field)
        self.extensions["errors"] = [problem._asdict() for problem in self.errors]

    def within(self, path: str) -> "Problems":
        """Return the same problems with their fields inside `path`."""
        return Problems(
            Problem(f"{path}.{field}" if field else path, message) for field, message in self.errors
        )


def problems_of(invalid: Invalid) -> list[Problem]:
    """Return the problems of a refusal, one by one."""
    if isinstance(invalid, Problems):
        return invalid.errors
    return [Problem(invalid.field or "", str(invalid))]


def refuse(problems: Iterable[Problem]) -> None:
    """Raise Problems if there are any."""
    if found := first(problems):
        raise Problems(found)


def refuse_together(refusals: Sequence[DomainError]) -> None:
    """Raise the only refusal as it is, or Problems with all that several of them say."""
    if len(refusals) == 1:
        raise refusals[0]
    refuse(
        problem
        for one in refusals
        for problem in (
            problems_of(one) if isinstance(one, Invalid) else [Problem(one.field or "", str(one))]
        )
    )


def first(problems: Iterable[Problem]) -> list[Problem]:
    """Return the first MOST_TOLD problems. An iterator does not compute the others."""
    return list(islice(problems, MOST_TOLD))


@contextmanager
def within(path: str) -> Iterator[None]:
    """Put the fields of refusals raised in the block inside `path`."""
    try:
        yield
    except DomainError as refused:
        if refused.field is None:
            raise
        raise refused.within(path) from refused


class Gathered(list[Problem]):
    """Collects the problems that several checks of one input find, to refuse them together."""

    @contextmanager
    def also(self) -> Iterator[None]:
        """Run a check. Its problems are collected, and the code after the block goes on."""
        try:
            yield
        except Invalid as invalid:
            self += problems_of(invalid)

    def refuse(self) -> None:
        """Raise Problems if a check found any."""
        refuse(self)


def check_text(field: str, text: str | None, least: int, most: int) -> Iterator[Problem]:
    """Yield what is wrong with a text of `least` to `most` characters. None counts as empty."""
    for predicate in sentences.size_of_text(text or "", least, most):
        yield Problem.of(field, predicate)


def check_name(field: str, name: str, most: int) -> Iterator[Problem]:
    """What is wrong with a name of 1 to `most` characters, those around it left out."""
    name = name.strip()
    yield from check_text(field, name, 1, most)
    if name and not sentences.is_seen(name):
        yield Problem.of(field, sentences.UNSEEN)


COPY = " (copy)"


def copy_name(name: str, most: int) -> str:
    """The name that the server makes up for a copy, of at most `most` characters."""
    return name[: most - len(COPY)] + COPY


def check_number(field: str, number: float, least: float, most: float) -> Iterator[Problem]:
    """Yield what is wrong with a number from `least` to `most`."""
    for predicate in sentences.between(number, least, most):
        yield Problem.of(field, predicate)


def check_day(field: str, day: date) -> Iterator[Problem]:
    """Yield what is wrong with a day that is far from now, or with a moment without its offset."""
    if isinstance(day, datetime):
        if day.tzinfo is None:
            yield Problem.of(field, must_be(sentences.MOMENT, day.isoformat()))
        day = day.date()
    for predicate in sentences.between(day, FIRST_DAY, LAST_DAY):
        yield Problem.of(field, predicate)


def check_one_of(field: str, value: object, values: Sequence[object]) -> Iterator[Problem]:
    """Yield what is wrong with a value that must be one of these."""
    if value not in values:
        yield Problem.of(field, must_be(sentences.one_of(values), value))
