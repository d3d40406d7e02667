"""The words of a question, in a form in which the same words compare equal. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

WORD = re.compile(r"[^\W_]+", re.UNICODE)
QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{1,200})[\"”“»]")
# Words that say nothing about which numbers are meant. A word that is none of these, no name and
# no word of the grammar is not understood, and the question is not answered as if it were absent.
PLAIN_WORDS = """
    a about across actual actually after again all also altogether always am amazon amc amount
    amounts an and any anything are aren as ask at be because been before being below between both
    briefly but by calculate came can check choose come comes coming contribute contributed could
    d data deliver did didn display do does doesn doing done down during each earn earned else
    entire even ever every exactly explain far figure figures find for from full gave generate get
    getting give given go going good got had happen happened happening has have having hello help
    here hey hi how however i if in indeed into is isn it its just kindly know known let level
    like list little ll look looked lot made make many me mean metric metrics might money more
    much my need new now number numbers numeric of off often oh ok okay on one or our out over
    overall own paid pay per perform performance performed performing please possible pull put
    quick quickly ran re really receive received regarding report result results run s said same
    say see seen she should show showed shown since so some spread state states still such summed
    sure t take tell than thank thanks that the their them then there these they thing things
    think this those through to together too total totals under until up us use used very want
    wanted was wasn we well went were what which while who whole will with within worth would yes
    yet you your
"""
FILLING = frozenset(PLAIN_WORDS.split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place in the question."""

    text: str  # in lower case, without accents
    stem: str  # without the ending of a plural
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Return the words of a text, in order."""
    return [
        Word(plain, stem(plain), found.start(), found.end())
        for found in WORD.finditer(text)
        for plain in [_plain(found.group())]
    ]


@lru_cache(maxsize=20_000)
def stems_of(text: str) -> tuple[str, ...]:
    """Return the stems of the words of a name."""
    return tuple(one.stem for one in words_of(text))


def stem(word: str) -> str:
    """Return a word without the ending of a plural."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def quoted(text: str) -> list[tuple[int, int]]:
    """Return where something stands in quotation marks: the places of the first and last mark."""
    return [found.span() for found in QUOTED.finditer(text)]


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return "".join(one for one in decomposed if not unicodedata.combining(one)) or word
