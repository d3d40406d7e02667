"""The names of exported files: readable, and harmless on every system, whatever a title has."""

import re
import unicodedata
from datetime import date

LONGEST = 80  # characters of a title; an ending and days follow
LONGEST_BYTES = 180  # of a title in UTF-8, because file systems count bytes
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # devices of Windows
FORBIDDEN = re.compile(r'[\\/:*?"<>|]')


def file_name(title: str, start: date | None, last: date | None, ending: str) -> str:
    """Return a name such as `Sales of brands 2026-09-07 to 2026-11-29.pdf`."""
    days = "" if start is None else f" {start}" if start == last else f" {start} to {last}"
    return f"{_harmless(title)}{days}.{ending}"


def _harmless(title: str) -> str:
    """Return a title without what has a meaning in a path, and without invisible characters."""
    plain = unicodedata.normalize("NFC", title)
    seen = "".join(one if unicodedata.category(one)[0] != "C" else " " for one in plain)
    words = " ".join(FORBIDDEN.sub(" ", seen).split()).strip(". =+-@'~")
    words = words[:LONGEST].encode()[:LONGEST_BYTES].decode(errors="ignore").rstrip(". ")
    if not words:
        return "Export"
    return f"{words} export" if RESERVED.fullmatch(words) else words
