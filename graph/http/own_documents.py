"""Finds the documents that our own pages and the explorer send, in their scripts."""

import re
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLError, OperationDefinitionNode, parse

from graph.http.documents import hash_of
from graph.http.explorer import explorer
from graph.http.explorer.examples import EXAMPLES
from graph.http.pages import pages

TEXT = re.compile(r'`([^`]*)`|"([^"\n]*)"')  # a string in a script


def documents() -> dict[str, str]:
    """The texts of these documents, by hash."""
    texts = {example["query"] for example in EXAMPLES}
    for folder in (pages.FOLDER, explorer.FOLDER):
        for script in folder.glob("*.js"):
            texts.update(_in(script))
    # GraphiQL's introspection query. It reveals no more than /schema.graphql does.
    texts.add((explorer.FOLDER / "introspection.graphql").read_text().strip())
    return {hash_of(text): text for text in sorted(texts)}


def _in(script: Path) -> Iterator[str]:
    """The operations in the strings of a script."""
    for match in TEXT.finditer(script.read_text()):
        text = match[1] or match[2] or ""
        if "{" in text and "${" not in text and _is_operation(text):
            yield text


def _is_operation(text: str) -> bool:
    try:
        found = parse(text).definitions
    except GraphQLError:
        return False
    return any(isinstance(one, OperationDefinitionNode) for one in found)
