"""Chooses which report, metrics, dimensions and values the names of a question mean. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.questions import kinds
from domain.questions.names import MOST_CHOICES, Catalog, Entry, Mention
from domain.questions.phrases import Said
from domain.questions.understood import Choice, Unclear, Understood
from domain.questions.words import Word


@dataclass(frozen=True)
class Read:
    """A question with everything that was found in it."""

    text: str
    words: Sequence[Word]
    mentions: Sequence[Mention]
    said: Sequence[Said]
    rest: str  # the text without names and days
    unknown: Sequence[Word]


@dataclass(frozen=True)
class Names:
    """The names of a question, of one source."""

    source: str
    metrics: tuple[Entry, ...]
    dimensions: tuple[Entry, ...]
    values: tuple[Entry, ...]


def names(read: Read, catalog: Catalog, before: Understood | None) -> Names | Unclear:
    """The names that are meant, or the choice between those that may be."""
    sources = list(dict.fromkeys(one.source for one in catalog.entries))
    named = {entry.source for one in read.mentions if one.role == "source" for entry in one.entries}
    asked = [one for one in read.mentions if one.role != "source"]
    could = [
        one
        for one in sources
        if (not named or one in named)
        and all(one in {entry.source for entry in mention.entries} for mention in asked)
    ]
    if not could:
        return Unclear("UNKNOWN_NAME", "No single report here has all that this question names.")
    if len(could) > 1 and before is not None and before.source in could:
        could = [before.source]
    if len(could) > 1 and (asked or kinds.of(read.rest) != "attention"):
        return _which_source(read, catalog, could)
    (source, *_), dimensions = could, set[str]()
    picked: dict[str, list[Entry]] = {"metric": [], "dimension": [], "value": []}
    for mention in sorted(asked, key=lambda one: one.role != "dimension"):
        own = [one for one in mention.entries if one.source == source]
        if mention.role == "value" and len(own) > 1:
            own = [one for one in own if one.name in dimensions] or own
        if len(own) > 1:
            return _which_name(read, mention, own)
        picked[mention.role].append(own[0])
        if mention.role == "dimension":
            dimensions.add(own[0].name)
    return Names(
        source,
        tuple(dict.fromkeys(picked["metric"])),
        tuple(dict.fromkeys(picked["dimension"])),
        tuple(dict.fromkeys(picked["value"])),
    )


def _which_source(read: Read, catalog: Catalog, could: Sequence[str]) -> Unclear:
    entries = [one for one in catalog.of("source") if one.source in could][:MOST_CHOICES]
    question = read.text.rstrip(" ?.!")
    choices = tuple(Choice(one.called, f'{question} of "{one.called}"?') for one in entries)
    return Unclear("AMBIGUOUS", "Several reports have this. Which one do you mean?", choices)


def _which_name(read: Read, mention: Mention, entries: Sequence[Entry]) -> Unclear:
    start, end = read.words[mention.start].start, read.words[mention.end - 1].end
    alike = len({one.called for one in entries}) < len(entries)
    said = read.text[start:end]

    def choice(entry: Entry) -> Choice:
        label = f"{entry.name} “{entry.called}”" if alike else entry.called
        name = f'{entry.name} "{entry.called}"' if alike else f'"{entry.called}"'
        return Choice(label, f"{read.text[:start]}{name}{read.text[end:]}")

    shown = sorted(entries, key=lambda one: (one.called, one.name))[:MOST_CHOICES]
    more = f" {len(entries) - len(shown)} more have it." if len(entries) > len(shown) else ""
    return Unclear(
        "AMBIGUOUS",
        f"{len(entries)} names have “{said}” in them. Which one do you mean?{more}",
        tuple(map(choice, shown)),
    )
