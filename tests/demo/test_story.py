"""The story and demo commands, as real processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psutil
import psycopg
import pytest
from django.conf import settings

from demo.ports import HOST, PortRequest, choose_ports
from demo.supervisor import CHECKOUT
from demo.temporary_database import database_name_for, temporary_database

TIMEOUT = 480.0
"""Seconds; on an idle machine they take a tenth of that."""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts one of our commands in a folder of its own, on the tests' servers."""
    running: list[subprocess.Popen[str]] = []

    def launch(*command: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "DATABASE_URL": settings.DATABASE_URL,
                "REDIS_URL": settings.REDIS_URL,
                "THROUGHLINE_VAR": str(tmp_path / "var"),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        return process

    yield launch
    for process in running:
        process.kill()
        process.communicate()


def test_takes_one_lead_to_its_official_invoice_number(start: Start) -> None:
    story = start("story")

    out, errors = story.communicate(timeout=TIMEOUT)

    assert (story.returncode, errors) == (0, "")
    steps = out.splitlines()
    assert [line[:3] for line in steps[:-1]] == [f"{number:>2}." for number in range(1, 19)]
    assert "Quote Q-" in steps[5]
    assert "Supply chain entered SO-000001" in steps[16]
    assert "Order AW-O-" in steps[17]
    assert all("http://127.0.0.1:" in line for line in steps[:-1])
    assert re.match(r"official invoice number SI-\d{4}-000001 ", steps[-1])


def test_leaves_no_database_and_no_process_behind(start: Start, tmp_path: Path) -> None:
    story = start("story")
    wait_for(story.stdout, "Signed in as")
    programs = psutil.Process(story.pid).children(recursive=True)

    story.send_signal(signal.SIGTERM)
    out, _ = story.communicate(timeout=60)

    assert story.returncode == 130
    assert out.endswith("Stopped.\n")
    assert len(programs) >= 10
    assert not [program for program in programs if lives(program)]
    name = database_name_for("throughline_story", tmp_path / "var" / "story")
    with psycopg.connect(settings.DATABASE_URL) as server:
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        assert known.fetchone() is None


def test_starts_again_on_the_same_ports_after_a_kill(start: Start) -> None:
    web, *others = choose_ports([PortRequest("", None, 0) for _ in range(4)])
    names = ("warehouse", "erp", "supply")
    ports = [f"--{name}-port={port}" for name, port in zip(names, others, strict=True)]
    ports.append(f"--port={web}")
    with temporary_database("throughline_demo_test") as database:
        first = start("demo", "--no-story", *ports, DATABASE_URL=database)
        wait_for(first.stdout, "Ctrl-C stops everything")
        first.send_signal(signal.SIGKILL)
        first.wait()

        second = start("demo", "--no-story", *ports, DATABASE_URL=database)
        wait_for(second.stdout, "The sample data is already there.")
        wait_for(second.stdout, "Ctrl-C stops everything")
        with urllib.request.urlopen(f"http://{HOST}:{web}/accounts/login/") as answer:
            assert answer.status == 200

        second.send_signal(signal.SIGTERM)
        out, errors = second.communicate(timeout=60)
        assert (second.returncode, out, errors) == (0, "\nStopping.\nStopped.\n", "")


def test_refuses_a_port_that_is_taken_in_one_sentence(start: Start) -> None:
    with socket.create_server((HOST, 0)) as holder:
        port = holder.getsockname()[1]
        demo = start("demo", "--port", str(port))
        out, errors = demo.communicate(timeout=TIMEOUT)

    assert (demo.returncode, out) == (1, "")
    assert errors == (
        f"throughline: Port {port} is taken or forbidden; "
        "choose another with --port (make demo PORT=8010).\n"
    )


@pytest.mark.parametrize("command", ["demo", "story", "sample_data"])
def test_refuses_production(start: Start, command: str) -> None:
    refused = start(command, DEBUG="false")

    out, errors = refused.communicate(timeout=TIMEOUT)

    assert (refused.returncode, out) == (1, "")
    assert "need DEBUG=true: they are not for production" in errors


def wait_for(output: IO[str] | None, text: str) -> None:
    """Read lines until one contains the text."""
    assert output is not None
    read = []
    for line in output:
        read.append(line)
        if text in line:
            return
    pytest.fail(f"There was no {text!r}: {''.join(read)}")


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
