"""The role that a connection to PostgreSQL must have, so that row-level security holds.

A pooler such as PgBouncer may ignore the startup parameter `role`. Then the login acts, and for
many logins no policy holds. So each new connection is asked who it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from domain.errors import Unavailable

Role = Literal["owner", "api", "worker"]
ALL = ("amc_owner", "amc_api", "amc_worker", "amc_access")
# All that a new connection is asked, in one statement. It takes a few milliseconds, once each.
WHO = """
SELECT clock_timestamp() AS now, current_user AS name, rolsuper AS is_superuser,
       rolbypassrls AS bypasses,
       ARRAY(SELECT role.rolname::text FROM pg_roles AS role
             WHERE role.rolname = ANY($1::text[]) AND pg_has_role(role.oid, 'USAGE')) AS rights
FROM pg_roles WHERE rolname = current_user
"""


class WrongRole(Unavailable):
    """The connection has another role. People learn that it is refused, operators the `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__("The server may not use its database; its operator has to look at it.")
        self.reason = reason


@dataclass(frozen=True)
class Who:
    """What a connection says that it is."""

    name: str
    is_superuser: bool
    bypasses: bool
    rights: Sequence[str]  # the roles of ours whose rights it has

    @classmethod
    def of(cls, row: Any) -> "Who":
        """Read the answer to WHO."""
        return cls(row["name"], row["is_superuser"], row["bypasses"], row["rights"])


def check(who: Who, role: Role, *, own_login: bool) -> None:
    """Raise WrongRole unless the connection has exactly this role.

    A login of its own (DATABASE_API_URL ...) may have another name, if it has the rights of this
    role and of no other one. The owner may have more: no policy keeps a row from it anyway.
    """
    if (wrong := _wrong(who, f"amc_{role}", role, own_login)) is not None:
        raise WrongRole(
            f"The database must see this process as amc_{role}, but sees it as {who.name}{wrong}. "
            f"{_mend(role, own_login)}"
        )


def _wrong(who: Who, wanted: str, role: Role, own_login: bool) -> str | None:
    """What is wrong about the connection, as the end of a sentence. None if nothing is."""
    if own_login and wanted not in who.rights:
        return f", which has no rights of {wanted}"
    if own_login and role == "owner":
        return None
    if who.is_superuser:
        return ", a superuser"
    if who.bypasses:
        return ", which bypasses row-level security"
    if not own_login:
        return None if who.name == wanted else ""
    others = [one for one in who.rights if one != wanted]
    return f", which has the rights of {' and '.join(others)}, too" if others else None


def _mend(role: Role, own_login: bool) -> str:
    setting = f"DATABASE_{role.upper()}_URL"
    if own_login:
        return f"Row-level security would not hold. Name a login in {setting} that is amc_{role}."
    return (
        "Row-level security would not hold. A pooler does this that ignores the parameter `role`, "
        f"such as PgBouncer with ignore_startup_parameters. Set {setting} to the login amc_{role}, "
        "or connect without the pooler."
    )
