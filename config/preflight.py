"""A start that cannot work says so at once, in one sentence."""

from __future__ import annotations

import socket

import psycopg
import redis

from config.environment import give_up

PATIENCE = 3
"""Seconds a server has to answer at the start of a process."""


def require_database(url: str) -> None:
    """End the process unless PostgreSQL answers at ``url``."""
    try:
        psycopg.connect(url, connect_timeout=PATIENCE).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        give_up([f"DATABASE_URL: PostgreSQL cannot be used ({reason})."])


def require_broker(url: str) -> None:
    """End the process unless Redis or Valkey answers at ``url``."""
    broker = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        broker.ping()
    except redis.RedisError as error:
        give_up([f"REDIS_URL: the broker cannot be used ({error})."])
    finally:
        broker.close()


def require_port(host: str, port: int) -> None:
    """End the process when somebody else already listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            give_up([f"Cannot listen on {host}:{port} ({error.strerror})."])
