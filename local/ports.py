"""Ports of this machine: whether one is free, and which process has it."""

import socket
from contextlib import suppress
from pathlib import Path

from local.children import command_of

LISTENING = "0A"  # the state "listening" in /proc/net/tcp


def is_free(host: str, port: int) -> bool:
    """True if a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str, *preferred: int) -> int:
    """The first of the preferred ports that is free, else any free port."""
    for port in preferred:
        if is_free(host, port):
            return port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as any_port:
        any_port.bind((host, 0))
        number: int = any_port.getsockname()[1]
        return number


def holder(port: int) -> tuple[int, str] | None:
    """Process id and command of the process that listens on the port, if they are visible."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for link in Path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        with suppress(OSError):
            if str(link.readlink()) in sockets:
                pid = int(link.parts[2])
                return pid, command_of(pid)
    return None


def _listening(port: int) -> list[str]:
    """Inodes of the sockets that listen on the port."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                local, state, inode = fields[1], fields[3], fields[9]
                if state == LISTENING and int(local.rpartition(":")[2], 16) == port:
                    found.append(inode)
    return found


def advice(host: str, port: int) -> str:
    """What is wrong about a port that is taken, and what to do."""
    who = holder(port)
    by = f"process {who[0]} ({' '.join(who[1].split())[:80]})" if who else "another process"
    stop = f"Stop it (kill {who[0]})" if who else "Stop it"
    return (
        f"Port {port} of {host} is taken by {by}. {stop}, "
        f"or use another one: make up PORT={port + 1}"
    )
