"""Process supervisor: starts the programs of a run, watches them, and stops them in order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.errors import DemoError

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "EXIT_WITH_PARENT": "1"}
START_TIMEOUT = 120.0
"""Seconds a program may take until it is ready."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program of a run: how to start it, and how to know that it is ready."""

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 10
    """Seconds between SIGTERM and SIGKILL."""


class Supervisor:
    """Runs programs that end with this process, with their output in files."""

    def __init__(self, logs: Path, lock: int) -> None:
        self._logs = logs
        self._lock = lock
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, programs: Iterable[Program]) -> None:
        """Start all of them, then wait until each one is ready."""
        self._logs.mkdir(parents=True, exist_ok=True)
        chosen = list(programs)
        for program in chosen:
            self._launch(program)
        for program in chosen:
            self._await(program)

    def check(self) -> None:
        """Raise an error that names a program that ended, if one did."""
        for name, watchdog in self._running.items():
            if watchdog.poll() is not None:
                raise DemoError(f"The {name} ended: {self._last_log_line(name)}")

    def stop(self) -> None:
        """Stop the programs, the last one started first."""
        while self._running:
            _, watchdog = self._running.popitem()
            watchdog.terminate()
            watchdog.wait()
            if watchdog.stdin:
                watchdog.stdin.close()

    def log_of(self, name: str) -> Path:
        """Return the file that holds a program's output."""
        return self._logs / f"{name}.log"

    def _launch(self, program: Program) -> None:
        watchdog = [sys.executable, "-m", "demo.parent_watchdog", str(program.grace)]
        with self.log_of(program.name).open("wb") as log:
            self._running[program.name] = subprocess.Popen(
                [*watchdog, *program.command],
                cwd=CHECKOUT,
                env={**os.environ, **ENVIRONMENT, **program.environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[self._lock],
            )

    def _await(self, program: Program) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not program.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise DemoError(
                    f"The {program.name} is not ready: {self._last_log_line(program.name)}"
                )
            time.sleep(0.05)

    def _last_log_line(self, name: str) -> str:
        log = self.log_of(name)
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1].strip() if lines else 'its log is empty'} (see {log})"
