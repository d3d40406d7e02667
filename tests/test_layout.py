"""The layout of this folder, and what only one place of the project does."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
# They test migrations/, graph/http/pages/, and the API by the clients of others.
OTHERS = {"clients", "database", "pages"}
OF_THE_PROJECT = {"test_layout.py", "test_docs.py"}


def imported(path: Path) -> set[str]:
    """The modules that a file may import, by the names its import statements give."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def test_no_module_imports_a_test_module_or_a_conftest():
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in TESTS.rglob("*.py")
        for name in imported(path)
        if name.startswith("tests.")
        and any(part.startswith("test_") or part == "conftest" for part in name.split("."))
    ]
    assert wrong == []


def test_every_folder_has_the_name_of_a_package_that_it_tests():
    packages = {
        path.parent.name for folder in (ROOT, ROOT / "domain") for path in folder.glob("*/*.py")
    }
    packages |= {path.stem for path in (ROOT / "domain").glob("*.py")}  # nouns of one module
    folders = {path.parent.name for path in TESTS.glob("*/test_*.py")}
    assert folders - packages - OTHERS == set()


def test_test_modules_stand_in_a_folder_and_every_folder_is_a_package():
    loose = {path.name for path in TESTS.glob("test_*.py")} - OF_THE_PROJECT
    assert loose == set()
    folders = {path.parent for path in TESTS.rglob("*.py")}
    assert [one for one in folders if not (one / "__init__.py").exists()] == []


def test_one_module_asks_the_clock_of_the_host():
    """Hosts may differ by minutes; the database's clock decides (domain/moments.py)."""
    asks = re.compile(r"time\.time\(|datetime\.(now|today|utcnow)\(|date\.today\(|\bstrftime\(\"%s")
    found = {
        str(path.relative_to(ROOT))
        for folder in ("domain", "graph", "jobs")
        for path in (ROOT / folder).rglob("*.py")
        if asks.search(path.read_text())
    }
    assert found == {"domain/moments.py"}
