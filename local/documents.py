"""Writes the list of trusted documents from the files of a client.

A `.graphql` file is listed as it is written, so that its hash is what `sha256sum` says of the file.
If it uses fragments of other files, they are appended in the order of their names. A `.json` file
is a list of another tool: Apollo's manifest, or an object of texts by hash.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from graph.http import limits
from graph.http.documents import PREFIX, hash_of
from graph.schema import schema

KINDS = (".graphql", ".gql")
LISTS = (".json",)


@dataclass(frozen=True)
class Document:
    """A document to trust, and where it comes from."""

    text: str
    origin: Path
    operations: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id that clients send as `documentId`."""
        return PREFIX + hash_of(self.text)


def write(paths: Iterable[Path], output: Path) -> str:
    """Write the list, and return a line for each document. Raises ValueError with all mistakes."""
    found, wrong = gathered(paths)
    if wrong:
        raise ValueError("\n".join(wrong))
    if not found:
        raise ValueError("There is no operation in these files.")
    listed = {one.id: one.text for one in sorted(found, key=lambda one: one.id)}
    output.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n")
    lines = [f"{one.id}  {', '.join(one.operations)}  {one.origin}" for one in found]
    return "\n".join([*lines, f"{output} has {len(listed)} documents."])


def gathered(paths: Iterable[Path]) -> tuple[list[Document], list[str]]:
    """All documents of these files and folders, and the mistakes in them."""
    files = sorted({file for path in paths for file in _files(path)})
    found: list[Document] = []
    wrong: list[str] = []
    parsed: dict[Path, DocumentNode] = {}
    for file in files:
        try:
            if file.suffix in LISTS:
                found += _of_list(file)
            else:
                parsed[file] = parse(file.read_text())
        except GraphQLError as error:
            wrong.append(f"{file}: {_in_words(error)}")
        except (OSError, ValueError) as error:
            wrong.append(f"{file}: {error}")
    found += _of_files(parsed)
    for one in found:
        wrong += _wrong_with(one)
    return found, wrong


def _files(path: Path) -> Iterator[Path]:
    """The files to read: named ones with any ending, and those of GraphQL in folders."""
    if path.is_dir():
        yield from (one for one in path.rglob("*") if one.suffix in KINDS)
    else:
        yield path


def _of_files(parsed: dict[Path, DocumentNode]) -> list[Document]:
    fragments = {
        one.name.value: one
        for document in parsed.values()
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    return [
        Document(_with_fragments(file, document, fragments), file, operations)
        for file, document in parsed.items()
        if (operations := _operations(document))
    ]


def _with_fragments(
    file: Path, document: DocumentNode, fragments: dict[str, FragmentDefinitionNode]
) -> str:
    """The text of a file, with the fragments appended that it lacks."""
    own = {
        one.name.value for one in document.definitions if isinstance(one, FragmentDefinitionNode)
    }
    lacking: set[str] = set()
    todo = _spreads(document) - own
    while todo:
        name = todo.pop()
        if name in fragments and name not in lacking:
            lacking.add(name)
            todo |= _spreads(fragments[name]) - own - lacking
    text = file.read_text()
    return "\n\n".join([text, *(print_ast(fragments[name]) for name in sorted(lacking))])


def _spreads(node: DocumentNode | FragmentDefinitionNode) -> set[str]:
    names: set[str] = set()

    class Collector(Visitor):
        def enter_fragment_spread(self, spread: FragmentSpreadNode, *_: Any) -> None:
            names.add(spread.name.value)

    visit(node, Collector())
    return names


def _operations(document: DocumentNode) -> tuple[str, ...]:
    return tuple(
        one.name.value if one.name else "(no name)"
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
    )


def _of_list(file: Path) -> list[Document]:
    """The documents of a list. Raises ValueError, or GraphQLError for an invalid text."""
    given = json.loads(file.read_text())
    if isinstance(given, dict) and isinstance(given.get("operations"), list):
        given = {one["id"]: one["body"] for one in given["operations"]}  # Apollo's
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise ValueError("it is neither Apollo's manifest nor an object of texts by their hash")
    for name, text in given.items():
        if name.removeprefix(PREFIX) != hash_of(text):
            raise ValueError(f"{name} is not the SHA-256 of its text")
    return [Document(text, file, _operations(parse(text))) for text in given.values()]


def _wrong_with(one: Document) -> list[str]:
    found = validate(schema._schema, parse(one.text), limits.RULES)
    return [f"{one.origin}: {_in_words(error)}" for error in found]


def _in_words(error: GraphQLError) -> str:
    place = error.locations[0] if error.locations else None
    return f"line {place.line}: {error.message}" if place else error.message
