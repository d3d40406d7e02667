"""Finds the names of metrics, dimensions, their values and sources in a question. Pure.

A name is found if all its words are there, if some words belong to it alone, or if it is spelled
nearly so. Words that several names share are ambiguous: the asker chooses.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Literal, TypeAlias

from rapidfuzz import fuzz, process

from domain.questions.calendar_words import MONTHS, SHORT
from domain.questions.words import Word, stems_of

Role: TypeAlias = Literal["metric", "dimension", "value", "source"]
TIMES = frozenset({*MONTHS, *SHORT})
ALIKE = 83  # of 100: how alike a misspelled name has to be
CLOSE = 3  # how much less alike a second name may be for the two to be ambiguous
LONGEST_NAME = 8  # words
SHORTEST_FUZZY = 4  # characters
MOST_CHOICES = 6
# What people call the same metric.
SYNONYMS: tuple[tuple[str, ...], ...] = (
    (
        "cost",
        "spend",
        "ad spend",
        "spending",
        "spent",
        "total cost",
        "costs",
        "expenses",
        "budget used",
    ),
    (
        "sales",
        "revenue",
        "turnover",
        "sold",
        "sell",
        "total sales",
        "sales amount",
        "product sales",
        "income",
    ),
    ("roas", "return on ad spend", "return on advertising spend"),
    ("acos", "advertising cost of sales"),
    ("ctr", "click through rate", "clickthrough rate", "click rate"),
    ("cpc", "cost per click"),
    ("cpm", "cost per mille", "cost per thousand impressions"),
    ("cpa", "cost per acquisition", "cost per purchase", "cost per order"),
    ("conversion rate", "cvr", "purchase rate"),
    ("impressions", "impression", "imps", "views"),
    ("clicks", "clicked", "clickthroughs"),
    ("purchases", "orders", "conversions", "purchased", "bought", "buys"),
    (
        "reach",
        "unique users",
        "users reached",
        "people reached",
        "unique reach",
        "distinct users",
        "people reach",
    ),
    ("units", "units sold", "total units sold"),
    ("new to brand", "ntb", "new customers", "new to brand purchases"),
    ("detail page views", "dpv"),
    ("add to cart", "atc", "cart additions"),
)
DIMENSIONS: tuple[tuple[str, ...], ...] = (
    ("campaign", "campaigns", "campaign name"),
    ("asin", "product", "item", "tracked asin", "tracked item"),
    ("search term", "keyword", "customer search term", "query"),
    ("device", "device type"),
    ("ad product", "ad product type", "channel", "ad type"),
    ("audience", "segment", "audience segment"),
    ("creative", "creative name", "ad creative"),
    ("placement", "placement type", "slot"),
    ("site", "site name", "publisher"),
    ("frequency", "frequency bucket"),
    ("path", "path to conversion"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a question can name."""

    role: Role
    source: str  # the public id of its source
    name: str  # of the metric, dimension or source, as stored; the dimension of a value
    value: str | None = None
    title: str = ""

    @property
    def called(self) -> str:
        """What people call it."""
        return self.value or self.title or self.name


@dataclass(frozen=True, slots=True)
class Mention:
    """Words of a question that name something: one entry, or several that it may be."""

    entries: tuple[Entry, ...]
    start: int  # the first word
    end: int  # the word after the last one
    is_exact: bool = True

    @property
    def role(self) -> Role:
        """What kind of name it is."""
        return self.entries[0].role


