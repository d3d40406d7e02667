"""The display options of a widget, as they are stored in JSON."""

from typing import Annotated

from pydantic import Field

from domain.documents import Config

MOST_DECIMALS = 6


class Display(Config):
    """How a widget looks. The text of a text widget is plain text and is shown as it is."""

    text: Annotated[str, Field(max_length=5000)] | None = None
    x_title: Annotated[str, Field(max_length=200)] | None = Field(default=None, alias="xTitle")
    y_title: Annotated[str, Field(max_length=200)] | None = Field(default=None, alias="yTitle")
    stacked: bool = Field(default=False, strict=True)
    show_legend: bool = Field(default=True, alias="showLegend", strict=True)
    decimals: Annotated[int, Field(ge=0, le=MOST_DECIMALS, strict=True)] | None = None
