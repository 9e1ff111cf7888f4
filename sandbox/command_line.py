"""Command line of the sandbox systems: options and start."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from sandbox.cloudevents import first_keys
from sandbox.endpoints import Settings
from sandbox.errors import CannotStart

Build = Callable[[argparse.Namespace, Settings], web.Application]


def parser(name: str, connection: str, port: int) -> argparse.ArgumentParser:
    """Describe the options that all systems share."""
    options = argparse.ArgumentParser(
        prog=f"python -m sandbox.{connection}",
        description=f"A small {name} that exchanges messages with Throughline.",
    )
    options.set_defaults(name=name, connection=connection)
    options.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options.add_argument("--port", type=whole_number, default=port, help="0 takes any free port")
    options.add_argument("--store", type=Path, required=True, help="SQLite file of the data")
    options.add_argument("--throughline", default="http://127.0.0.1:8000", help="URL to report to")
    options.add_argument("--secret-in", help="verifies incoming messages; or SANDBOX_SECRET_IN")
    options.add_argument("--secret-out", help="signs outgoing reports; or SANDBOX_SECRET_OUT")
    options.add_argument(
        "--auto", type=_seconds, metavar="SECONDS", help="run automatically, a step this often"
    )
    return options


def whole_number(text: str) -> int:
    """Read a whole number; refuse 1_0."""
    return int(_plain(text))


def _seconds(text: str) -> float:
    return float(_plain(text))


def _plain(text: str) -> str:
    """Refuse 1_0, which Python reads as 10."""
    if "_" in text:
        raise argparse.ArgumentTypeError(f"“{text}” is not a number.")
    return text


def main(options: argparse.ArgumentParser, build: Build) -> int:
    """Serve until stopped; an error at the start is printed in one sentence."""
    arguments = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        with _listen(arguments.host, arguments.port) as listener:
            app = build(arguments, _settings(arguments))
            _serve(app, listener, arguments.name)
    except CannotStart as error:
        sys.stderr.write(f"The {arguments.name} cannot start: {error}\n")
        return 1
    return 0


def _settings(arguments: argparse.Namespace) -> Settings:
    if arguments.auto is not None and not 0 <= arguments.auto <= 3600:
        raise CannotStart("--auto must be from 0 to 3600 seconds.")
    base = arguments.throughline.rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise CannotStart("--throughline must be an http:// or https:// address.")
    environment = os.environ
    secrets_in = [arguments.secret_in, environment.get("SANDBOX_SECRET_IN")]
    secrets_out = [arguments.secret_out, environment.get("SANDBOX_SECRET_OUT")]
    return Settings(
        intake_url=f"{base}/api/v1/intake/{arguments.connection}",
        keys_in=first_keys(secrets_in, "--secret-in (or SANDBOX_SECRET_IN)"),
        keys_out=first_keys(secrets_out, "--secret-out (or SANDBOX_SECRET_OUT)"),
        auto_seconds=arguments.auto,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=512)
    except OverflowError as error:
        raise CannotStart(f"--port {port} is not a port.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            detail = f"port {port} on {host} is taken by another program; choose one with --port."
            raise CannotStart(detail) from error
        raise CannotStart(f"it may not listen on {host}:{port}: {error.strerror}.") from error


def _serve(app: web.Application, listener: socket.socket, name: str) -> None:
    host, port = listener.getsockname()[:2]
    sys.stdout.write(f"The {name} listens on http://{host}:{port}/\n")
    sys.stdout.flush()
    web.run_app(app, sock=listener, print=None, access_log=None, shutdown_timeout=3)
