"""What the process that draws is asked to do."""

from dataclasses import dataclass
from pathlib import Path

from domain.exports.contents import Content
from domain.exports.options import Options
from domain.exports.tables import Table


@dataclass(frozen=True)
class DrawingOrder:
    """What to draw, how, and the file to write. Its ending is the format."""

    content: Content | Table
    options: Options
    target: Path
