"""The command line, `amc-reports`. Each command imports the heavy modules that it needs.

It has more than 500 lines because all commands stand here: a function of a few lines for each, and
its arguments.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # said before anything newer is read
    sys.exit("amc-reports needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")

import argparse
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domain.settings import Process

FOLDER = Path(os.environ.get("AMC_REPORTS_FOLDER", ".amc-reports"))
DEMO_USER = "demo@example.com"
AN_INSTANCE = "id of the instance, ours or AMC's"
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


def up(args: argparse.Namespace) -> int:
    """Start the whole system on this machine."""
    from local.up import Options, run

    demo = not (args.no_demo or args.brief)
    return run(Options(args.folder, args.host, args.port, demo, args.verbose, args.brief))


def down(args: argparse.Namespace) -> int:
    """Stop the system that `up` has started. No data is removed."""
    from local.running import stop

    return stop(args.folder)


def clean(args: argparse.Namespace) -> int:
    """Remove the data of `up`, after asking."""
    from local.running import remove

    return remove(args.folder, sure=args.yes)


def demo(args: argparse.Namespace) -> int:
    """Run an analyst's first job through the public API, and print what happened."""
    from local import demo as job

    return job.run(args.at, reuse=args.reuse, folder=args.folder)


def doctor(args: argparse.Namespace) -> int:
    """Check this machine, and print what is wrong and how to fix it."""
    from local.doctor.doctor import run

    return run(args.host, args.port, args.folder)


def api(args: argparse.Namespace) -> int:
    """Serve the API."""
    from local.servers import api as serve

    return serve(args.host, args.port)


def worker(args: argparse.Namespace) -> int:
    """Run background jobs. Any number of workers may run."""
    from local.servers import worker as work

    return work(args.processes, args.threads)


def clock(_: argparse.Namespace) -> int:
    """Find what is due. Any number of clocks may run."""
    from local.servers import clock as tick

    return tick()


def sandbox(args: argparse.Namespace) -> int:
    """Serve the local AMC, with synthetic data."""
    if args.prepare:
        from local.prepare import prepare

        prepare()
        return 0
    from local.servers import sandbox as serve

    return serve()


def migrate(args: argparse.Namespace) -> int:
    """Migrate the database to the newest schema."""
    if args.new or args.models:
        from local import migrations

        if args.new:
            migrations.write(args.new)
            return 0
        differs = migrations.agree()
        print(differs or "Models and migrations agree.")
        return 1 if differs else 0
    from local import operators

    if args.check:
        return _operate(operators.checked)
    return _operate(lambda: operators.migrated(args.revision))


def backup(args: argparse.Namespace) -> int:
    """Back up the database and the stored files into a new folder."""
    from local import operators

    return _operate(lambda: operators.backup(args.to, with_files=args.files))


def restore(args: argparse.Namespace) -> int:
    """Restore a backup into an empty database, and its files into the store."""
    from local import operators

    return _operate(lambda: operators.restore(args.backup, with_files=args.files))


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

    return _operate(operators.retention_foreseen if args.dry_run else operators.retention_state)


def hold_place(args: argparse.Namespace) -> int:
    """Place a legal hold: nothing of it is removed by retention."""
    from local import operators

    return _operate(lambda: operators.hold_place(args.name, args.reason))


def hold_release(args: argparse.Namespace) -> int:
    """Release a legal hold."""
    from local import operators

    return _operate(lambda: operators.hold_release(args.name))


def hold_list(_: argparse.Namespace) -> int:
    """List all legal holds, and those that were released."""
    from local import operators

    return _operate(operators.hold_list)


def storage_check(args: argparse.Namespace) -> int:
    """Find files that no row names, and rows whose file is lost."""
    from local import operators

    return _operate(lambda: operators.storage_check(remove=args.remove))


def schema(args: argparse.Namespace) -> int:
    """Write schema.graphql, check that it is current, or compare it with an older one."""
    from graph.schema import schema as made

    path, text = Path(args.path), made.as_str().rstrip() + "\n"
    if args.compare:
        return _compare(args.compare, text)
    if not args.check:
        path.write_text(text)
        return 0
    current = path.exists() and path.read_text() == text
    print(f"{path} is {'current' if current else 'not current. Write it: make schema'}")
    return 0 if current else 1


