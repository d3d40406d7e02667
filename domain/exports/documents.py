"""Sets an export as a document (PDF) or a single picture (PNG, SVG) by typst.

The layout is `document.typ`. It reads `data.json` and the charts, which lie in a folder of their
own, and can reach nothing else.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from domain.charts import charts, comparisons
from domain.charts.datasets import Cell, Dataset, Measure
from domain.charts.formats import coverage_of, days_of, value_of
from domain.charts.themes import COLOURS
from domain.dashboards.configs import DimensionFilter
from domain.exports import pictures, values
from domain.exports.contents import Content, Part
from domain.exports.layout import bands
from domain.exports.options import Options

LAYOUT = Path(__file__).with_name("document.typ")
FONTS = (
    *("Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari"),
    *("Noto Sans Thai", "Noto Sans CJK JP", "Noto Sans Symbols", "Noto Emoji"),
)
# The width and height of an upright page, in points.
PAPERS = {"a4": (595, 842), "letter": (612, 792)}
MARGINS, PADDING, GAP = 72, 18, 10  # points around a page, within a panel, between panels
AROUND = 250  # points above and below a chart: margins, the title of the page, and its panel
PICTURE = 900  # points: the width of a picture of a dashboard
ALONE = 480  # and of a single widget
PIXELS = 1.5  # of a chart, for each point of the page


def write(content: Content, options: Options, target: Path) -> None:
    """Write the document. Equal contents and options give equal bytes."""
    root = target.parent / "document"
    root.mkdir()
    shutil.copy(LAYOUT, root / "main.typ")
    data = _data(content, options, root, is_picture=target.suffix != ".pdf")
    (root / "data.json").write_bytes(orjson.dumps(data))
    pictures.set_by_typst(root / "main.typ", target, options.scale)


def _data(content: Content, options: Options, root: Path, *, is_picture: bool) -> dict[str, Any]:
    width = _width(content, options, is_picture=is_picture)
    placed = bands(content.parts)
    share = {
        number: column.width / sum(one.width for one in band.columns)
        for band in placed
        for column in band.columns
        for number in column.parts
    }
    parts = []
    for number, part in enumerate(content.parts):
        pixels = int((width * share[number] - PADDING - GAP) * PIXELS)
        parts.append(_part(part, options, root / f"chart-{number}.svg", max(pixels, 240)))
    colours = COLOURS[options.theme]
    return {
        "title": content.title,
        "description": content.description,
        "fonts": FONTS,
        "colours": {
            name: getattr(colours, name)
            for name in ("background", "text", "muted", "grid", "shade")
        },
        "page": {
            "picture": is_picture,
            "width": width + 48,
            "paper": "a4" if options.page_size == "a4" else "us-letter",
            "flipped": options.is_landscape,
            "highest": _paper(options)[1] - AROUND,
        },
        "facts": [list(one) for one in facts(content, options)],
        "bands": placed,
        "parts": parts,
        "insights": list(content.insights),
        "missing": content.missing_parts,
        **_lineage(content),
    }


def _width(content: Content, options: Options, *, is_picture: bool) -> int:
    """Return the width of the content in points."""
    if is_picture:
        return PICTURE if content.is_whole else ALONE
    return _paper(options)[0] - MARGINS


def _paper(options: Options) -> tuple[int, int]:
    """Return the width and height of a page in points."""
    width, height = PAPERS[options.page_size]
    return (height, width) if options.is_landscape else (width, height)


def facts(content: Content, options: Options) -> Iterator[tuple[str, str]]:
    """Yield what a reader has to know of all parts, with its label."""
    if content.days is not None:
        yield "Days", days_of(content.days)
    if content.lineage.zones:
        yield "Time zone of the days", ", ".join(content.lineage.zones)
    if content.filters.level is not None:
        yield "Periods", content.filters.level
    for one in content.filters.filters:
        yield f"Filter on {one.dimension}", _filter(one)
    if content.as_of is not None:
        yield "Numbers as of", values.moment(content.as_of, options.time_zone)
    worst = min(content.parts, key=_known, default=None)
    if worst is not None and worst.dataset is not None and _known(worst) < 1:
        yield "Days known", f"{coverage_of(worst.dataset.coverage)} (at least, in {worst.title!r})"
    elif content.datasets:
        yield "Days known", "all"


def _filter(one: DimensionFilter) -> str:
    names = ", ".join("withheld by privacy" if value is None else value for value in one.values)
    return f"all but {names}" if one.exclude else names


def _known(part: Part) -> float:
    """Return the share of a part's days that is known."""
    if part.dataset is None or not part.dataset.coverage.days:
        return 1
    return part.dataset.coverage.known / part.dataset.coverage.days


