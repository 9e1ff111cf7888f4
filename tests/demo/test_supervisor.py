"""Process supervisor, run lock and ports of the demo."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from demo.errors import DemoError
from demo.ports import HOST, PortRequest, choose_ports
from demo.run_lock import run_lock
from demo.supervisor import CHECKOUT, Program, Supervisor

LISTENER = """
import os, socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
if os.fork() == 0:
    time.sleep(600)
print("listening", flush=True)
time.sleep(600)
"""
"""Holds a port, and so does a child of its own that nobody stops."""

RUN = """
import sys, time
from pathlib import Path
from demo.run_lock import run_lock
from demo.supervisor import Program, Supervisor
with run_lock(Path(sys.argv[1]), "The test") as lock, Supervisor(Path(sys.argv[1]), lock) as run:
    command = (sys.executable, "-c", sys.argv[2], sys.argv[3])
    log = run.log_of("listener")
    run.start([Program("listener", command, lambda: "listening" in log.read_text())])
    print("started", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def port() -> int:
    """A port that is free."""
    return choose_ports([PortRequest("--port", None, 0)])[0]


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a run of one program that holds the port."""
    runs: list[subprocess.Popen[str]] = []

    def launch() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", RUN, str(tmp_path), LISTENER, str(port)]
        run = subprocess.Popen(
            command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        runs.append(run)
        return run

    yield launch
    for run in runs:
        run.kill()
        run.communicate()


def first_line(run: subprocess.Popen[str]) -> str:
    assert run.stdout is not None
    return run.stdout.readline().strip()


def test_lets_no_program_outlive_a_killed_run(
    start: Callable[[], subprocess.Popen[str]], port: int
) -> None:
    run = start()
    assert first_line(run) == "started"

    run.send_signal(signal.SIGKILL)
    run.wait()

    assert becomes_free(port)


def test_starts_again_right_after_a_kill(
    start: Callable[[], subprocess.Popen[str]], port: int
) -> None:
    first = start()
    assert first_line(first) == "started"
    first.send_signal(signal.SIGKILL)
    first.wait()

    second = start()

    assert first_line(second) == "started"


def test_refuses_a_second_run_while_one_lives(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    run = start()
    assert first_line(run) == "started"

    with (
        pytest.raises(DemoError, match=rf"The test runs already \(process {run.pid}\)"),
        run_lock(tmp_path, "The test"),
    ):
        pytest.fail("two runs at once")


def test_stops_the_whole_process_group_of_a_program(tmp_path: Path, port: int) -> None:
    others = set(psutil.Process().children())
    with run_lock(tmp_path, "The test") as lock, Supervisor(tmp_path, lock) as run:
        run.start([listener(run, port)])
        [watchdog] = set(psutil.Process().children()) - others
        family = watchdog.children(recursive=True)
        assert len(family) == 2

    assert psutil.wait_procs((watchdog, *family), timeout=5)[1] == []
    assert becomes_free(port)


def test_reports_the_last_log_line_of_a_program_that_ended(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; print('no paper'); sys.exit(3)")
    broken = Program("printer", command, lambda: False)

    with (
        pytest.raises(DemoError, match=r"The printer ended: no paper \(see .*printer\.log\)"),
        run_lock(tmp_path, "The test") as lock,
        Supervisor(tmp_path, lock) as run,
    ):
        run.start([broken])


def test_kills_a_program_that_ignores_sigterm(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    command = (sys.executable, "-c", f"{stubborn}; print('stubborn', flush=True); time.sleep(600)")
    with run_lock(tmp_path, "The test") as lock, Supervisor(tmp_path, lock) as run:
        ready = run.log_of("stubborn").read_text
        run.start([Program("stubborn", command, lambda: "stubborn" in ready(), grace=0.2)])
        stopped_at = time.monotonic()

    assert time.monotonic() - stopped_at < 5


def test_refuses_a_requested_port_that_is_taken(port: int) -> None:
    with socket.create_server((HOST, port)), pytest.raises(DemoError) as refusal:
        choose_ports([PortRequest("--port", port, 8000)])

    assert str(refusal.value) == (f"Port {port} is taken or forbidden; choose another with --port.")


def test_refuses_the_default_port_if_taken_and_names_the_option(port: int) -> None:
    with socket.create_server((HOST, port)), pytest.raises(DemoError, match="choose another with"):
        choose_ports([PortRequest("--port", None, port)])


def test_chooses_no_port_twice() -> None:
    chosen = choose_ports([PortRequest("", None, 0) for _ in range(5)])

    assert len(set(chosen)) == 5


def listener(run: Supervisor, port: int) -> Program:
    command = (sys.executable, "-c", LISTENER, str(port))
    return Program("listener", command, lambda: "listening" in run.log_of("listener").read_text())


def becomes_free(port: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_server((HOST, port)):
            return True
        time.sleep(0.05)
    return False
