"""The built-in templates: in `builtin/`, `<slug>.sql` is the query and `<slug>.json` the rest."""

import json
from importlib import resources

from domain.templates.drafts import TemplateSpec


def load() -> dict[str, TemplateSpec]:
    """Read every built-in template, by slug."""
    folder = resources.files("domain.templates.builtin")
    found: dict[str, TemplateSpec] = {}
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        slug, _, kind = entry.name.rpartition(".")
        if kind == "json":
            described = json.loads(entry.read_text(encoding="utf-8"))
            query = (folder / f"{slug}.sql").read_text(encoding="utf-8")
            found[slug] = TemplateSpec(sql_template=query, is_public=True, **described)
    return found
