"""Web server: ``python -m config.serve --port 8000``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from common.command_line import whole_number
from config import startup_checks
from config.parent_process import exit_with_parent_if_configured


def main(arguments: list[str]) -> None:
    """Serve until stopped; a port in use ends the process with one sentence."""
    options = _options(arguments)
    os.environ["ROLE"] = "web"
    exit_with_parent_if_configured()
    startup_checks.require_port(options.host, options.port)
    _check_settings()
    Granian(
        "config.wsgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        websockets=False,
        workers=options.workers,
        blocking_threads=options.threads,
        backpressure=options.threads * 16,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
        working_dir=Path(__file__).resolve().parent.parent,
    ).serve()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="config.serve", description="Serve Throughline.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=whole_number, default=8000)
    parser.add_argument("--workers", type=whole_number, default=2, help="processes")
    parser.add_argument(
        "--threads", type=whole_number, default=4, help="requests at once per process"
    )
    return parser.parse_args(arguments)


def _check_settings() -> None:
    """Read the settings before any worker does, so that mistakes are reported once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    __import__("config.settings")


if __name__ == "__main__":
    main(sys.argv[1:])
