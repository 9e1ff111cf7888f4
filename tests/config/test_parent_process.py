"""Parent process: a child ends once the process that started it is gone."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import os, time
from config.parent_process import exit_with_parent_if_configured
exit_with_parent_if_configured()
print(os.getpid(), flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", sys.argv[1]]).wait()
"""


def start_family(**environment: str) -> tuple[subprocess.Popen[str], psutil.Process]:
    """Start a parent and its child."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    return parent, psutil.Process(int(parent.stdout.readline()))


def test_a_configured_child_ends_when_its_parent_is_killed() -> None:
    parent, child = start_family(EXIT_WITH_PARENT="1")

    parent.send_signal(signal.SIGKILL)

    parent.communicate(timeout=10)
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_another_child_keeps_running() -> None:
    parent, child = start_family()

    parent.send_signal(signal.SIGKILL)

    gone, [left] = psutil.wait_procs([child], timeout=1.5)
    assert (gone, left.is_running()) == ([], True)
    left.kill()
    parent.communicate(timeout=10)
