"""How languages write numbers: their marks, their groups, and where units stand.

The facts are those of CLDR, which Unicode keeps. `tests/charts/test_numerals.py` compares them with
those of Node. Words and dates are English, whatever the language of numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, TypeAlias

FIXED, NARROW = "\u00a0", "\u202f"  # spaces at which no line ends


@dataclass(frozen=True)
class Numerals:
    """The way a language writes numbers. The default is that of American English."""

    decimal: str = "."
    group: str = ","
    further: int = 3  # digits of each group but the last one, which has three
    least: int = 1  # digits of the first group; with fewer, nothing is separated
    is_money_first: bool = True
    money_space: str = ""  # between the symbol of a currency and the number
    percent: tuple[str, str] = ("", "%")  # before and after the number

    def write(self, number: Decimal, places: int) -> str:
        """Return a number that is not negative, with so many decimals."""
        whole, _, fraction = f"{number:.{places}f}".partition(".")
        if len(whole) >= 3 + self.least:
            rest, groups = whole[:-3], [whole[-3:]]
            while rest:
                groups.insert(0, rest[-self.further :])
                rest = rest[: -self.further]
            whole = self.group.join(groups)
        return f"{whole}{self.decimal}{fraction}" if fraction else whole

    def percentage(self, number: Decimal, places: int) -> str:
        """Return a number that is not negative as percent, such as `12.5%` for 12.5."""
        before, after = self.percent
        return f"{before}{self.write(number, places)}{after}"

    def money(self, symbol: str) -> tuple[str, str]:
        """Return what stands before and after an amount in the currency of this symbol."""
        space = self.money_space or (FIXED if len(symbol) == 3 and symbol.isalpha() else "")
        return (f"{symbol}{space}", "") if self.is_money_first else ("", f"{space}{symbol}")


# Languages of Amazon's marketplaces, as the API names them.
NumberLanguage: TypeAlias = Literal[
    "en-US", "en-GB", "en-CA", "en-AU", "en-IN", "de-DE", "fr-FR", "fr-CA", "es-ES", "es-MX",
    "it-IT", "pt-BR", "nl-NL", "sv-SE", "pl-PL", "tr-TR", "ja-JP",
]  # fmt: skip
ENGLISH = Numerals()


def _after(group: str, percent: str = f"{FIXED}%", least: int = 1) -> Numerals:
    """Return numerals with a decimal comma and with units after the number."""
    return Numerals(",", group, 3, least, False, FIXED, ("", percent))


NUMERALS: Mapping[NumberLanguage, Numerals] = MappingProxyType(
    {
        "en-US": ENGLISH,
        "en-GB": ENGLISH,
        "en-CA": ENGLISH,
        "en-AU": ENGLISH,
        "en-IN": Numerals(further=2),
        "de-DE": _after("."),
        "fr-FR": _after(NARROW),
        "fr-CA": _after(FIXED),
        "es-ES": _after(".", least=2),
        "es-MX": ENGLISH,
        "it-IT": _after(".", "%", least=2),
        "pt-BR": Numerals(",", ".", money_space=FIXED),
        "nl-NL": Numerals(",", ".", money_space=FIXED),
        "sv-SE": _after(FIXED),
        "pl-PL": _after(FIXED, "%", least=2),
        "tr-TR": Numerals(",", ".", percent=("%", "")),
        "ja-JP": ENGLISH,
    }
)
