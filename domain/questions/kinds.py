"""The words by which a question says what kind of question it is. Pure."""

import re

from domain.questions.calendar_words import spaced
from domain.questions.understood import Kind
from domain.questions.words import FILLING

# The first kind whose words are there is meant.
PATTERNS: tuple[tuple[Kind, str], ...] = (
    (
        "attention",
        r"what (?:should|must|do|shall) (?:i|we) (?:need to |have to )?"
        r"(?:look|know|do|worry|care|watch|focus|pay|notice)"
        r"|should (?:i|we) (?:look|know|worry|care|watch|focus)"
        r"|(?:anything|something|what) (?:is )?"
        r"(?:interesting|important|new|wrong|noteworthy|notable)"
        r"|summary|summarise|summarize|overview|highlights?|insights?|takeaways?|key findings?"
        r"|key points?|what matters|most important|what (?:is|s) (?:going on|new|important)"
        r"|what happened|attention|what (?:has )?changed$|deserves?",
    ),
    (
        "odd",
        r"odd|oddities|unusual|strange|weird|anomal(?:y|ies|ous)|outliers?|surpris(?:es?|ing)"
        r"|abnormal|spikes?|irregular|irregularities|out of the ordinary|unexpected|peculiar",
    ),
    (
        "why",
        r"why|how come|reasons?|what (?:caused|drove|drives|explains|led|moved|is behind|made)"
        r"|behind|causes?|caused|drivers?|explain|explains|to blame|blame|responsible"
        r"|contributed|contributes?|contributions?",
    ),
    (
        "next",
        r"(?:next|coming|upcoming|following) (?:week|month|quarter|period)|forecasts?|forecasted"
        r"|predict|prediction|predicted|projected|projections?|expect|expected|will|going to be"
        r"|outlook|end up|comes? next|next",
    ),
    (
        "data",
        r"complete|completeness|coverage|covered|up to date|fresh|freshness|missing|provisional"
        r"|suppressed|withheld|data quality|how (?:old|recent|current)|newest data|settled"
        r"|reliable|trust",
    ),
    (
        "when",
        r"when|(?:which|what) (?:week|month|quarter)s?"
        r"|(?:best|worst|highest|lowest|strongest|weakest|peak|record|top|biggest|largest|smallest)"
        r" (?:[0-9]+ )?(?:week|month|quarter)s?|peak|peaked|record",
    ),
    (
        "compare",
        r"compar(?:e|es|ed|ing|ison)|versus|vs|difference|differ|against|chang(?:e|es|ed)"
        r"|grow|grew|growth|grown|increas(?:e|es|ed)|decreas(?:e|es|ed)|drop|drops|dropped|rise"
        r"|rose|risen|fall|fell|fallen|declin(?:e|ed)|up or down|improv(?:e|ed)|than"
        r"|(?:go|goes|went|gone) (?:up|down)|(?:are|is|were|was) (?:up|down)"
        r"|year over year|month over month|week over week|yoy|mom|wow|qoq",
    ),
    (
        "trend",
        r"trends?|trending|trended|over time|develop|developed|development|developing|evolve"
        r"|evolved|evolving|rising|falling|growing|shrinking|declining|going (?:up|down)"
        r"|improving|worsening|direction|course|history",
    ),
    (
        "which",
        r"which|who|top|best|worst|highest|lowest|largest|biggest|smallest|greatest|strongest"
        r"|weakest|most|least|rank|ranked|ranking|by|per|break ?down|split|each|every|leading"
        r"|leads?|bottom|sorted|fewest",
    ),
    (
        "how_much",
        r"how (?:much|many)|what (?:is|was|were|are|s|did|do|about)|what|total|sum|show|give|tell"
        r"|number of|amount|share|percent|percentage|proportion|average|how (?:is|was|were|did|are)"
        r"|fraction",
    ),
)
COMPILED: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<!\w)(?:{spaced(pattern)})(?!\w)")) for kind, pattern in PATTERNS
)
LOWEST = re.compile(
    r"\b(?:least|lowest|worst|bottom|smallest|minimum|min|weakest|fewest|cheapest|low)\b"
)
BEST = re.compile(r"\b(?:best|worst|strongest|weakest|leading|top|bottom)\b")
SHARE = re.compile(r"\b(?:share|percent|percentage|proportion|fraction)\b")
AVERAGE = re.compile(
    r"\b(?:average|avg|mean|weekly|monthly|quarterly|per +(?:week|month|quarter))\b"
)
BY = re.compile(r"\b(?:which|by|per|each|every|top|across|split|break ?down)\b")
ORDERED = "top|bottom|best|worst|biggest|largest|highest|lowest|smallest|most|least"
SOME = r"(?P<count>[1-9]|[1-4][0-9]|two|three|four|five|six|seven|eight|nine|ten)"
# A number is one of values or periods only beside a word that says so: a name is blanked out.
TOP = (
    re.compile(rf"\b(?:{ORDERED}) +{SOME}\b"),
    re.compile(rf"\b{SOME} +(?:{ORDERED}|\x1f)"),
)
THAN_YEAR = re.compile(
    r"year over year|yoy|(?:the |a )?year (?:before|earlier|ago)"
    r"|same (?:time|period|week|month|quarter|days) (?:of |in )?(?:the )?(?:last|previous|year)"
)
THAN_BEFORE = re.compile(
    r"(?:period|week|weeks|month|months|quarter) (?:before|earlier)|previous (?:period|ones?)"
    r"|before that|month over month|week over week|quarter over quarter|mom|wow|qoq"
)
KIND_WORDS = """
    abnormal against ago anomalies anomalous anomaly anything attention average avg behind best
    better biggest blame bottom break breakdown by care cause caused causes change changed changes
    cheapest come comes coming compare compared compares comparing comparison complete
    completeness contribute contributed contributes contribution contributions course coverage
    covered current date decline declined declining decrease decreased decreases deserve deserves
    develop developed developing development differ difference direction doing down driver drivers
    drives drop dropped drops drove earlier eight evolve evolved evolving expect expected explain
    explains fall fallen falling fell fewer fewest finding findings five focus following forecast
    forecasted forecasts four fraction fresh freshness goes going gone greatest grew grow growing
    grown growth happened high higher highest highlight highlights history important improve
    improved improving increase increased increases insight insights interesting irregular
    irregularities key know large largest last latest lead leading leads least led less look low
    lower lowest matter matters max maximum mean min minimum missing mom month monthly months most
    moved must need newest next nine notable noteworthy notice number odd oddities old only order
    ordered ordinary outlier outliers outlook overview past pay peak peaked peculiar percent
    percentage period periods point points predict predicted prediction previous projected
    projection projections proportion provisional qoq quality quarter quarterly quarters rank
    ranked ranking reason reasons recent record reliable responsible rise risen rising rose
    running same settled seven shall share should shrinking six small smallest something sorted
    spike spikes split still strange strongest sum summarise summarize summary suppressed surprise
    surprises surprising takeaway takeaways ten than three time top trend trended trending trends
    trust two unexpected unusual upcoming versus vs watch weakest week weekly weeks weird when who
    why withheld worry worse worsening worst wow wrong year years yoy
"""
WORDS = frozenset(KIND_WORDS.split())
KNOWN = FILLING | WORDS
# A question with one of these and a metric stands alone: the one before it fills in nothing.
ALONE = re.compile(
    r"\b(?:was|were|is|are|did|do|does|had|have|has|total|how +much|how +many|show|compare|which"
    r"|when)\b"
)
UNITS = re.compile(
    r"\b(?P<unit>week|month|quarter)(?:s|ly)?\b|\b(?P<ly>weekly|monthly|quarterly)\b"
)


def of(text: str) -> Kind | None:
    """Return the kind of question that the words of a text ask; None if they ask nothing."""
    for kind, pattern in COMPILED:
        if pattern.search(text):
            return kind
    return None


def top(text: str) -> re.Match[str] | None:
    """The number of values or periods that a text asks for, as the group `count`."""
    return next((found for one in TOP if (found := one.search(text))), None)
