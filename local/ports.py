"""Ports of this machine: whether one is free, and which process has it."""

import errno
import socket
from contextlib import suppress
from pathlib import Path

from local.children import command_of

LOOPBACK = ("127.0.0.1", "::1")
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where "any address" is reached
LISTENING = "0A"  # the state "listening" in /proc/net/tcp


def refusal(host: str, port: int) -> OSError | None:
    """Why no server could listen on the port now. None if one could."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(places):
            with socket.socket(family, kind, protocol) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                trial.bind(address)
    except OSError as refused:
        return refused
    return None


def is_free(host: str, port: int) -> bool:
    """True if a server could listen on the port now."""
    return refusal(host, port) is None


def loopback() -> str:
    """The address by which this machine reaches itself: 127.0.0.1, or ::1 without IPv4."""
    return next((one for one in LOOPBACK if is_free(one, 0)), LOOPBACK[0])


def free_port(host: str, *preferred: int) -> int:
    """The first of the preferred ports that is free, else any free port."""
    for port in preferred:
        if is_free(host, port):
            return port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as any_port:
        any_port.bind((host, 0))
        number: int = any_port.getsockname()[1]
        return number


def place(host: str, port: int) -> str:
    """Host and port as they are in a URL, of a server that listens there."""
    host = ANY.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


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
    """What is wrong about a port that cannot be listened on, and what to do."""
    refused = refusal(host, port)
    if isinstance(refused, socket.gaierror):
        return f"There is no host {host}. Correct HOST, such as: make up HOST={loopback()}"
    if refused is not None and refused.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f"{host} is no address of this machine. Use another one: make up HOST={loopback()}"
    if refused is not None and refused.errno == errno.EACCES:
        return (
            f"Port {port} needs rights that this user lacks. Use one above 1023: make up PORT=8000"
        )
    who = holder(port)
    by = f"process {who[0]} ({' '.join(who[1].split())[:80]})" if who else "another process"
    stop = f"Stop it (kill {who[0]})" if who else "Stop it"
    return (
        f"Port {port} of {host} is taken by {by}. {stop}, "
        f"or use another one: make up PORT={port + 1}"
    )
