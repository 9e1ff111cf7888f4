"""Startup checks: a process that cannot work ends at once, with one sentence."""

from __future__ import annotations

import socket

import psycopg
import redis

from config.environment import exit_with_errors

TIMEOUT_SECONDS = 3
"""How long a server may take to answer at the start of a process."""


def require_database(url: str) -> None:
    """End the process unless PostgreSQL answers at ``url``."""
    try:
        psycopg.connect(url, connect_timeout=TIMEOUT_SECONDS).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        exit_with_errors([f"DATABASE_URL: PostgreSQL cannot be used ({reason})."])


def require_broker(url: str) -> None:
    """End the process unless Redis or Valkey answers at ``url``."""
    broker = redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    try:
        broker.ping()
    except redis.RedisError as error:
        exit_with_errors([f"REDIS_URL: the broker cannot be used ({error})."])
    finally:
        broker.close()


def require_port(host: str, port: int) -> None:
    """End the process if another one listens on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            exit_with_errors([f"Cannot listen on {host}:{port} ({error.strerror})."])
