"""What all tables share. Attributes have the names of their columns."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    FetchedValue,
    ForeignKey,
    Index,
    MetaData,
    Numeric,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

# PostgreSQL's default names, for constraints without one. CHECK constraints always have one.
NAMES = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}
TYPES = {
    str: Text(),
    datetime: DateTime(timezone=True),
    Decimal: Numeric(),
    dict[str, Any]: JSONB(none_as_null=True),  # None is NULL, never the JSON null
    list[Any]: JSONB(none_as_null=True),
    list[str]: ARRAY(Text()),
}
# For a RESTRICT-like reference to a row that goes with the same parent: it is checked at the
# commit, when both rows are gone.
AT_THE_END: Any = {"deferrable": True, "initially": "DEFERRED"}


class Base(DeclarativeBase):
    """A table. INSERT and UPDATE return the columns that the database fills in."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = TYPES
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - SQLAlchemy's name and type


class View(DeclarativeBase):
    """A database view. The ORM reads it, and never creates or writes it."""

    type_annotation_map = TYPES


Key = Annotated[
    UUID,
    mapped_column(primary_key=True, default=uuid4, server_default=text("gen_random_uuid()")),
]
CreatedAt = Annotated[datetime, mapped_column(server_default=func.now())]
UpdatedAt = Annotated[  # set by the trigger update_updated_at_column
    datetime, mapped_column(server_default=func.now(), server_onupdate=FetchedValue())
]
Name = Annotated[str, mapped_column(String(255))]
Word = Annotated[str, mapped_column(String(100))]
ShortWord = Annotated[str, mapped_column(String(50))]
Off = Annotated[bool, mapped_column(server_default=text("false"))]
On = Annotated[bool, mapped_column(server_default=text("true"))]
Count = Annotated[int, mapped_column(server_default=text("0"))]
Object = Annotated[
    dict[str, Any], mapped_column(JSONB(none_as_null=True), server_default=text("'{}'::jsonb"))
]


def key() -> MappedColumn[UUID]:
    """Return a primary key as `Key` is, of a table of which many rows are inserted at once.

    The rows that one INSERT returns are told apart by it. Otherwise each row has its own INSERT.
    """
    return mapped_column(
        primary_key=True,
        default=uuid4,
        server_default=text("gen_random_uuid()"),
        insert_sentinel=True,
    )


def text_id(length: int | None = None) -> MappedColumn[str]:
    """Return a text column that a trigger fills with the public id if none is given."""
    kind = Text() if length is None else String(length)
    return mapped_column(kind, unique=True, server_default=FetchedValue())


def one_of(name: str, column: str, *words: str) -> CheckConstraint:
    """Return a check that the column is one of these words, or NULL if it is nullable."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


def aged(table: str, column: str = "created_at") -> Index:
    """Return the index by which retention finds old rows. It takes a page for many thousands."""
    return Index(
        f"{table}_age_idx",
        column,
        postgresql_using="brin",
        postgresql_with={"autosummarize": "true"},
    )


def part_of(table: str) -> Any:
    """Return the key of a row that this one is deleted with."""
    return mapped_column(ForeignKey(f"{table}.id", ondelete="CASCADE"))


def exactly_one(name: str, *columns: str) -> CheckConstraint:
    """Return a check that exactly one of the columns is set."""
    return CheckConstraint(f"num_nonnulls({', '.join(columns)}) = 1", name=name)
