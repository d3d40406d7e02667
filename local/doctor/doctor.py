"""Checks this machine, and says what is wrong and how to fix it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from local import environment, running
from local.children import CannotStart
from local.doctor import servers, surroundings
from local.doctor.findings import Finding, Machine

LOOKS: tuple[Callable[[Machine], Finding], ...] = (
    surroundings.python,
    surroundings.packages,
    surroundings.folder,
    surroundings.disk,
    surroundings.temporary,
    surroundings.results,
    surroundings.port,
    surroundings.settings,
    surroundings.secrets,
    surroundings.proxies,
    servers.database,
    servers.redis,
    servers.amc,
)


def examine(machine: Machine) -> Iterator[Finding]:
    """Run all checks, one after the other."""
    for look in LOOKS:
        try:
            yield look(machine)
        except CannotStart as error:
            yield Finding(False, str(error))
        except ImportError as missing:
            yield Finding(False, f"A package is missing: {missing.name}.", "make setup")


def run(host: str, port: int, folder: Path) -> int:
    """Print the result of every check. Returns 1 if one of them failed."""
    try:
        env = environment.given()
    except CannotStart as unreadable:
        print(f"WRONG {unreadable}")
        return 1
    machine = Machine(folder.absolute(), env, host, port, running.find(folder))
    ill = 0
    for finding in examine(machine):
        print(("ok    " if finding.well else "WRONG ") + finding.what)
        if finding.mend:
            print(f"      To fix it: {finding.mend}")
        ill += not finding.well
    print("All checks passed." if not ill else f"{ill} of {len(LOOKS)} checks failed.")
    return 1 if ill else 0
