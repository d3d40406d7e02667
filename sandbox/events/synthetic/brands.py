"""The advertisers: two invented brands with campaigns, products and search terms."""

from dataclasses import dataclass
from typing import Literal

Product = Literal["dsp", "sponsored_products", "sponsored_brands", "sponsored_display"]
Season = Literal["always", "summer", "holidays"]


@dataclass(frozen=True)
class Campaign:
    """A campaign, and how it reaches people. Shares are of all DSP or all sponsored ads traffic."""

    name: str
    brand: int
    product: Product
    share: float
    click_rate: float
    price: float  # dollars per thousand DSP impressions, or per click of sponsored ads
    pool: tuple[float, float]  # the shoppers it reaches: start and length on a ring of all
    new_to_brand: float
    lines: tuple[tuple[str, str], ...]  # line items: name, kind; targets: text, match type
    detail_rate: float = 0.0  # of viewed impressions that lead to a detail page without a click
    season: Season = "always"


@dataclass(frozen=True)
class Brand:
    """An advertiser with its products: their names and their prices in dollars."""

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
        "Kestrel | Streaming TV | Awareness",
        brand=0,
        product="dsp",
        share=0.3,
        click_rate=0.016,
        price=62.4,
        pool=(0.0, 0.62),
        new_to_brand=0.72,
        lines=(("STV 25-54", "VIDEO"), ("STV In-market grocery", "VIDEO")),
        detail_rate=0.03,
    ),
    Campaign(
        "Kestrel | Display | Retargeting",
        brand=0,
        product="dsp",
        share=0.22,
        click_rate=0.034,
        price=43.2,
        pool=(0.05, 0.22),
        new_to_brand=0.38,
        lines=(("Viewed not bought", "DISPLAY"), ("Cart abandoners", "DISPLAY")),
        detail_rate=0.075,
    ),
    Campaign(
        "Maple & Finch | Display | Prospecting",
        brand=1,
        product="dsp",
        share=0.26,
        click_rate=0.022,
        price=32.4,
        pool=(0.35, 0.55),
        new_to_brand=0.7,
        lines=(("Healthy lifestyle", "DISPLAY"), ("Parents", "DISPLAY"), ("Lookalike", "DISPLAY")),
        detail_rate=0.035,
    ),
    Campaign(
        "Maple & Finch | Display | Loyalty",
        brand=1,
        product="dsp",
        share=0.14,
        click_rate=0.036,
        price=37.2,
        pool=(0.4, 0.18),
        new_to_brand=0.3,
        lines=(("Buyers 90 days", "DISPLAY"),),
        detail_rate=0.085,
    ),
    Campaign(
        "Kestrel | Video | Cold Brew Summer",
        brand=0,
        product="dsp",
        share=0.22,
        click_rate=0.024,
        price=46.8,
        pool=(0.1, 0.45),
        new_to_brand=0.66,
        lines=(("Cold brew OLV", "VIDEO"), ("Cold brew display", "DISPLAY")),
        detail_rate=0.045,
        season="summer",
    ),
    Campaign(
        "Kestrel SP | Brand | Exact",
        brand=0,
        product="sponsored_products",
        share=0.2,
        click_rate=0.105,
        price=0.81,
        pool=(0.02, 0.4),
        new_to_brand=0.34,
        lines=(("kestrel coffee", "EXACT"), ("kestrel beans", "EXACT")),
    ),
    Campaign(
        "Kestrel SP | Category | Broad",
        brand=0,
        product="sponsored_products",
        share=0.2,
        click_rate=0.06,
        price=1.22,
        pool=(0.0, 0.75),
        new_to_brand=0.68,
        lines=(("coffee beans", "BROAD"), ("dark roast", "PHRASE"), ("espresso", "BROAD")),
    ),
    Campaign(
        "Maple & Finch SP | Auto",
        brand=1,
        product="sponsored_products",
        share=0.2,
        click_rate=0.064,
        price=0.72,
        pool=(0.3, 0.65),
        new_to_brand=0.61,
        lines=(
            ("close-match", "TARGETING_EXPRESSION_PREDEFINED"),
            ("loose-match", "TARGETING_EXPRESSION_PREDEFINED"),
        ),
    ),
    Campaign(
        "Kestrel SB | Store spotlight",
        brand=0,
        product="sponsored_brands",
        share=0.13,
        click_rate=0.072,
        price=1.05,
        pool=(0.0, 0.5),
        new_to_brand=0.64,
        lines=(("coffee", "BROAD"), ("cold brew", "PHRASE")),
    ),
    Campaign(
        "Maple & Finch SB | Video",
        brand=1,
        product="sponsored_brands",
        share=0.13,
        click_rate=0.08,
        price=0.96,
        pool=(0.45, 0.5),
        new_to_brand=0.6,
        lines=(("granola", "BROAD"), ("healthy snacks", "PHRASE")),
    ),
    Campaign(
        "Maple & Finch SD | Audiences",
        brand=1,
        product="sponsored_display",
        share=0.14,
        click_rate=0.046,
        price=0.62,
        pool=(0.38, 0.3),
        new_to_brand=0.47,
        lines=(("views=30d", "TARGETING_EXPRESSION"), ("similar-product", "TARGETING_EXPRESSION")),
        detail_rate=0.02,
    ),
    Campaign(
        "Kestrel SP | Holiday gifting",
        brand=0,
        product="sponsored_products",
        share=0.18,
        click_rate=0.085,
        price=1.29,
        pool=(0.0, 0.7),
        new_to_brand=0.71,
        lines=(("coffee gift set", "PHRASE"), ("coffee gift", "BROAD")),
        season="holidays",
    ),
)
