"""What the processes that draw are asked to do."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from domain.exports.scans import Table

if TYPE_CHECKING:  # the process that writes rows loads neither
    from domain.exports.contents import Content
    from domain.exports.options import Options


@dataclass(frozen=True)
class RowsOrder:
    """A table to write as a workbook."""

    table: Table
    target: Path


@dataclass(frozen=True)
class DrawingOrder:
    """What to draw, how, and the file to write. Its ending is the format."""

    content: "Content"
    options: "Options"
    target: Path
