"""The text of a template: its quotes and comments, and the places of its placeholders.

A placeholder is `{{name}}` outside of quotes and comments. This module decides what that means. The
SQL that leaves it has no comments, and nothing that AMC and the parser could read in two ways.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from domain.problems import Problem

FIELD = "sqlTemplate"
MOST_PROBLEMS = 10  # told of one text
PIECES = re.compile(
    r"""(?P<string>'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*")
        | (?P<gap>(?: \s | --[^\r\n]* | /\*.*?\*/ )+)
        | \{\{ \s* (?P<placeholder>[A-Za-z_][A-Za-z0-9_]*) \s* \}\}
        | (?P<open>['"] | /\*) .*
        | (?P<stray>\{\{ | \}\} | \{% | \{\#)""",
    re.VERBOSE | re.DOTALL,
)
# Databases disagree on whether a backslash escapes the quote after it or is a plain character.
ESCAPED_QUOTE = re.compile(r"(?<!\\)(?:\\\\)*\\'")
TOUCHES = re.compile(r"[\w'\"}]")  # a literal next to these would merge with it


class Place(Enum):
    """What stands before a placeholder, which decides how a list is written down there."""

    ROWS = "VALUES"  # ('a'), ('b')
    LIST = "IN"  # ('a', 'b')
    BARE = "("  # 'a', 'b'
    OTHER = ""  # ('a', 'b')


@dataclass(frozen=True)
class Mark:
    """A placeholder: its name, its place, and where it stands in the text."""

    name: str
    place: Place
    offset: int


def position(text: str, offset: int) -> str:
    """Where this is for people: `line 3, column 14`."""
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"


def marks(text: str) -> tuple[list[Mark], list[Problem]]:
    """Return the placeholders in order, and a problem for everything that is ambiguous."""
    found: list[Mark] = []
    problems: list[Problem] = []

    def keep(mark: Mark) -> str:
        found.append(mark)
        return "x"

    _walk(text, keep, lambda gap: " ")
    for piece in PIECES.finditer(text):
        wrong = _wrong(piece)
        if wrong and len(problems) < MOST_PROBLEMS:
            where = position(text, piece.start())
            problems.append(Problem(FIELD, f"{where.capitalize()}: {wrong}"))
    return found, problems


def _wrong(piece: re.Match[str]) -> str | None:
    if piece["open"]:
        return f"{piece['open']} is opened and never closed."
    if piece["stray"]:
        return "a placeholder is {{name}}, with a name of letters, digits and _."
    if not piece["placeholder"] and "}}" in piece[0].partition("{{")[2]:
        return (
            "a placeholder stands inside quotes or a comment. Write it without them; "
            "it becomes a literal with its own quotes."
        )
    if piece["string"] and ESCAPED_QUOTE.search(piece["string"], 1):
        return "a backslash before a quote can be read in two ways; write '' for a quote."
    return None


def one_line(text: str, literal_of: Callable[[Mark], str]) -> str:
    """The SQL as AMC wants it: on one line, without comments, with these literals."""
    return _walk(text, literal_of, lambda gap: " ").lstrip(" ").rstrip(" ;")


def blanked(text: str) -> str:
    """The same number of lines and columns, without comments, a 0 for each placeholder."""
    whole = _walk(text, _zero, lambda gap: re.sub(r"[^\n]", " ", gap), padded=True)
    return whole.rstrip(" \n;")


def _zero(mark: Mark) -> str:
    return "(0)" if mark.place in (Place.ROWS, Place.LIST) else "0"


def _walk(
    text: str,
    literal_of: Callable[[Mark], str],
    gap_for: Callable[[str], str],
    *,
    padded: bool = False,
) -> str:
    """The text with each placeholder and each gap replaced; quoted pieces stay as they are."""
    made: list[str] = []
    at = 0
    for piece in PIECES.finditer(text):
        made.append(text[at : piece.start()])
        at = piece.end()
        if piece["gap"]:
            made.append(gap_for(piece["gap"]))
        elif piece["placeholder"]:
            mark = Mark(piece["placeholder"], _place(made), piece.start())
            literal = literal_of(mark)
            if padded:
                made.append(f" {literal}".ljust(len(piece[0])))
            else:
                made.append(_apart(made, literal, text[at : at + 1]))
        else:
            made.append(piece[0])
    made.append(text[at:])
    return "".join(made)


def _last(made: list[str]) -> str:
    """Return the last piece that is not a gap."""
    return next((part.rstrip() for part in reversed(made) if part.strip()), "")


def _place(made: list[str]) -> Place:
    last = _last(made)
    if last.endswith(("(", "[", ",")):
        return Place.BARE
    word = re.search(r"(?i)\b(VALUES|IN)$", last[-8:])
    return Place(word[1].upper()) if word else Place.OTHER


def _apart(made: list[str], literal: str, after: str) -> str:
    before = next((part[-1] for part in reversed(made) if part), "")
    left = " " if TOUCHES.match(before) else ""
    right = " " if after and TOUCHES.match(after) else ""
    return f"{left}{literal}{right}"
