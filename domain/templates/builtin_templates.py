"""The templates that come with the product: a query in `<slug>.sql`, the rest in `<slug>.json`."""

import json
from importlib import resources

from domain.templates.drafts import TemplateSpec


def load() -> dict[str, TemplateSpec]:
    """Every built-in template, by slug."""
    folder = resources.files(__name__)
    found: dict[str, TemplateSpec] = {}
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        slug, _, kind = entry.name.rpartition(".")
        if kind == "json":
            described = json.loads(entry.read_text(encoding="utf-8"))
            query = (folder / f"{slug}.sql").read_text(encoding="utf-8")
            found[slug] = TemplateSpec(sql_template=query, is_public=True, **described)
    return found