def _part(part: Part, options: Options, chart: Path, pixels: int) -> dict[str, Any]:
    told: dict[str, Any] = {"title": part.title, "below": ""}
    if part.unserved is not None:
        says = "No data yet" if part.unserved.code == "NO_DATA" else "Not shown"
        return told | {"kind": "unserved", "says": says, "message": part.unserved.message}
    if part.dataset is None:
        return told | {"kind": "text", "text": part.display.text or ""}
    told["below"] = values.notes(part.dataset)
    if part.widget_type == "chart":
        return told | _chart(part, options, chart, pixels)
    if part.widget_type == "metric_card":
        return told | _card(part, part.dataset)
    return told | _table(part, part.dataset)


def _chart(part: Part, options: Options, chart: Path, pixels: int) -> dict[str, Any]:
    """Draw a chart into a file. One that cannot be drawn becomes a table of its numbers."""
    assert part.dataset is not None
    spec = pictures.specification(part, options.theme, pixels, with_title=False)
    spec["background"] = "transparent"
    chart.write_text(pictures.svg(spec), encoding="utf-8")
    return {
        "kind": "chart",
        "chart": chart.name,
        "how": pictures.notes_of(part, options.theme),
        "alt": charts.alt_text(part.dataset, "chart", part.chart_type, part.title),
    }


def _card(part: Part, dataset: Dataset) -> dict[str, Any]:
    measure, cell = dataset.measure_of(0, 0), dataset.totals[0][0]
    change = ""
    if dataset.previous_totals:
        obstacle = comparisons.obstacle_of_source(dataset, 0)
        change = values.changed(cell, dataset.previous_totals[0][0], dataset, obstacle)
    return {
        "kind": "card",
        "value": _cell(cell, measure, part.display.decimals),
        "change": change,
        "days": days_of(dataset.days),
    }


def _table(part: Part, dataset: Dataset) -> dict[str, Any]:
    has_sources = len(dataset.sources) > 1
    first = values.heading(dataset)
    names = [first, *(["Source"] if has_sources else [])]

    def row(name: str, source: int, cells: Sequence[Cell]) -> list[dict[str, Any]]:
        told = [{"text": name, "soft": False}]
        told += [{"text": dataset.sources[source], "soft": False}] if has_sources else []
        return told + [
            _cell(cell, dataset.measure_of(source, place), part.display.decimals)
            for place, cell in enumerate(cells)
        ]

    return {
        "kind": "table",
        "names": len(names),
        "head": [*names, *(one.title for one in dataset.measures)],
        "widths": [3, *([2] if has_sources else []), *(2 for _ in dataset.measures)],
        "rows": [row(values.named(one, dataset), one.source, one.cells) for one in dataset.points],
        "foot": [row("Total", source, cells) for source, cells in enumerate(dataset.totals)],
    }


def _cell(cell: Cell, measure: Measure, decimals: int | None) -> dict[str, Any]:
    return {"text": value_of(cell, measure, decimals), "soft": cell.value is None}


def _lineage(content: Content) -> dict[str, Any]:
    found = content.lineage
    if not found.segments:
        says = "Their executions are shown to members of the instance."
    elif found.count > len(found.segments):
        says = f"The newest {len(found.segments)} of {found.count} results, by their days."
    else:
        says = "All results that the numbers were computed from, by their days."
    return {
        "sources": [
            [one.name, "" if one.version is None else str(one.version), one.time_zone]
            for one in found.sources
        ],
        "results": says,
        "segments": [
            [f"{one.start} – {one.last}", one.execution or "", one.checksum or ""]
            for one in found.segments
        ],
    }
