"""Processes for tests: the sandbox's systems, and Celery workers."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

from demo.registration import register_connection
from tests.fulfilment.conftest import HOOK

ROOT = Path(__file__).resolve().parents[2]
LISTENS = re.compile(r"http://127\.0\.0\.1:(\d+)/")
PATIENCE = 60.0


@dataclass
class Sandbox:
    """One system of the sandbox, with requests to its pages and to its fault control."""

    port: int

    def ask(self, method: str, path: str, value: Any = None) -> Any:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(link):
            link.request(method, path, json.dumps(value) if value is not None else None)
            answer = link.getresponse()
            text = answer.read().decode()
            assert answer.status < 300, text
            return json.loads(text)

    def ledger(self) -> list[tuple[str, int, int]]:
        """Type, deliveries and effects of every message received."""
        rows = self.ask("GET", "/ledger")
        return [(row["type"], row["deliveries"], row["effects"]) for row in rows]


def eventually(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"Waited {seconds:g} s in vain for {what}.")


def running(*command: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def drain_output(process: subprocess.Popen[str]) -> None:
    """Read a process's output to the end: a process blocks when its pipe is full."""
    subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def secret(text: str) -> str:
    return "whsec_" + base64.b64encode(text.ljust(32, ".").encode()).decode()


@contextmanager
def sandbox(
    name: str, events: list[str], throughline: str, folder: Path, **settings_of_connection: Any
) -> Iterator[Sandbox]:
    """Start one system of the sandbox and connect it both ways, with settings of a connection."""
    ours, theirs = secret(f"to {name}"), secret(f"from {name}")
    process = running(
        "-m",
        f"sandbox.{name}",
        "--port=0",
        f"--store={folder / name}.db",
        f"--throughline={throughline}",
        environment={"SANDBOX_SECRET_IN": ours, "SANDBOX_SECRET_OUT": theirs},
    )
    assert process.stdout is not None
    listens = LISTENS.search(process.stdout.readline())
    assert listens is not None
    port = int(listens.group(1))
    drain_output(process)
    register_connection(
        name,
        name=name.title() if name != "erp" else "ERP",
        url=f"http://127.0.0.1:{port}{HOOK}",
        event_types=events,
        reports_as=[name],
        secret_out=ours,
        secret_in=theirs,
        **settings_of_connection,
    )
    try:
        yield Sandbox(port)
    finally:
        stop(process)


def database_url() -> str:
    """The address of the tests' own database."""
    place = connection.get_connection_params()
    names = {"host": "host", "port": "port", "user": "user", "password": "password"}
    query = {name: place[key] for name, key in names.items() if place.get(key)}
    return f"postgresql:///{place['dbname']}?{urlencode(query)}"


def worker_environment() -> dict[str, str]:
    """Settings of a process that works on the tests' database and broker."""
    return {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}


@contextmanager
def celery_worker(schedule: Path) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker with beat, as in production: the sweep makes up for a lost wake-up."""
    options = ("--concurrency=2", "--without-gossip", "--without-mingle", "--without-heartbeat")
    beat = ("--beat", f"--schedule={schedule}")
    process = running(
        *("-m", "celery", "-A", "config.celery", "worker", *options, *beat, "--loglevel=INFO"),
        environment=worker_environment() | {"ROLE": "worker"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "ready." in line:
            break
    else:
        raise AssertionError("The worker did not start.")
    drain_output(process)
    try:
        yield process
    finally:
        stop(process)
