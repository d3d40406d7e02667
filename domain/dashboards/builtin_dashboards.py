"""The dashboards that come with the product, each in `<slug>.json`."""

import json
from importlib import resources
from typing import Any


def load() -> dict[str, dict[str, Any]]:
    """Every built-in dashboard as it is written down, by slug."""
    folder = resources.files(__name__)
    return {
        entry.name.removesuffix(".json"): json.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda one: one.name)
        if entry.name.endswith(".json")
    }
