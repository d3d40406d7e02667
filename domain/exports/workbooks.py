"""Writes an export as an Excel workbook: a sheet for each widget, with a native chart.

Numbers are numbers, with the format of their unit. Text is never a formula. A number that is
missing has the page's reason: in its cell, or beside the row where a chart would take text for 0.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from domain.charts import charts
from domain.charts.datasets import Cell, Dataset, Measure
from domain.charts.formats import affixes, places_of, reason
from domain.charts.themes import COLOURS
from domain.exports import documents, values
from domain.exports.contents import Content, Part
from domain.exports.grids import Grid, grid_of, stages_of
from domain.exports.options import Options

NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # a workbook has to say when it was made
LONGEST_NAME = 31
PAPERS = {"letter": 1, "a4": 9}  # as Excel counts them
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
KINDS = {
    **{"line": "line", "area": "area", "bar": "column", "pie": "pie", "scatter": "scatter"},
    "funnel": "bar",
}
HEAD = 3  # the row of the head; above it are the title and the notes
UNIT_FORMATS = {"count": "#,##0", "users": "#,##0", "seconds": '#,##0.0 " s"'}
MOST_SERIES = 50  # of a chart; Excel takes 255


def write(content: Content, options: Options, target: Path) -> None:
    """Write the workbook. Equal contents and options give equal bytes."""
    settings = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(str(target), settings) as book:
        made_at = (content.as_of or NEVER).astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": content.title, "created": made_at})
        names = _sheet_names([one.title for one in content.parts])
        sheets = [book.add_worksheet(one) for one in names]
        for part, sheet in zip(content.parts, sheets, strict=True):
            _Sheet(book, sheet, part, options).write()
        _about(book, content, options)


def _sheet_names(titles: Sequence[str]) -> list[str]:
    """Return a unique name for each sheet that Excel accepts. Excel ignores case."""
    taken = {"about", "history"}  # the second one is Excel's own
    found = []
    for title in titles:
        plain = " ".join(title.translate(FORBIDDEN).split()).strip("'") or "Widget"
        name, number = plain[:LONGEST_NAME].strip("' "), 1
        while name.lower() in taken:
            number += 1
            ending = f" {number}"
            name = plain[: LONGEST_NAME - len(ending)].strip("' ") + ending
        taken.add(name.lower())
        found.append(name)
    return found


def number_format(measure: Measure, decimals: int | None) -> str:
    """Return Excel's format for a metric: by its unit, currency, decimals and language.

    A spreadsheet puts marks and groups as its own language does, and units as the format does.
    """
    if measure.unit in UNIT_FORMATS and decimals is None:
        return UNIT_FORMATS[measure.unit]
    places = "0" * places_of(measure, decimals)
    plain = f"#,##0.{places}" if places else "#,##0"
    before, after = affixes(measure)
    if measure.unit == "percent":  # no text: the sign has to stand for itself
        return f"{before}{plain.removeprefix('#,##')}{after}"
    return f"{_quoted(before)}{plain}{_quoted(after)}"


def _quoted(text: str) -> str:
    return f'"{text}"' if text else ""


class _Sheet:
    """A widget on its sheet."""

    def __init__(self, book: Any, sheet: Any, part: Part, options: Options) -> None:
        self.book, self.sheet, self.part, self.options = book, sheet, part, options
        self.colours = COLOURS[options.theme]
        self.bold = book.add_format({"bold": True})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.soft = book.add_format({"font_color": "#59636e", "italic": True})
        self.formats: dict[str, Any] = {}

    def write(self) -> None:
        """Write the title, the notes, the numbers and the chart."""
        part, sheet = self.part, self.sheet
        sheet.write_string(0, 0, part.title, self.book.add_format({"bold": True, "font_size": 14}))
        sheet.set_column(0, 0, 32)
        if self.options.is_landscape:
            sheet.set_landscape()
        sheet.set_paper(PAPERS[self.options.page_size])
        sheet.fit_to_pages(1, 0)  # as wide as a page, and as long as it takes
        if part.unserved is not None:
            sheet.write_string(1, 0, part.unserved.message, self.soft)
        elif part.dataset is None:
            sheet.write_string(1, 0, part.display.text or "")
        else:
            sheet.write_string(1, 0, values.notes(part.dataset) or "All days known", self.soft)
            if part.is_chart:
                kind, _ = charts.kind_of(part.dataset, part.chart_type)
                arranged = stages_of if kind == "funnel" else grid_of
                self._chart(kind, part.dataset, arranged(part.dataset))
            else:
                self._table(part.dataset)
            sheet.freeze_panes(HEAD + 1, 1)

    def _table(self, dataset: Dataset) -> None:
        """Write the rows of the page's table: reasons stand in the cells."""
        sources = len(dataset.sources) > 1
        named = ["Source"] if sources else []
        head = [values.heading(dataset), *named]
        self._heads([*head, *(one.title for one in dataset.measures), "Days known", "Provisional"])
        row = HEAD
        points = dataset.points if self.part.widget_type == "table" else ()
        for row, point in enumerate(points, HEAD + 1):
            self.sheet.write_string(row, 0, values.named(point, dataset))
            known = f"{point.coverage.known} of {point.coverage.days}"
            said = [known, "yes" if point.is_provisional else ""]
            self._cells(row, dataset, point.source, point.cells, said)
        for number, cells in enumerate(dataset.totals, 1):
            coverage = dataset.source_coverage[number - 1]
            self.sheet.write_string(row + number, 0, "Total", self.bold)
            said = [f"{coverage.known} of {coverage.days}", "yes" * dataset.is_provisional]
            self._cells(row + number, dataset, number - 1, cells, said)

    def _cells(
        self, row: int, dataset: Dataset, source: int, cells: Sequence[Cell], said: Sequence[str]
    ) -> None:
        column = 1
        if len(dataset.sources) > 1:
            self.sheet.write_string(row, column, dataset.sources[source])
            column += 1
        for place, cell in enumerate(cells):
            self._number(row, column + place, cell, dataset.measure_of(source, place))
        for place, text in enumerate(said, column + len(cells)):
            self.sheet.write_string(row, place, text)

    def _number(self, row: int, column: int, cell: Cell, measure: Measure) -> None:
        if cell.value is None:
            self.sheet.write_string(row, column, reason(cell), self.soft)
        else:
            self.sheet.write_number(row, column, float(cell.value), self._format(measure))

    def _format(self, measure: Measure) -> Any:
        wanted = number_format(measure, self.part.display.decimals)
        if wanted not in self.formats:
            self.formats[wanted] = self.book.add_format({"num_format": wanted})
        return self.formats[wanted]

    def _heads(self, titles: Sequence[str]) -> None:
        for column, title in enumerate(titles):
            self.sheet.write_string(HEAD, column, title, self.head)
        self.sheet.set_column(1, max(1, len(titles) - 1), 16)

    def _chart(self, kind: str, dataset: Dataset, grid: Grid) -> None:
        """Write the numbers as the chart takes them. A cell without a number stays empty."""
        self._heads([grid.head, *(one.title for one in grid.series), "Why empty"])
        for row, (name, cells) in enumerate(grid.rows.items(), HEAD + 1):
            self.sheet.write_string(row, 0, name)
            why = []
            for column, one in enumerate(grid.series):
                cell = cells.get(column, Cell(None, "NOTHING"))
                if cell.value is None:
                    why.append(f"{one.title}: {reason(cell)}")
                else:
                    self._number(row, column + 1, cell, one.measure)
            self.sheet.write_string(row, len(grid.series) + 1, "; ".join(why), self.soft)
        if kind in KINDS and grid.series:
            self.sheet.insert_chart(
                HEAD, len(grid.series) + 3, self._drawn(KINDS[kind], dataset, grid)
            )

    def _drawn(self, kind: str, dataset: Dataset, grid: Grid) -> Any:
        kind = "bar" if kind == "column" and not dataset.has_periods else kind
        chart = self.book.add_chart({"type": kind})
        first, last = HEAD + 1, HEAD + len(grid.rows)
        name = self.sheet.get_name()
        for one in _drawn_series(kind, grid):
            across = 1 if kind == "scatter" else 0
            chart.add_series(
                {
                    "name": [name, HEAD, one + 1],
                    "categories": [name, first, across, last, across],
                    "values": [name, first, one + 1, last, one + 1],
                    **self._look(kind, one),
                }
            )
        chart.set_title({"name": self.part.title, "name_font": {"size": 12}})
        chart.show_blanks_as("gap")
        if len(grid.series) == 1 and kind != "pie":
            chart.set_legend({"none": True})
        if kind == "bar":
            chart.set_y_axis({"reverse": True})
        chart.set_size({"width": 720, "height": 400})
        return chart

    def _look(self, kind: str, number: int) -> dict[str, Any]:
        if kind == "pie":
            return {}
        tint = self.colours.series[number % len(self.colours.series)]
        marker = {"type": "circle", "size": 5, "fill": {"color": tint}, "border": {"color": tint}}
        if kind in ("line", "scatter"):
            line = {"color": tint, "width": 2} if kind == "line" else {"none": True}
            return {"line": line, "marker": marker}
        return {"fill": {"color": tint}}


