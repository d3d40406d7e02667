"""Text on the pages can be read: its contrast is that which WCAG asks for, by day and by night."""

import re

import pytest

from graph.http.pages import pages
from tests.charts.charts import contrast

SHEETS = sorted(pages.FOLDER.glob("*.css"))
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
COLOUR = re.compile(r"#[0-9a-f]{6}")
GROUNDS = ("var(--page)", "var(--raised)")
NAMED = {
    name: value
    for sheet in SHEETS
    for name, value in re.findall(r"(--[\w-]+): (light-dark\([^)]*\));", sheet.read_text())
}


def pairs() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each rule that colours text: the colour, and what is behind it."""
    found = {}
    for sheet in SHEETS:
        for selector, body in RULE.findall(re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)):
            said = dict(re.findall(r"(?m)^\s*([\w-]+):\s*([^;]+);", body))
            if "color" in said:
                own = said.get("background")
                found[f"{sheet.name} {selector.strip()}"] = (
                    said["color"],
                    GROUNDS if own is None else (own,),
                )
    return found


def shades(value: str, is_dark: bool) -> list[str]:
    """The colours of a value; a pattern of stripes has several."""
    for name, meant in NAMED.items():
        value = value.replace(f"var({name})", meant)
    assert "var(" not in value, value
    value = re.sub(r"light-dark\((#\w+), (#\w+)\)", lambda both: both[2 if is_dark else 1], value)
    return COLOUR.findall(value)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("rule", pairs())
def test_text_can_be_told_from_what_is_behind_it(rule: str, is_dark: bool):
    colour, behind = pairs()[rule]
    (text,) = shades(colour, is_dark)
    grounds = [shade for one in behind for shade in shades(one, is_dark)]
    assert grounds
    for ground in grounds:
        assert contrast(text, ground) >= 4.5, (text, ground)


def test_the_colours_of_the_pages_were_found():
    assert {"--page", "--raised", "--ink", "--soft"} <= set(NAMED)
    assert len(pairs()) > 15
