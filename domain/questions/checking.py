"""Checks the words of a language model against the facts that it was given. Pure.

What a model says is never believed. A text is used only if each number in it is a fact, or was in
the server's own sentences, and each sentence is about one of the facts. Names of values are never
shown to the model: it sees V1, V2 ..., and writes them, so nothing that is hidden in a name can
reach it. The names are put in after the check.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from domain.questions.answers import Told

LONGEST = 1_500  # characters
NUMBER = re.compile(r"(?<![\w.])[-+−]?[$€£]?(\d[\d,]*(?:\.\d+)?)\s?(%|[kKmMbB]\b)?")
PLACEHOLDER = re.compile(r"\bV(\d{1,3})\b")
SCALES = {"k": Decimal(1000), "m": Decimal(10) ** 6, "b": Decimal(10) ** 9}
HUNDRED = Decimal(100)
FORBIDDEN = re.compile(r"https?:|www\.|://|@|[<>{}\[\]`|\\#*_~]|\n\s*\n\s*\n", re.IGNORECASE)
# Numbers in words. The server's own sentences have none, so what they would say was invented.
SPELLED = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty"
    r"|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|twice"
    r"|thrice|doubled?|doubling|tripled?|quadrupled?|halv(?:e|ed|ing)|half|\w+fold)\b",
    re.IGNORECASE,
)
UP = re.compile(
    r"\b(?:rose|rises?|rising|grew|grows?|growing|up|increased?|higher|more|above|gain(?:ed)?"
    r"|improved?|climbed|jumped|surged)\b",
    re.IGNORECASE,
)
DOWN = re.compile(
    r"\b(?:fell|falls?|falling|shrank|down|decreased?|lower|less|fewer|below|lost|declined?"
    r"|dropped|drops?|worsened|sank|plunged)\b",
    re.IGNORECASE,
)
CHANGES = frozenset({"change", "changeShare", "effect", "difference"})
SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Unusable(Exception):
    """Raised for a text of a model that must not be shown. The message is the reason."""


@dataclass(frozen=True)
class Given:
    """What a model was given: numbers, the server's own sentences, and the names it never saw."""

    numbers: tuple[Told, ...]
    plain: tuple[str, ...]  # with placeholders
    names: tuple[str, ...]  # of V1, V2, ...
    words: frozenset[str]  # titles of metrics and names of dimensions, in lower case


def usable(text: str, given: Given) -> str:
    """Return a model's text with the names put in. Raises Unusable."""
    said = unicodedata.normalize("NFKC", text).strip()
    if not said or len(said) > LONGEST:
        raise Unusable("Its text was empty or too long.")
    if FORBIDDEN.search(said) or not all(one.isprintable() or one == "\n" for one in said):
        raise Unusable("Its text had a link or markup.")
    placeholders = {int(one) for one in PLACEHOLDER.findall(said)}
    if any(not 1 <= one <= len(given.names) for one in placeholders):
        raise Unusable("It named something that it was not given.")
    _check_numbers(PLACEHOLDER.sub(" ", said), given)
    _check_direction(said, given)
    for sentence in SENTENCE.split(said):
        _check_subject(sentence, given)
    return PLACEHOLDER.sub(lambda found: given.names[int(found[1]) - 1], said)


def _check_numbers(said: str, given: Given) -> None:
    """Raise Unusable for a number that is no fact."""
    known = " ".join(PLACEHOLDER.sub(" ", one) for one in given.plain)
    allowed = set(_numbers(known))
    for shown, unit in _numbers(said):
        if (shown, unit) in allowed or ((shown, "") in allowed and not unit):
            continue
        if not any(_is_rounded(shown, unit, one.value) for one in given.numbers):
            raise Unusable(f"It told a number that is no fact: {shown}{unit}.")
    spelled = {one.lower() for one in SPELLED.findall(said)}
    if new := spelled - {one.lower() for one in SPELLED.findall(known)}:
        raise Unusable(f"It told a number in words: {sorted(new)[0]}.")
    if any(unicodedata.category(one).startswith("N") and not one.isascii() for one in said):
        raise Unusable("It wrote a number with other digits.")


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """The numbers of a text without separators, each with its unit."""
    for digits, unit in NUMBER.findall(text):
        yield digits.replace(",", "").rstrip("."), (unit or "").lower()
    rest = NUMBER.sub(" ", text)
    if found := re.search(r"\S*\d\S*", rest):
        yield found.group(), "?"


def _is_rounded(shown: str, unit: str, fact: Decimal) -> bool:
    """Whether a number is the fact, rounded to the digits that it shows."""
    try:
        value = Decimal(shown)
    except InvalidOperation:
        return False
    half = Decimal(1).scaleb(int(value.as_tuple().exponent)) / 2
    exact = abs(fact)
    if unit == "%":
        exact *= HUNDRED
    elif unit in SCALES:
        exact /= SCALES[unit]
    return abs(exact - value) <= half


def _check_direction(said: str, given: Given) -> None:
    """Raise Unusable if it says up where every change is down, or the other way round."""
    changes = [one.value for one in given.numbers if one.name in CHANGES and one.value]
    plain = " ".join(given.plain)
    if not changes:
        return
    if all(one > 0 for one in changes) and DOWN.search(said) and not DOWN.search(plain):
        raise Unusable("It said that something fell that rose.")
    if all(one < 0 for one in changes) and UP.search(said) and not UP.search(plain):
        raise Unusable("It said that something rose that fell.")


def _check_subject(sentence: str, given: Given) -> None:
    """Raise Unusable for a sentence that is about none of the facts."""
    lower = sentence.lower()
    if re.search(r"\d", sentence) or any(one in lower for one in given.words):
        return
    raise Unusable("It said something that is about none of the facts.")


def hidden(texts: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    """Texts with a placeholder in place of each name."""
    if not names:
        return tuple(texts)
    places = {name: number for number, name in enumerate(names, 1)}
    longest = sorted(map(re.escape, places), key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(longest)})(?!\w)")
    return tuple(pattern.sub(lambda found: f"V{places[found[0]]}", one) for one in texts)
