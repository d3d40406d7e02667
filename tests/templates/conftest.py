"""Fixtures of the tests of templates."""

from typing import Any

import pytest

from tests.templates.templates import DEFINITIONS, SQL


@pytest.fixture
def draft() -> dict[str, Any]:
    """An input of `templateCreate`."""
    return {
        "name": "Impressions of a brand",
        "sqlTemplate": SQL,
        "parameterDefinitions": DEFINITIONS,
        "category": "brand",
        "reportType": "performance",
        "reportConfig": {
            "defaultWindowDays": 14,
            "dimensions": ["campaign"],
            "metrics": [
                {
                    "name": "impressions",
                    "title": "Impressions",
                    "kind": "ADDITIVE",
                    "unit": "COUNT",
                }
            ],
        },
        "uiSchema": {"brand": {"placeholder": "Acme"}},
        "defaultDashboardType": "STANDARD",
    }