def _compare(path: Path, new: str) -> int:
    """Say what clients of the schema in this file would notice of the new one."""
    from graphql import GraphQLError

    from graph.comparison import compare

    try:
        found = compare(path.read_text(), new)
    except (OSError, UnicodeDecodeError, GraphQLError) as wrong:
        print(f"{path} cannot be compared: {wrong}", file=sys.stderr)
        return 2
    print(found.report())
    return 1 if found.unannounced else 0


def documents(args: argparse.Namespace) -> int:
    """Write the list of documents for TRUSTED_DOCUMENTS, from the files of a client."""
    from local import documents as lists

    try:
        print(lists.write(args.paths, args.output))
    except (OSError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


def token(args: argparse.Namespace) -> int:
    """Print a token for a person, where the server issues its own tokens."""
    from local import operators

    return _operate(lambda: operators.token(args.email, args.hours))


def furnish(_: argparse.Namespace) -> int:
    """Add the local AMC's account, instances and demo users to the database."""
    from local import furnish as demo_data

    return _operate(demo_data.furnish)


def account_add(args: argparse.Namespace) -> int:
    """Add an AMC account. Its refresh token is read from AMC_REFRESH_TOKEN or the terminal."""
    from domain.instances.accounts import AccountSpec
    from local import operators

    def add() -> Coroutine[Any, Any, str]:
        token = operators.refresh_token()
        spec = AccountSpec(args.account_id, args.marketplace, args.region, token, args.name)
        return operators.account_add(spec)

    return _operate(add)


def instances_sync(_: argparse.Namespace) -> int:
    """Add and update the instances of all accounts, as AMC lists them."""
    from local import operators

    return _operate(operators.instances_sync)


def user_add(args: argparse.Namespace) -> int:
    """Add a person who may sign in."""
    from local import operators

    role = "admin" if args.admin else "user"
    whose = {"issuer": args.issuer, "subject": args.subject}
    return _operate(lambda: operators.user_add(args.email, args.name, role=role, **whose))


def member_add(args: argparse.Namespace) -> int:
    """Make a person a member of an instance."""
    from local import operators

    return _operate(lambda: operators.member_add(args.email, args.instance, args.role))


def member_role(args: argparse.Namespace) -> int:
    """Change a member's role. Work in the name of somebody who is no editor any more ends."""
    from local import operators

    return _operate(lambda: operators.member_role(args.email, args.instance, args.role))


def member_remove(args: argparse.Namespace) -> int:
    """End a person's membership of an instance, and the work in their name there."""
    from local import operators

    return _operate(lambda: operators.member_remove(args.email, args.instance))


def user_deactivate(args: argparse.Namespace) -> int:
    """Let a person no longer sign in. Open connections and work in their name end."""
    from local import operators

    return _operate(lambda: operators.user_active(args.email, active=False))


def user_activate(args: argparse.Namespace) -> int:
    """Let a person sign in again."""
    from local import operators

    return _operate(lambda: operators.user_active(args.email, active=True))


def instances_pause(args: argparse.Namespace) -> int:
    """Send nothing new to AMC for an instance. What AMC is running goes on."""
    from local import operators

    return _operate(lambda: operators.instance_paused(args.instance, paused=True))


def instances_resume(args: argparse.Namespace) -> int:
    """Go on with an instance that was paused."""
    from local import operators

    return _operate(lambda: operators.instance_paused(args.instance, paused=False))


def instances_limit(args: argparse.Namespace) -> int:
    """Change how many executions an instance runs at a time and a day."""
    from domain.instances.instances import Limits
    from local import operators

    asked = (args.at_once, args.reserve, args.daily_quota, args.no_quota)
    return _operate(lambda: operators.instance_limit(args.instance, lambda: Limits(*asked)))


def keys_rotate(args: argparse.Namespace) -> int:
    """Encrypt all secrets again with the first of ENCRYPTION_KEYS."""
    from local import operators

    return _operate(operators.keys_rotate)


def import_workflows(args: argparse.Namespace) -> int:
    """Import queries that are saved at AMC, from AMC's JSON or from AMC itself."""
    from local import operators

    file = None if args.from_amc else args.file
    return _operate(lambda: operators.import_workflows(file, args.instance, args.user))


def _operate(work: Callable[[], Coroutine[Any, Any, str | None]]) -> int:
    """Run an operator's command and print its result. A refusal is printed without a traceback."""
    from local.operators import run

    return run(work)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands and their options."""
    top = argparse.ArgumentParser(prog="amc-reports", description=__doc__)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, does: Command) -> argparse.ArgumentParser:
        return _for(does, commands.add_parser(name, help=does.__doc__, description=does.__doc__))

    listeners: tuple[tuple[str, Command], ...] = (("up", up), ("doctor", doctor), ("api", api))
    for name, does in listeners:
        listening = add(name, does)
        listening.add_argument("--host", help="defaults to HOST, or 127.0.0.1")
        listening.add_argument("--port", type=int, help="defaults to PORT, or 8000")
        if name == "up":
            listening.add_argument("--no-demo", action="store_true", help="do not run the demo job")
            listening.add_argument("--verbose", action="store_true", help="print all logs")
            listening.add_argument(
                "--brief", action="store_true", help="print little, and run no demo job"
            )
    add("down", down)
    add("clean", clean).add_argument("--yes", action="store_true", help="do not ask")
    add("clock", clock)
    add("furnish", furnish)
    _add_ours(add)
    _add_operators(add, commands)
    return top


Add = Callable[[str, Command], argparse.ArgumentParser]


def _for(does: Command, made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.set_defaults(does=does)
    made.add_argument(
        "--folder", type=Path, default=FOLDER, help=f"folder of the data; defaults to {FOLDER}"
    )
    return made


def _add_ours(add: Add) -> None:
    working = add("worker", worker)
    working.add_argument("--processes", type=int, help="defaults to PROCESSES, or 2")
    working.add_argument("--threads", type=int, help="of each; defaults to THREADS, or 8")
    doing = add("demo", demo)
    doing.add_argument(
        "--at", metavar="URL", help="URL of an API. Its token is read from AMC_REPORTS_TOKEN"
    )
    doing.add_argument("--reuse", action="store_true", help="run the report of the last demo again")
    add("sandbox", sandbox).add_argument(
        "--prepare", action="store_true", help="only make the synthetic data"
    )
    migrating = add("migrate", migrate)
    migrating.add_argument("--revision", default="head")
    migrating.add_argument("--new", metavar="MESSAGE", help="write a migration for the models")
    migrating.add_argument(
        "--check",
        action="store_true",
        help="only say how the database differs from what the migrations make",
    )
    migrating.add_argument(
        "--models", action="store_true", help="only check that models and migrations agree"
    )
    _add_backups(add)
    writing = add("schema", schema)
    writing.add_argument("path", nargs="?", default="schema.graphql")
    instead = writing.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="only check that it is current")
    instead.add_argument(
        "--compare",
        type=Path,
        metavar="OLD.graphql",
        help="only say what changed since; 1 for a breaking change that was not deprecated first",
    )
    listing = add("documents", documents)
    listing.add_argument("paths", nargs="+", type=Path, help=".graphql files, folders, manifests")
    listing.add_argument("-o", "--output", type=Path, required=True, help="the file to write")
    bringing = add("import-workflows", import_workflows)
    whence = bringing.add_mutually_exclusive_group(required=True)
    whence.add_argument(
        "file", nargs="?", type=Path, help="AMC's JSON answer for one workflow or a list of them"
    )
    whence.add_argument(
        "--from-amc", action="store_true", help="import all of the instance's workflows from AMC"
    )
    bringing.add_argument("--instance", required=True, help="id of the instance, ours or AMC's")
    bringing.add_argument("--user", required=True, help="e-mail address of the owner")
    signing = add("token", token)
    signing.add_argument("email", nargs="?", default=DEMO_USER)
    signing.add_argument("--hours", type=float, default=12.0)


def _add_backups(add: Add) -> None:
    add("retention", retention).add_argument(
        "--dry-run", action="store_true", help="say what would be removed now"
    )
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


def _add_operators(add: Add, commands: Any) -> None:
    """Add the operators' commands, such as `account add`: a noun, then a verb."""

    nouns: dict[str, Any] = {}

    def under(noun: str, verb: str, does: Command) -> Any:
        if noun not in nouns:
            known = commands.add_parser(noun, help=NOUNS[noun])
            nouns[noun] = known.add_subparsers(metavar="COMMAND", required=True)
        return _for(does, nouns[noun].add_parser(verb, help=does.__doc__, description=does.__doc__))

    account = under("account", "add", account_add)
    account.add_argument("account_id", metavar="ENTITY", help="AMC's id of the account, ENTITY...")
    account.add_argument(
        "--marketplace", default="ATVPDKIKX0DER", help="id of the marketplace; defaults to the US"
    )
    account.add_argument("--region", default="NA", choices=("NA", "EU", "FE"))
    account.add_argument("--name")
    under("instances", "sync", instances_sync)
    for verb, does in (("pause", instances_pause), ("resume", instances_resume)):
        under("instances", verb, does).add_argument("instance", help=AN_INSTANCE)
    limiting = under("instances", "limit", instances_limit)
    limiting.add_argument("instance", help=AN_INSTANCE)
    limiting.add_argument("--at-once", type=int, metavar="N", help="executions at a time, 1 to 200")
    limiting.add_argument("--reserve", type=int, metavar="N", help="of them only for schedules")
    limiting.add_argument("--daily-quota", type=int, metavar="N", help="executions a day, in UTC")
    limiting.add_argument("--no-quota", action="store_true", help="end the daily quota")
    under("keys", "rotate", keys_rotate)
    placing = under("hold", "place", hold_place)
    placing.add_argument("name", help="id of a report, a workflow or an instance")
    placing.add_argument("--reason", required=True)
    releasing = under("hold", "release", hold_release)
    releasing.add_argument("name", help="id of a report, a workflow or an instance")
    under("hold", "list", hold_list)
    under("storage", "check", storage_check).add_argument(
        "--remove", action="store_true", help="have the worker remove files that no row names"
    )
    user = under("user", "add", user_add)
    user.add_argument("email")
    user.add_argument("--name", required=True)
    user.add_argument("--admin", action="store_true")
    user.add_argument("--issuer", help="issuer of the person's tokens; defaults to this server")
    user.add_argument("--subject", help="subject of the person's tokens; defaults to the address")
    for verb, does in (("deactivate", user_deactivate), ("activate", user_activate)):
        under("user", verb, does).add_argument("email")
    for verb, does in (("add", member_add), ("role", member_role), ("remove", member_remove)):
        member = under("member", verb, does)
        member.add_argument("email")
        member.add_argument("instance", help=AN_INSTANCE)
        if does is not member_remove:
            member.add_argument("--role", required=True, choices=ROLES)


# Commands that need no database, or bring their own.
ALONE: tuple[Command, ...] = (up, down, clean, demo, doctor, schema, documents, sandbox)


def _process(args: argparse.Namespace) -> "Process | None":
    """As what a command runs, which decides the settings that it needs."""
    needing: dict[Command, Process] = {api: "api", worker: "worker", clock: "clock"}
    needing |= dict.fromkeys((account_add, keys_rotate, import_workflows), "secrets")
    needing |= dict.fromkeys((instances_sync, furnish), "amc")
    on_its_own = args.does is migrate and (args.new or args.models)
    return None if args.does in ALONE or on_its_own else needing.get(args.does, "operator")


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status. None starts with a wrong setting but the doctor."""
    args = parser().parse_args(arguments)
    if args.does not in (up, down, clean, demo, doctor):
        from local.running import adopt_settings

        adopt_settings(args.folder)
    from local.environment import settle

    wrong = [] if args.does in (down, clean) else settle(args, _process(args))
    if wrong and args.does in (api, worker, clock):
        from domain import logs

        logs.refuse(wrong)
    elif wrong and args.does is not doctor:
        print("\n".join(wrong), file=sys.stderr)
    does: Command = args.does
    return 1 if wrong and args.does is not doctor else does(args)


if __name__ == "__main__":
    sys.exit(main())
