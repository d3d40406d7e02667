"""Search in names: what looks the same is the same, however it is written."""

import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, literal, or_
from sqlalchemy.orm import InstrumentedAttribute


def contains(text: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether one of the columns has this text in it.

    The case does not matter, nor does how an accent is written: as one character with its letter,
    or as a character of its own. Spaces around the text are left out.
    """
    wanted = _alike(literal(unicodedata.normalize("NFC", text.strip()), Text()))
    return or_(*(func.strpos(_alike(cast(column, Text())), wanted) > 0 for column in columns))


def _alike(text: ColumnElement[str]) -> ColumnElement[str]:
    """The text in one case, with each character in its shortest form.

    The database does it on both sides. Upper case comes first: it takes together what has more
    than one lower case, as the two forms of the Greek sigma.
    """
    return func.normalize(func.lower(func.upper(func.normalize(text))))
