"""The command line, `amc-reports`. Each command imports the heavy modules that it needs."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # said before anything newer is read
    sys.exit("amc-reports needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import operator_commands
from local.operator_commands import Add, Command, operate

if TYPE_CHECKING:
    from domain.settings import Process

FOLDER = Path(os.environ.get("AMC_REPORTS_FOLDER", ".amc-reports"))


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


def mailbox(args: argparse.Namespace) -> int:
    """Take mails instead of a mail server, and show them on a page. Nothing is delivered."""
    from local import mailbox as catcher

    return catcher.serve(args.folder / "mail", args.at, args.page_port, args.smtp_port)


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
        return operate(operators.checked)
    return operate(lambda: operators.migrated(args.revision))


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


def furnish(_: argparse.Namespace) -> int:
    """Add the local AMC's account, instances and demo users to the database."""
    from local import furnish as demo_data

    return operate(demo_data.furnish)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands and their options."""
    top = argparse.ArgumentParser(prog="amc-reports", description=__doc__)
    add = _adding(top.add_subparsers(title="commands", metavar="COMMAND", required=True))
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
    operator_commands.arguments(add)
    return top


def _adding(commands: Any) -> Add:
    """What adds a command. The second word of a name, such as `account add`, is below the first."""
    nouns: dict[str, Any] = {}

    def add(name: str, does: Command) -> argparse.ArgumentParser:
        noun, _, verb = name.partition(" ")
        if verb and noun not in nouns:
            known = commands.add_parser(noun, help=operator_commands.NOUNS[noun])
            nouns[noun] = known.add_subparsers(metavar="COMMAND", required=True)
        among = nouns[noun] if verb else commands
        made = among.add_parser(verb or noun, help=does.__doc__, description=does.__doc__)
        made.set_defaults(does=does, command=name)
        made.add_argument(
            "--folder", type=Path, default=FOLDER, help=f"folder of the data; defaults to {FOLDER}"
        )
        return made  # type: ignore[no-any-return]

    return add


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
    catching = add("mailbox", mailbox)
    catching.add_argument("--at", default="127.0.0.1", help="the address; defaults to 127.0.0.1")
    catching.add_argument("--page-port", type=int, default=8025, help="defaults to 8025")
    catching.add_argument("--smtp-port", type=int, default=1025, help="defaults to 1025")
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


# Commands that need no database, or bring their own.
ALONE: tuple[Command, ...] = (
    *(up, down, clean, demo, doctor, schema, documents, sandbox, mailbox),
)


def _process(args: argparse.Namespace) -> "Process | None":
    """As what a command runs, which decides the settings that it needs."""
    needing: dict[Command, Process] = {api: "api", worker: "worker", clock: "clock"}
    needing |= {furnish: "amc"}
    needing |= operator_commands.NEEDS
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
    from domain.viewer import OPERATION

    OPERATION.set(args.command)
    does: Command = args.does
    return 1 if wrong and args.does is not doctor else does(args)


if __name__ == "__main__":
    sys.exit(main())