def _drawn_series(kind: str, grid: Grid) -> range:
    """Return which columns are drawn: of a scatter chart the first one is the other axis."""
    if kind == "scatter":
        return range(1, min(2, len(grid.series)))
    return range(min(1 if kind == "pie" else MOST_SERIES, len(grid.series)))


def _about(book: Any, content: Content, options: Options) -> None:
    """Write the sheet that says what this is, and where the numbers come from."""
    sheet, bold = book.add_worksheet("About"), book.add_format({"bold": True})
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 48)
    for row, line in enumerate(_lines(content, options)):
        heading = len(line) == 1
        for column, text in enumerate(line):
            sheet.write_string(row, column, text, bold if heading else None)


def _lines(content: Content, options: Options) -> Iterator[Sequence[str]]:
    yield [content.title]
    if content.description:
        yield "Description", content.description
    yield from documents.facts(content, options)
    if content.insights:
        yield ["Insights"]
        yield from (("", one) for one in content.insights)
    if content.missing_parts:
        yield ["Not shown"]
        yield from (("", one) for one in content.missing_parts)
    yield ["Sources"]
    for source in content.lineage.sources:
        version = "" if source.version is None else f"version {source.version} of its template"
        yield source.name, version, source.time_zone
    yield ["Results: days, execution, checksum"]
    for one in content.lineage.segments:
        yield f"{one.start} – {one.last}", one.execution or "", one.checksum or ""
