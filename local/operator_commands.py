"""The commands of operators: what each does, and its arguments.

Heavy modules are imported where they are needed, so that `amc-reports --help` is quick.
"""

import argparse
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domain.settings import Process

DEMO_USER = "demo@example.com"
AN_INSTANCE = "id of the instance, ours or AMC's"
HELD = "id of a report, a workflow or an instance"
NOUNS = {
    "account": "AMC accounts.",
    "instances": "AMC instances: sync them with AMC, pause, resume and limit them.",
    "keys": "The keys that secrets are encrypted with.",
    "user": "People who may sign in.",
    "hold": "Legal holds: reports, workflows and instances of which nothing is removed.",
    "storage": "The store of results.",
    "member": "Members of an instance and their roles.",
}
ROLES = ("viewer", "editor", "admin")

Command = Callable[[argparse.Namespace], int]
# Adds a command by its name, or by a noun and a verb, and returns the parser of its arguments.
Add = Callable[[str, Command], argparse.ArgumentParser]


def backup(args: argparse.Namespace) -> int:
    """Back up the database and the stored files into a new folder."""
    from local import operators

    return operate(lambda: operators.backup(args.to, with_files=args.files))


def restore(args: argparse.Namespace) -> int:
    """Restore a backup into an empty database, and its files into the store."""
    from local import operators

    return operate(lambda: operators.restore(args.backup, with_files=args.files))


def restore_drill(args: argparse.Namespace) -> int:
    """Back up, restore into an empty cluster and store, compare all, and read a dashboard."""
    from local import operators, restore_drill

    try:
        drill = restore_drill.run(with_files=args.files)
    except operators.REFUSALS as refusal:
        print(operators.in_words(refusal), file=sys.stderr)
        return 1
    for sentence in drill.wrong:
        print(sentence, file=sys.stderr)
    print("The backup is good." if not drill.wrong else "The backup is not good.")
    return 1 if drill.wrong else 0


def retention(args: argparse.Namespace) -> int:
    """Say what retention has removed, or would remove now."""
    from local import operators

    return operate(operators.retention_foreseen if args.dry_run else operators.retention_state)


def hold_place(args: argparse.Namespace) -> int:
    """Place a legal hold: nothing of it is removed by retention."""
    from local import operators

    return operate(lambda: operators.hold_place(args.name, args.reason))


def hold_release(args: argparse.Namespace) -> int:
    """Release a legal hold."""
    from local import operators

    return operate(lambda: operators.hold_release(args.name))


def hold_list(_: argparse.Namespace) -> int:
    """List all legal holds, and those that were released."""
    from local import operators

    return operate(operators.hold_list)


def storage_check(args: argparse.Namespace) -> int:
    """Find files that no row names, and rows whose file is lost."""
    from local import operators

    return operate(lambda: operators.storage_check(remove=args.remove))


def token(args: argparse.Namespace) -> int:
    """Print a token for a person, where the server issues its own tokens."""
    from local import operators

    return operate(lambda: operators.token(args.email, args.hours))


def account_add(args: argparse.Namespace) -> int:
    """Add an AMC account. Its refresh token is read from AMC_REFRESH_TOKEN or the terminal."""
    from domain.instances.accounts import AccountSpec
    from local import operators

    def add() -> Coroutine[Any, Any, str]:
        token = operators.refresh_token()
        spec = AccountSpec(args.account_id, args.marketplace, args.region, token, args.name)
        return operators.account_add(spec)

    return operate(add)


def instances_sync(_: argparse.Namespace) -> int:
    """Add and update the instances of all accounts, as AMC lists them."""
    from local import operators

    return operate(operators.instances_sync)


def user_add(args: argparse.Namespace) -> int:
    """Add a person who may sign in."""
    from local import operators

    role = "admin" if args.admin else "user"
    whose = {"issuer": args.issuer, "subject": args.subject}
    return operate(lambda: operators.user_add(args.email, args.name, role=role, **whose))


def member_add(args: argparse.Namespace) -> int:
    """Make a person a member of an instance."""
    from local import operators

    return operate(lambda: operators.member_add(args.email, args.instance, args.role))


def member_role(args: argparse.Namespace) -> int:
    """Change a member's role. Work in the name of somebody who is no editor any more ends."""
    from local import operators

    return operate(lambda: operators.member_role(args.email, args.instance, args.role))


def member_remove(args: argparse.Namespace) -> int:
    """End a person's membership of an instance, and the work in their name there."""
    from local import operators

    return operate(lambda: operators.member_remove(args.email, args.instance))


def user_deactivate(args: argparse.Namespace) -> int:
    """Let a person no longer sign in. Open connections and work in their name end."""
    from local import operators

    return operate(lambda: operators.user_active(args.email, active=False))


def user_activate(args: argparse.Namespace) -> int:
    """Let a person sign in again."""
    from local import operators

    return operate(lambda: operators.user_active(args.email, active=True))


def instances_pause(args: argparse.Namespace) -> int:
    """Send nothing new to AMC for an instance. What AMC is running goes on."""
    from local import operators

    return operate(lambda: operators.instance_paused(args.instance, paused=True, note=args.note))


def instances_resume(args: argparse.Namespace) -> int:
    """Go on with an instance that was paused."""
    from local import operators

    return operate(lambda: operators.instance_paused(args.instance, paused=False))