@dataclass(frozen=True)
class Catalog:
    """Everything that a question about a dashboard or report can name."""

    entries: tuple[Entry, ...]
    _phrases: dict[tuple[str, ...], list[Entry]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
        for entry in self.entries:
            for phrase in dict.fromkeys(_spellings(entry)):
                if phrase and entry not in found[phrase]:
                    found[phrase].append(entry)
        own = set(found)
        for entry in self.entries:
            for phrase in dict.fromkeys(_synonyms(entry)):
                if phrase not in own and entry not in found[phrase]:
                    found[phrase].append(entry)
        object.__setattr__(self, "_phrases", dict(found))

    def of(self, role: Role, source: str | None = None) -> list[Entry]:
        """Return the entries of a kind, of one source or of all."""
        return [one for one in self.entries if one.role == role and source in (None, one.source)]

    @cached_property
    def _joined(self) -> dict[int, list[str]]:
        """The phrases by their number of words, for fuzzy comparison."""
        found: dict[int, list[str]] = defaultdict(list)
        for phrase in self._phrases:
            found[len(phrase)].append(" ".join(phrase))
        return found

    @cached_property
    def _by_word(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            for word in set(stems_of(entry.called)):
                found[word].append(entry)
        return found

    def exactly(self, words: Sequence[Word], at: int) -> Mention | None:
        """The longest name whose words all stand here."""
        for length in range(min(LONGEST_NAME, len(words) - at), 0, -1):
            phrase = tuple(one.stem for one in words[at : at + length])
            if there := self._phrases.get(phrase):
                return Mention(tuple(_first_role(there)), at, at + length)
        return None

    def quoted(self, words: Sequence[Word], at: int) -> Mention | None:
        """The name that all these words are, as somebody wrote it in quotation marks."""
        there = self._phrases.get(tuple(one.stem for one in words[at:]))
        return Mention(tuple(_first_role(there)), at, len(words)) if there else None

    def partly(self, words: Sequence[Word], at: int, end: int) -> Mention | None:
        """The names that have all these words among theirs, in any order: as many as possible."""
        for stop in range(end, at, -1):
            sets = [self._by_word.get(one.stem, []) for one in words[at:stop]]
            shared = [one for one in sets[0] if all(one in other for other in sets[1:])]
            if stop - at == 1:  # a word such as "rate" is no metric
                shared = [one for one in shared if one.role in ("value", "source")]
            if shared:
                return Mention(tuple(_first_role(shared)), at, stop)
        return None

    def nearly(self, words: Sequence[Word], at: int, end: int, least: int = 1) -> Mention | None:
        """The names of at least so many words that are spelled nearly so."""
        for stop in range(min(end, at + 4), at + least - 1, -1):
            said = " ".join(one.stem for one in words[at:stop])
            choices = self._joined.get(stop - at, [])
            if len(said) < SHORTEST_FUZZY or not choices:
                continue
            near = process.extract(said, choices, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=4)
            if near:
                best = near[0][1]
                names = [name for name, score, _ in near if score >= best - CLOSE]
                there = [one for name in names for one in self._phrases[tuple(name.split())]]
                return Mention(tuple(dict.fromkeys(_first_role(there))), at, stop, is_exact=False)
        return None

    def nearest(self, said: str, number: int = 3) -> list[str]:
        """The names that are least unlike a text that names nothing."""
        if len(said) < SHORTEST_FUZZY - 1:
            return []
        every = list(dict.fromkeys(one.called for one in self.entries))
        near = process.extract(
            said.lower(),
            every,
            scorer=fuzz.partial_ratio,
            processor=str.lower,
            score_cutoff=72,
            limit=number,
        )
        return [name for name, _, _ in near]


def _spellings(entry: Entry) -> Iterator[tuple[str, ...]]:
    if entry.value is not None:
        yield stems_of(entry.value)
        return
    yield stems_of(entry.title)
    yield stems_of(entry.name)


def _synonyms(entry: Entry) -> Iterator[tuple[str, ...]]:
    groups = {"metric": SYNONYMS, "dimension": DIMENSIONS}.get(entry.role, ())
    own = set(_spellings(entry))
    for group in groups:
        phrases = [stems_of(one) for one in group]
        if own & set(phrases):
            yield from phrases


ORDER: tuple[Role, ...] = ("metric", "dimension", "value", "source")


def _first_role(entries: Iterable[Entry]) -> list[Entry]:
    """Those of the entries that are of the first kind there is: a metric before a value."""
    given = list(entries)
    role = min((one.role for one in given), key=ORDER.index)
    return [one for one in given if one.role == role]


class Finder:
    """Finds the names in the words of one question. Each word belongs to one name at most."""

    def __init__(self, words: Sequence[Word], catalog: Catalog, known: frozenset[str]) -> None:
        """`known` words mean something else, or nothing, unless they are part of a name."""
        self.free = [True] * len(words)
        self.mentions: list[Mention] = []
        self._words, self._catalog, self._known = words, catalog, known

    def exact(self, quotes: Sequence[tuple[int, int]]) -> None:
        """Find the names whose words are all there: first what stands in quotation marks."""
        for start, end in quotes:
            inside = [at for at, one in enumerate(self._words) if start < one.start < end]
            if inside:
                self._take(self._catalog.quoted(self._words[: inside[-1] + 1], inside[0]))
        for at in range(len(self._words)):
            end = self._run(at, is_known_too=True)
            mention = self._catalog.exactly(self._words[:end], at) if end > at else None
            if mention is not None and not self._is_plain(mention):
                self._take(mention)

    def loose(self) -> None:
        """Find the names of which some words are there, then those that are misspelled."""
        of_several = partial(self._catalog.nearly, least=2)
        for step in (of_several, self._catalog.partly, self._catalog.nearly):
            for at in range(len(self._words)):
                end = self._run(at, is_known_too=False)
                if end > at:
                    self._take(step(self._words, at, end))
        self.mentions.sort(key=lambda one: one.start)

    def take_away(self, start: int, end: int) -> None:
        """The words in this range of characters mean something else."""
        for at, one in enumerate(self._words):
            if start <= one.start < end:
                self.free[at] = False

    def unknown(self, also: frozenset[str] = frozenset()) -> list[Word]:
        """The words that nobody understands, and these."""
        return [
            one
            for one, is_free in zip(self._words, self.free, strict=True)
            if is_free and (one.text not in self._known or one.text in also)
        ]

    def _run(self, at: int, *, is_known_too: bool) -> int:
        """The end of the free words from here on."""
        end = at
        while end < len(self._words) and self.free[end]:
            if not is_known_too and self._words[end].text in self._known:
                break
            end += 1
        return end

    def _is_plain(self, mention: Mention) -> bool:
        """Whether a value or source is called like an everyday word, and may not be meant."""
        if mention.role in ("metric", "dimension") or mention.end - mention.start > 1:
            return False
        word = self._words[mention.start].text
        return word in self._known or word in TIMES or word.isdecimal()

    def _take(self, mention: Mention | None) -> None:
        if mention is not None and all(self.free[mention.start : mention.end]):
            self.mentions.append(mention)
            self.free[mention.start : mention.end] = [False] * (mention.end - mention.start)
