"""Draws charts as SVG and PNG by vl-convert, from the specifications that the pages draw."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from domain.charts import charts
from domain.charts.themes import COLOURS, Theme
from domain.exports.contents import Content, Part
from domain.exports.options import Options

FONT_PACKAGES = ("manimgx_fonts", "noto_cjk_sans_jp_regular")
FONT = "Noto Sans"
WIDTH = 720  # pixels of a chart that stands alone
PPI = 96.0  # pixels of an inch, at scale 1
PICTURE = b"""
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg")
"""
TEXT = re.compile(r">([^<]+)</text>")
# The characters that a font sets. What sets the text of an SVG expects as many shapes as there are
# letters: of the fonts for Arabic, that holds for the one that comes with typst.
RANGES = {
    "DejaVu Sans Mono": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "Noto Sans Devanagari": "\u0900-\u097f",
    "Noto Sans Thai": "\u0e00-\u0e7f",
    "Noto Sans CJK JP": "\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff",
    "Noto Emoji": "\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff",
}
SCRIPTS = {font: re.compile(f"[{one}]+(?: +[{one}]+)*") for font, one in RANGES.items()}


@cache
def font_folders() -> tuple[str, ...]:
    """Return the folders of the fonts that exports are set in. They come as packages."""
    return tuple(str(Path(import_module(one).__file__ or "").parent) for one in FONT_PACKAGES)


@cache
def _converter() -> Any:
    import vl_convert

    for folder in font_folders():
        vl_convert.register_font_directory(folder)
    return vl_convert


def specification(part: Part, theme: Theme, width: int, *, with_title: bool) -> dict[str, Any]:
    """Return the specification that the page draws, in a width and in the fonts of exports."""
    assert part.dataset is not None
    spec = charts.draw(part.dataset, "chart", part.chart_type, part.title, part.display, theme)
    if not with_title:
        del spec["title"]
    spec["config"] = spec["config"] | {"font": FONT}
    if spec.get("width") == "container":
        spec["width"] = width
    return spec


def notes_of(part: Part, theme: Theme) -> str:
    """Return the lines that explain the marks of a chart."""
    assert part.dataset is not None
    spec = charts.draw(part.dataset, "chart", part.chart_type, part.title, part.display, theme)
    subtitle = spec["title"].get("subtitle", [])
    return " ".join([subtitle] if isinstance(subtitle, str) else subtitle)


def svg(spec: Mapping[str, Any]) -> str:
    """Draw a specification as SVG. Nothing is fetched for it."""
    drawn = str(_converter().vegalite_to_svg(dict(spec), allowed_base_urls=[]))
    return TEXT.sub(lambda found: f">{_with_fonts(found[1])}</text>", drawn)


def _with_fonts(text: str) -> str:
    """Name the font of each run of another script.

    Who sets the text looks for one font for all that Noto Sans lacks, and leaves boxes if there is
    none, as in a name with Arabic and an emoji.
    """
    for font, run in SCRIPTS.items():
        text = run.sub(rf'<tspan font-family="{font}">\g<0></tspan>', text)
    return text


def write(content: Content, options: Options, target: Path) -> None:
    """Write the chart of a single widget as SVG or PNG."""
    (part,) = content.parts
    spec = specification(part, options.theme, WIDTH, with_title=True)
    spec["padding"] = 16
    spec["background"] = COLOURS[options.theme].background
    drawn = svg(spec)
    if target.suffix == ".svg":
        target.write_text(drawn, encoding="utf-8")
    else:
        set_by_typst(PICTURE, target, options.scale, sys_inputs={"svg": drawn})


def set_by_typst(source: bytes | Path, target: Path, scale: int, **more: Any) -> None:
    """Set a document of typst in the fonts of exports. It has no clock, and reads its folder."""
    import typst

    ending: Any = target.suffix[1:]
    given: Any = source
    typst.compile(
        given,
        output=str(target),
        root=str(target.parent if isinstance(source, bytes) else source.parent),
        font_paths=list(font_folders()),
        ignore_system_fonts=True,
        format=ending,
        ppi=PPI * scale,
        timestamp=0,
        **more,
    )