def instances_limit(args: argparse.Namespace) -> int:
    """Change how many executions an instance runs at a time and a day."""
    from domain.instances.instances import Limits
    from local import operators

    asked = (args.at_once, args.reserve, args.daily_quota, args.no_quota)
    return operate(lambda: operators.instance_limit(args.instance, lambda: Limits(*asked)))


def keys_rotate(args: argparse.Namespace) -> int:
    """Encrypt all secrets again with the first of ENCRYPTION_KEYS."""
    from local import operators

    return operate(operators.keys_rotate)


def import_workflows(args: argparse.Namespace) -> int:
    """Import queries that are saved at AMC, from AMC's JSON or from AMC itself."""
    from local import operators

    file = None if args.from_amc else args.file
    return operate(lambda: operators.import_workflows(file, args.instance, args.user))


def operate(work: Callable[[], Coroutine[Any, Any, str | None]]) -> int:
    """Run an operator's command and print its result. A refusal is printed without a traceback."""
    from local.operators import run

    return run(work)


# The commands that need more settings than a database.
NEEDS: "dict[Command, Process]" = {
    account_add: "secrets",
    keys_rotate: "secrets",
    import_workflows: "secrets",
    instances_sync: "amc",
}


def arguments(add: Add) -> None:
    """Add the commands of operators. `account add` is a noun with a verb."""
    _of_backups(add)
    _of_retention(add)
    _of_instances(add)
    _of_people(add)
    add("keys rotate", keys_rotate)
    _of_workflows(add)


def _of_backups(add: Add) -> None:
    backing_up = add("backup", backup)
    backing_up.add_argument("to", type=Path, metavar="FOLDER", help="a new folder")
    restoring = add("restore", restore)
    restoring.add_argument("backup", type=Path, metavar="FOLDER", help="the folder of a backup")
    for one in (backing_up, restoring, add("restore-drill", restore_drill)):
        one.add_argument(
            "--without-files",
            dest="files",
            action="store_false",
            help="leave the stored files out, where the store has copies of its own",
        )


def _of_retention(add: Add) -> None:
    add("retention", retention).add_argument(
        "--dry-run", action="store_true", help="say what would be removed now"
    )
    placing = add("hold place", hold_place)
    placing.add_argument("name", help=HELD)
    placing.add_argument("--reason", required=True)
    add("hold release", hold_release).add_argument("name", help=HELD)
    add("hold list", hold_list)
    add("storage check", storage_check).add_argument(
        "--remove", action="store_true", help="have the worker remove files that no row names"
    )


def _of_instances(add: Add) -> None:
    account = add("account add", account_add)
    account.add_argument("account_id", metavar="ENTITY", help="AMC's id of the account, ENTITY...")
    account.add_argument(
        "--marketplace", default="ATVPDKIKX0DER", help="id of the marketplace; defaults to the US"
    )
    account.add_argument("--region", default="NA", choices=("NA", "EU", "FE"))
    account.add_argument("--name")
    add("instances sync", instances_sync)
    for name, does in (("pause", instances_pause), ("resume", instances_resume)):
        stopping = add(f"instances {name}", does)
        stopping.add_argument("instance", help=AN_INSTANCE)
        if does is instances_pause:
            stopping.add_argument("--note", help="why, for its members")
    limiting = add("instances limit", instances_limit)
    limiting.add_argument("instance", help=AN_INSTANCE)
    limiting.add_argument("--at-once", type=int, metavar="N", help="executions at a time, 1 to 200")
    limiting.add_argument("--reserve", type=int, metavar="N", help="of them only for schedules")
    limiting.add_argument("--daily-quota", type=int, metavar="N", help="executions a day, in UTC")
    limiting.add_argument("--no-quota", action="store_true", help="end the daily quota")


def _of_people(add: Add) -> None:
    user = add("user add", user_add)
    user.add_argument("email")
    user.add_argument("--name", required=True)
    user.add_argument("--admin", action="store_true")
    user.add_argument("--issuer", help="issuer of the person's tokens; defaults to this server")
    user.add_argument("--subject", help="subject of the person's tokens; defaults to the address")
    for verb, does in (("deactivate", user_deactivate), ("activate", user_activate)):
        add(f"user {verb}", does).add_argument("email")
    for verb, does in (("add", member_add), ("role", member_role), ("remove", member_remove)):
        member = add(f"member {verb}", does)
        member.add_argument("email")
        member.add_argument("instance", help=AN_INSTANCE)
        if does is not member_remove:
            member.add_argument("--role", required=True, choices=ROLES)
    signing = add("token", token)
    signing.add_argument("email", nargs="?", default=DEMO_USER)
    signing.add_argument("--hours", type=float, default=12.0)


def _of_workflows(add: Add) -> None:
    bringing = add("import-workflows", import_workflows)
    whence = bringing.add_mutually_exclusive_group(required=True)
    whence.add_argument(
        "file", nargs="?", type=Path, help="AMC's JSON answer for one workflow or a list of them"
    )
    whence.add_argument(
        "--from-amc", action="store_true", help="import all of the instance's workflows from AMC"
    )
    bringing.add_argument("--instance", required=True, help=AN_INSTANCE)
    bringing.add_argument("--user", required=True, help="e-mail address of the owner")
