"""Startup with a right and with a wrong environment."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from config.local_settings import write_local_settings

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start a process in an environment of its own, as in production but for the given changes."""
    given = {
        "PATH": os.environ["PATH"],
        "THROUGHLINE_ENV": os.devnull,
        "THROUGHLINE_VAR": str(tmp_path / "var"),
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST",
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": settings.DATABASE_URL,
        "REDIS_URL": settings.REDIS_URL,
        "ALLOWED_HOSTS": "crm.example.com",
        "SITE_URL": "https://crm.example.com",
    }

    def run(*command: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        environment = {**given, **changes}
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={name: value for name, value in environment.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_production_start_has_no_warnings(start: Start) -> None:
    done = start("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert (done.returncode, done.stderr) == (0, "")


def test_with_both_addresses_given_nothing_is_started(start: Start, tmp_path: Path) -> None:
    done = start("manage.py", "check")

    assert done.returncode == 0
    assert not (tmp_path / "var").exists()


def test_names_every_mistake_at_once(start: Start) -> None:
    done = start(
        "manage.py",
        "check",
        SECRET_KEY="guessable",
        FIELD_ENCRYPTION_KEYS="short",
        DATABASE_URL="mysql://localhost/crm",
        REDIS_URL="amqp://localhost",
        DEBUG="maybe",
        TIME_ZONE="Mars/Olympus",
        COMPANY_CURRENCY="EURO",
        COMPANY_COUNTRY="Germany",
        SITE_URL="crm.example.com",
        DATABASE_POOL_SIZE="0",
        EMAIL_PORT="2_5",
        OUTBOUND_NETWORKS="10.0.0.0/8,not-a-net",
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "throughline: COMPANY_COUNTRY: Germany is not an ISO 3166 country code.",
        "throughline: COMPANY_CURRENCY: EURO is not an ISO 4217 currency code.",
        "throughline: DATABASE_POOL_SIZE: must be 1 or more.",
        "throughline: DATABASE_URL: must begin with postgresql://.",
        "throughline: DEBUG: Not a valid boolean.",
        "throughline: EMAIL_PORT: Not a valid integer.",
        "throughline: FIELD_ENCRYPTION_KEYS: every key must be 32 url-safe base64 bytes.",
        "throughline: OUTBOUND_NETWORKS: not-a-net is not a network like 10.0.0.0/8.",
        "throughline: REDIS_URL: must begin with redis:// or rediss://.",
        "throughline: SECRET_KEY: needs at least 50 random characters.",
        "throughline: SITE_URL: must look like https://crm.example.com.",
        "throughline: TIME_ZONE: Mars/Olympus is not a time zone.",
    ]


def test_names_what_is_missing_and_starts_no_private_server_in_production(
    start: Start, tmp_path: Path
) -> None:
    done = start(
        "manage.py",
        "check",
        SECRET_KEY=None,
        FIELD_ENCRYPTION_KEYS=None,
        DATABASE_URL=None,
        REDIS_URL=None,
    )

    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "DATABASE_URL",
        "FIELD_ENCRYPTION_KEYS",
        "REDIS_URL",
        "SECRET_KEY",
    ]
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "migrate"),
        ("-m", "config.serve", "--port", "0"),
        ("-m", "celery", "-A", "config.celery", "worker"),
    ],
    ids=["manage.py", "web", "worker"],
)
def test_reports_an_unreachable_database_in_one_sentence(
    command: tuple[str, ...], start: Start
) -> None:
    done = start(*command, DATABASE_URL="postgresql://rep:secret@127.0.0.1:9/crm")

    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("throughline: DATABASE_URL: PostgreSQL cannot be used (")
    assert "127.0.0.1" in line
    assert "secret" not in line


def test_a_worker_reports_a_missing_broker(start: Start) -> None:
    done = start(
        *("-m", "celery", "-A", "config.celery", "worker"), REDIS_URL="redis://127.0.0.1:9/0"
    )

    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("throughline: REDIS_URL: the broker cannot be used (")


def test_the_web_role_starts_without_its_broker(start: Start, tmp_path: Path) -> None:
    (tmp_path / "var" / "static").mkdir(parents=True)

    done = start("-c", "import config.wsgi", ROLE="web", REDIS_URL="redis://127.0.0.1:9/0")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("changes", "networks"),
    [
        ({}, []),
        ({"DEBUG": "true"}, ["127.0.0.0/8", "::1/128"]),
        ({"OUTBOUND_NETWORKS": "10.0.0.0/8,fd00::/8"}, ["10.0.0.0/8", "fd00::/8"]),
    ],
)
def test_allows_private_networks_only_by_the_environment(
    start: Start, changes: dict[str, str], networks: list[str]
) -> None:
    done = start("-c", "from config import settings as s; print(s.OUTBOUND_NETWORKS)", **changes)

    assert done.stdout == f"{networks}\n"


def test_only_the_web_role_pools_its_connections(start: Start) -> None:
    code = (
        "from config import settings as s; d = s.DATABASES['default'];"
        "print('pool' in d['OPTIONS'], d['CONN_MAX_AGE'])"
    )

    assert start("-c", code, ROLE="web").stdout == "True 0\n"
    assert start("-c", code, ROLE="worker").stdout == "False 60\n"


SHOW_SERVER_SETTINGS = (
    "import django; django.setup(); from django.db import connection as c; k = c.cursor()\n"
    "for name in ('join_collapse_limit', 'jit', 'idle_in_transaction_session_timeout'):\n"
    "    k.execute(f'SHOW {name}'); print(*k.fetchone())"
)


@pytest.mark.parametrize(
    ("role", "limit", "timeout"),
    [("web", "1", "30s"), ("worker", "1", "30s"), ("relay", "1", "30s"), ("command", "8", "0")],
)
def test_only_servers_join_in_the_written_order_and_give_their_locks_up(
    start: Start, role: str, limit: str, timeout: str
) -> None:
    settings = {"ROLE": role, "DJANGO_SETTINGS_MODULE": "config.settings"}

    done = start("-c", SHOW_SERVER_SETTINGS, **settings)

    assert (done.returncode, done.stdout) == (0, f"{limit}\noff\n{timeout}\n")


def test_what_the_address_of_the_database_sets_counts(start: Start) -> None:
    url: str = settings.DATABASE_URL
    options = quote("-c idle_in_transaction_session_timeout=2s")

    done = start(
        "-c",
        SHOW_SERVER_SETTINGS,
        ROLE="worker",
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=f"{url}{'&' if '?' in url else '?'}options={options}",
    )

    assert (done.returncode, done.stdout) == (0, "1\noff\n2s\n")


def test_reads_a_secret_from_a_file(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    file.write_text("f" * 10 + "ileileileileileileileileileileileileileileileilefilE\n")

    done = start(
        "-c",
        "from config import settings; print(settings.SECRET_KEY)",
        SECRET_KEY=None,
        SECRET_KEY_FILE=str(file),
    )

    assert done.stdout == file.read_text()


def test_writes_fresh_keys_for_its_owner_only_and_only_once(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"

    assert write_local_settings(first)
    assert write_local_settings(second)
    written = first.read_text()

    assert first.stat().st_mode & 0o777 == 0o600
    assert written != second.read_text()
    assert not write_local_settings(first)
    assert first.read_text() == written


def test_every_variable_is_documented() -> None:
    tree = ast.parse((ROOT / "config" / "settings.py").read_text())
    read = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    documented = (ROOT / "docs" / "settings.md").read_text()

    assert len(read) > 20
    assert [name for name in sorted(map(str, read)) if f"`{name}`" not in documented] == []
