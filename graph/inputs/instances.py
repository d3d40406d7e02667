"""Arguments of the lists of campaigns and ASINs."""

from typing import Annotated

import strawberry

Text = Annotated[
    str | None, strawberry.argument(description="Only items that contain this text, in any case.")
]
