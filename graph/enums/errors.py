"""The error codes as an enum of the schema."""

from enum import Enum
from typing import Any

import strawberry

from domain.errors import MEANINGS, ErrorCode

_codes: Any = Enum(  # type: ignore[misc]
    "ErrorCode",
    {one.value: strawberry.enum_value(one.value, description=MEANINGS[one]) for one in ErrorCode},
)


ErrorCodeEnum = strawberry.enum(_codes, description="The values of `extensions.code` of an error.")
