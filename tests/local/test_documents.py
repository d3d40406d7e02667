"""`amc-reports documents`: the list of trusted documents, from the files of a client."""

import hashlib
import json
from pathlib import Path

import pytest

from graph.http.documents import read
from tests.local.command_line import amc_reports

QUERY = "query Me { viewer { ...person } }\n"
FRAGMENT = "fragment person on Viewer { name ...address }\n"
ADDRESS = "fragment address on Viewer { email }\n"
ALONE = "query Who {\n  viewer { id }\n}\n"


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A client's folder: an operation that stands alone, and one with fragments elsewhere."""
    folder = tmp_path / "client"
    (folder / "parts").mkdir(parents=True)
    (folder / "me.graphql").write_text(QUERY)
    (folder / "parts" / "person.graphql").write_text(FRAGMENT)
    (folder / "parts" / "address.gql").write_text(ADDRESS)
    (folder / "who.graphql").write_text(ALONE)
    (folder / "notes.txt").write_text("no document")
    return folder


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def listed(*paths: Path, output: Path) -> dict[str, str]:
    """The list that is made of these paths, as the server reads it."""
    ended = amc_reports("documents", *paths, "-o", output)
    assert ended.returncode == 0, ended.stderr
    return read(output)


def test_a_file_that_stands_alone_is_listed_as_it_is_written(client, tmp_path):
    output = tmp_path / "list.json"
    ended = amc_reports("documents", client / "who.graphql", "-o", output)
    assert read(output) == {hash_of(ALONE): ALONE}
    assert f"sha256:{hash_of(ALONE)}  Who  " in ended.stdout


def test_fragments_of_other_files_are_added(client, tmp_path):
    found = listed(client, output=tmp_path / "list.json")
    assert len(found) == 2
    whole = next(text for text in found.values() if text != ALONE)
    assert whole.startswith(QUERY)
    assert (
        whole.count("fragment person on Viewer") == whole.count("fragment address on Viewer") == 1
    )


def test_the_same_files_make_the_same_list(client, tmp_path):
    first, again = tmp_path / "first.json", tmp_path / "again.json"
    listed(client, output=first)
    listed(client / "who.graphql", client, output=again)
    assert first.read_bytes() == again.read_bytes()


def test_lists_of_other_tools_are_taken(tmp_path):
    apollo = tmp_path / "manifest.json"
    apollo.write_text(
        json.dumps(
            {
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [{"id": hash_of(ALONE), "name": "Who", "body": ALONE}],
            }
        )
    )
    plain = tmp_path / "persisted.json"
    other = "{ viewer { email } }"
    plain.write_text(json.dumps({hash_of(other): other}))
    found = listed(apollo, plain, output=tmp_path / "list.json")
    assert found == {hash_of(ALONE): ALONE, hash_of(other): other}


WRONG = {
    "no GraphQL": ("a.graphql", "query {", "a.graphql: line 1: Syntax Error"),
    "not of the schema": ("a.graphql", "{ nothing }", "Cannot query field 'nothing'"),
    "a fragment that is nowhere": ("a.graphql", QUERY, "Unknown fragment 'person'"),
    "no JSON": ("a.json", "{", "a.json: "),
    "another hash": ("a.json", '{"abc": "{ viewer { id } }"}', "abc is not the SHA-256"),
    "no operation": ("a.graphql", FRAGMENT, "no operation"),
    "not there": (None, "", "a.graphql"),
}


@pytest.mark.parametrize(("name", "content", "told"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_trusted_is_told_and_nothing_is_written(
    tmp_path: Path, name: str | None, content: str, told: str
):
    file, output = tmp_path / (name or "a.graphql"), tmp_path / "list.json"
    if name:
        file.write_text(content)
    ended = amc_reports("documents", file, "-o", output)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert not output.exists()
