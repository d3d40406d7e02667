"""Folders of servers: data that stays, and short paths for sockets."""

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
import time
from pathlib import Path

from local.children import CannotStart

STATE = Path("/var/lib/amc-reports")  # owned by root
# Only places have this prefix. Temporary folders of workers and tests have no lock, so they must
# not match it.
PREFIX = "amc-reports-srv-"
LONGEST = 100 - len(f"/{PREFIX}xxxxxxxx/sockets/.s.PGSQL.5432")  # the longest path of a socket
FRESH = 60.0  # seconds for which a new place may have no lock yet


def unprivileged(data: Path | None = None) -> pwd.struct_passwd | None:
    """The user who runs PostgreSQL if we are root, whom it refuses. None if we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        if data and data.exists() and data.stat().st_uid != 0:
            return pwd.getpwuid(data.stat().st_uid)  # made before we were root
        return pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "PostgreSQL does not run as root, and there is no user 'nobody' to run it as. "
            "Run this as an ordinary user, or set DATABASE_URL to a server of your own."
        ) from None


def reachable(path: Path, user: pwd.struct_passwd | None) -> bool:
    """True if this user can enter all folders above `path`."""
    if user is None:
        return True
    return all(_may_pass(folder.stat(), user) for folder in path.resolve().parents)


def _may_pass(folder: os.stat_result, user: pwd.struct_passwd) -> bool:
    if folder.st_uid == user.pw_uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == user.pw_gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def data_folder(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """`folder`/data. It links elsewhere if the server's user cannot reach `folder`."""
    data = folder / "data"
    if reachable(data, user):
        return data.resolve()
    if not data.is_symlink():
        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        data.symlink_to(_state("data", name) / "data")
    return data.resolve()


def within_reach(programs: Path, user: pwd.struct_passwd | None) -> Path:
    """This installation, or a copy of it that the server's user can reach. It is copied once."""
    program = programs / "bin" / "postgres"
    about = program.stat()
    if user is None or (reachable(program, user) and _may_pass(about, user)):
        return programs
    copies = _state("programs")
    copy = copies / f"postgres-{about.st_size}-{int(about.st_mtime)}"
    package = programs.parent
    if not copy.exists():
        half = Path(tempfile.mkdtemp(dir=copies))
        without = shutil.ignore_patterns("include")
        # A wheel keeps its shared libraries beside its package and finds them there.
        for part in (programs, package.with_name(f"{package.name}.libs")):
            if part.exists():
                into = half / part.relative_to(package.parent)
                shutil.copytree(part, into, ignore=without, symlinks=True)
        _open_to_all(half)
        half.rename(copy)
    return copy / package.name / programs.name


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))


def _state(*names: str) -> Path:
    """A folder that root owns and others can enter, whatever root's umask is."""
    folder = STATE
    try:
        for name in ("", *names):
            folder = folder / name
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
    except OSError as error:
        raise CannotStart(
            f"As root, from a folder that others cannot enter, {STATE} is needed for PostgreSQL, "
            f"and it cannot be made: {error.strerror}. Move the project to a folder that others "
            "can enter, run as an ordinary user, or set DATABASE_URL to a server of your own."
        ) from error
    return folder


class Place:
    """A temporary folder with a short path, which is ours while this process lives."""

    def __init__(self) -> None:
        base = _short_base()
        _sweep(base)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        # Locked while this process lives. systemd-tmpfiles respects the lock, too, and would
        # otherwise remove sockets after some days.
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._owner = os.getpid()
        self.path.chmod(0o711)

    def private(self, name: str, user: pwd.struct_passwd | None) -> Path:
        """A folder in this place that only this user can enter."""
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        give(folder, user)
        return folder

    def remove(self) -> None:
        """Remove the place with everything in it."""
        if self._lock >= 0 and self._owner == os.getpid():
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def give(path: Path, user: pwd.struct_passwd | None) -> None:
    """Give a file or folder to this user."""
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)


def _short_base() -> Path:
    chosen = Path(tempfile.gettempdir())
    fits = len(str(chosen)) <= LONGEST and reachable(chosen / "x", unprivileged())
    return chosen if fits else Path("/tmp")  # noqa: S108  # mkdtemp makes it safe


def _sweep(base: Path) -> None:
    """Remove places whose owner was killed. Nobody holds their lock."""
    for left in base.glob(f"{PREFIX}*"):
        try:
            about = left.lstat()
            old = time.time() - about.st_mtime > FRESH
            if about.st_uid != os.geteuid() or not stat.S_ISDIR(about.st_mode) or not old:
                continue
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # removed by somebody else
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)


class Lock:
    """A lock file with the id of the process that holds it. It ends with its process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 200, 0).decode().strip()
            os.close(self._file)
            raise InUse(path, holder) from None
        self.write(str(os.getpid()))

    def write(self, about: str) -> None:
        """Write what other processes read while the lock is held."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, about.encode(), 0)

    def release(self) -> None:
        """Release the lock."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


class InUse(CannotStart):
    """Raised if another process works with this folder."""

    def __init__(self, path: Path, holder: str) -> None:
        self.holder = holder
        who = f"process {holder}" if holder else "another process"
        super().__init__(f"{path.parent} is in use by {who}. Stop it first: kill {holder}".strip())
