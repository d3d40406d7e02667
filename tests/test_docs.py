"""The documentation names only files, folders and headings that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
FOLDERS = [one.name for one in ROOT.iterdir() if one.is_dir() and not one.name.startswith(".")]
SOURCES = [path for name in FOLDERS for path in ROOT.glob(f"{name}/**/*.py")]

CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
IN_BACKTICKS = re.compile(r"`([^`\s]+)`")
# A path from the root, or the name of a file of ours. <noun> stands for any name.
FROM_ROOT = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w<>/.-]*")
FILE_NAME = re.compile(r"[\w.-]+\.(?:py|js|html|css|md|toml)")
IN_A_PICTURE = re.compile(rf"(?<![\w/.])(?:{'|'.join(FOLDERS)})/[\w/]+\.py")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def paths(text: str) -> set[str]:
    """The paths and file names in backticks."""
    named = IN_BACKTICKS.findall(text)
    return {one for one in named if FROM_ROOT.fullmatch(one) or FILE_NAME.fullmatch(one)}


def exists(path: str) -> bool:
    """True if there is such a file or folder; a file name may be in any folder."""
    pattern = re.sub(r"<\w+>", "*", path.rstrip("/"))
    if "/" in pattern:
        return any(ROOT.glob(pattern))
    return (ROOT / pattern).exists() or any(
        found for name in FOLDERS for found in ROOT.glob(f"{name}/**/{pattern}")
    )


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", CODE_BLOCK.sub("", document.read_text()), re.MULTILINE)
    words = (re.sub(r"[^\w\s-]", "", one.lower()) for one in headings)
    return {one.strip().replace(" ", "-") for one in words}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: str(one.relative_to(ROOT)))
def test_a_document_names_only_paths_that_exist(document: Path):
    text = document.read_text()
    named = paths(CODE_BLOCK.sub("", text)) | set(IN_A_PICTURE.findall(text))
    assert [one for one in sorted(named) if not exists(one)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: str(one.relative_to(ROOT)))
def test_a_document_links_only_to_files_and_headings_that_exist(document: Path):
    broken = []
    for path, anchor in LINK.findall(CODE_BLOCK.sub("", document.read_text())):
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{path}#{anchor}")
    assert broken == []


def test_the_sources_name_only_paths_that_exist():
    wrong = {
        f"{source.relative_to(ROOT)}: {one}"
        for source in SOURCES
        for one in paths(source.read_text())
        if FROM_ROOT.fullmatch(one) and not exists(one)
    }
    assert wrong == set()
