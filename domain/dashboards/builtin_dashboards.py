"""The built-in dashboards, read from `builtin/<slug>.json`."""

import json
from importlib import resources
from typing import Any


def load() -> dict[str, dict[str, Any]]:
    """Read every built-in dashboard as its file describes it, by slug."""
    folder = resources.files("domain.dashboards.builtin")
    return {
        entry.name.removesuffix(".json"): json.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda one: one.name)
        if entry.name.endswith(".json")
    }
