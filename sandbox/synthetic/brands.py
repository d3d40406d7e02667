"""Who advertises what: two invented brands, their campaigns, products and search terms."""

from dataclasses import dataclass
from typing import Literal

Product = Literal["dsp", "sponsored_products", "sponsored_brands", "sponsored_display"]
Season = Literal["always", "summer", "holidays"]


@dataclass(frozen=True)
class Campaign:
    """A campaign and how people meet it. Shares are of all DSP or all sponsored ads traffic."""

    name: str
    brand: int
    product: Product
    share: float
    click_rate: float
    price: float  # dollars: a thousand impressions of DSP, a click of sponsored ads
    pool: tuple[float, float]  # the part of all shoppers it reaches, as start and length on a ring
    new_to_brand: float
    lines: tuple[tuple[str, str], ...]  # line items: name and kind; targets: text and match type
    detail_rate: float = 0.0  # of viewed impressions that lead to a detail page without a click
    season: Season = "always"


@dataclass(frozen=True)
class Brand:
    """An advertiser with its products: name and price in dollars."""

    advertiser: str
    products: tuple[tuple[str, float], ...]
    terms: tuple[str, ...]


BRANDS = (
    Brand(
        "Kestrel Coffee",
        (
            ("B0KESTR001", 14.99),
            ("B0KESTR002", 12.49),
            ("B0KESTR003", 9.99),
            ("B0KESTR004", 18.95),
            ("B0KESTR005", 24.50),
            ("B0KESTR006", 7.99),
            ("B0KESTR007", 11.25),
            ("B0KESTR008", 16.75),
        ),
        (
            "coffee beans",
            "whole bean coffee",
            "dark roast coffee",
            "kestrel coffee",
            "espresso beans",
            "decaf coffee",
            "cold brew coffee",
            "ground coffee",
            "organic coffee beans",
            "coffee gift set",
            "fair trade coffee",
            "coffee subscription",
        ),
    ),
    Brand(
        "Maple & Finch",
        (
            ("B0MAPLE001", 8.49),
            ("B0MAPLE002", 11.99),
            ("B0MAPLE003", 6.95),
            ("B0MAPLE004", 19.99),
            ("B0MAPLE005", 13.75),
            ("B0MAPLE006", 22.00),
            ("B0MAPLE007", 9.49),
            ("B0MAPLE008", 15.25),
        ),
        (
            "granola",
            "maple granola",
            "breakfast cereal",
            "maple and finch",
            "oat bars",
            "healthy snacks",
            "gluten free granola",
            "protein bars",
            "kids snacks",
            "trail mix",
            "snack box",
            "granola bars bulk",
        ),
    ),
)

CAMPAIGNS = (
    Campaign(
        "Kestrel | Streaming TV | Awareness", 0, "dsp", 0.30, 0.016, 52.0, (0.0, 0.62), 0.72,
        (("STV 25-54", "VIDEO"), ("STV In-market grocery", "VIDEO")), 0.030,
    ),
    Campaign(
        "Kestrel | Display | Retargeting", 0, "dsp", 0.22, 0.034, 36.0, (0.05, 0.22), 0.38,
        (("Viewed not bought", "DISPLAY"), ("Cart abandoners", "DISPLAY")), 0.075,
    ),
    Campaign(
        "Maple & Finch | Display | Prospecting", 1, "dsp", 0.26, 0.022, 27.0, (0.35, 0.55), 0.70,
        (("Healthy lifestyle", "DISPLAY"), ("Parents", "DISPLAY"), ("Lookalike", "DISPLAY")), 0.035,
    ),
    Campaign(
        "Maple & Finch | Display | Loyalty", 1, "dsp", 0.14, 0.036, 31.0, (0.40, 0.18), 0.16,
        (("Buyers 90 days", "DISPLAY"),), 0.085,
    ),
    Campaign(
        "Kestrel | Video | Cold Brew Summer", 0, "dsp", 0.22, 0.024, 39.0, (0.1, 0.45), 0.66,
        (("Cold brew OLV", "VIDEO"), ("Cold brew display", "DISPLAY")), 0.045, "summer",
    ),
    Campaign(
        "Kestrel SP | Brand | Exact", 0, "sponsored_products", 0.20, 0.105, 0.62, (0.02, 0.40), 0.34,
        (("kestrel coffee", "EXACT"), ("kestrel beans", "EXACT")),
    ),
    Campaign(
        "Kestrel SP | Category | Broad", 0, "sponsored_products", 0.22, 0.060, 0.94, (0.0, 0.75), 0.68,
        (("coffee beans", "BROAD"), ("dark roast", "PHRASE"), ("espresso", "BROAD")),
    ),
    Campaign(
        "Maple & Finch SP | Auto", 1, "sponsored_products", 0.22, 0.064, 0.55, (0.30, 0.65), 0.61,
        (
            ("close-match", "TARGETING_EXPRESSION_PREDEFINED"),
            ("loose-match", "TARGETING_EXPRESSION_PREDEFINED"),
        ),
    ),
    Campaign(
        "Kestrel SB | Store spotlight", 0, "sponsored_brands", 0.12, 0.072, 0.81, (0.0, 0.50), 0.64,
        (("coffee", "BROAD"), ("cold brew", "PHRASE")),
    ),
    Campaign(
        "Maple & Finch SB | Video", 1, "sponsored_brands", 0.10, 0.080, 0.74, (0.45, 0.50), 0.60,
        (("granola", "BROAD"), ("healthy snacks", "PHRASE")),
    ),
    Campaign(
        "Maple & Finch SD | Audiences", 1, "sponsored_display", 0.14, 0.046, 0.48, (0.38, 0.30), 0.47,
        (("views=30d", "TARGETING_EXPRESSION"), ("similar-product", "TARGETING_EXPRESSION")), 0.020,
    ),
    Campaign(
        "Kestrel SP | Holiday gifting", 0, "sponsored_products", 0.18, 0.085, 0.99, (0.0, 0.70), 0.71,
        (("coffee gift set", "PHRASE"), ("coffee gift", "BROAD")), 0.0, "holidays",
    ),
)  # fmt: skip
