"""Everything that is wrong with an input, told at once."""

from collections.abc import Iterable
from typing import NamedTuple

from domain.errors import Invalid


class Problem(NamedTuple):
    """Something that is wrong, and where in the input."""

    field: str
    message: str


class Problems(Invalid):
    """An input with one problem or more. The refusal names the first one's field and says all."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.errors = list(problems)
        message = " ".join(problem.message for problem in self.errors)
        super().__init__(message, field=self.errors[0].field)
        self.extensions["errors"] = [problem._asdict() for problem in self.errors]

    def within(self, path: str) -> "Problems":
        """The same problems, seen from the input that this one is part of."""
        return Problems(Problem(f"{path}.{field}", message) for field, message in self.errors)


def problems_of(invalid: Invalid) -> list[Problem]:
    """What a refusal says, one by one."""
    if isinstance(invalid, Problems):
        return invalid.errors
    return [Problem(invalid.field or "", str(invalid))]
