"""The five programs of a run: web, worker, beat, and the sandbox's warehouse and ERP."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from celery import Celery

from demo.http import answers
from demo.ports import HOST
from demo.supervisor import Program
from demo.wire_secrets import ERP, WAREHOUSE, wire_secret

BEAT_GRACE = 5.0
WORKER_GRACE = 30.0
"""Seconds; a push that is under way may need its whole deadline."""


@dataclass(frozen=True, slots=True)
class House:
    """Where the programs of one run listen and keep their things."""

    web_port: int
    warehouse_port: int
    erp_port: int
    folder: Path
    broker_url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    auto: float | None = None

    @property
    def web(self) -> str:
        """Where people sign in."""
        return f"http://{HOST}:{self.web_port}"

    @property
    def warehouse(self) -> str:
        """Where the warehouse's clerk works."""
        return f"http://{HOST}:{self.warehouse_port}"

    @property
    def erp(self) -> str:
        """Where the bookkeeper works."""
        return f"http://{HOST}:{self.erp_port}"


def programs_of(house: House) -> list[Program]:
    """List the programs in the order in which they start."""
    return [
        _sandbox(house, WAREHOUSE, house.warehouse_port, house.warehouse),
        _sandbox(house, ERP, house.erp_port, house.erp),
        _web(house),
        _worker(house),
        _beat(house),
    ]


def _web(house: House) -> Program:
    serve = ("-m", "config.serve", "--host", HOST, "--port", str(house.web_port))
    return Program(
        name="web",
        command=(sys.executable, *serve, "--workers", "1", "--threads", "4"),
        is_ready=lambda: answers(f"{house.web}/healthz"),
        environment={**house.environment, "ROLE": "web", "SITE_URL": house.web},
    )


def _worker(house: House) -> Program:
    options = ("--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat")
    return Program(
        name="worker",
        command=(*_CELERY, "worker", *options, "--loglevel", "WARNING"),
        is_ready=lambda: _worker_answers(house.broker_url),
        environment={**_quiet(house), "ROLE": "worker"},
        grace=WORKER_GRACE,
    )


def _beat(house: House) -> Program:
    schedule = house.folder / "beat-schedule"
    return Program(
        name="beat",
        command=(*_CELERY, "beat", "--schedule", str(schedule), "--loglevel", "WARNING"),
        is_ready=lambda: True,
        environment={**_quiet(house), "ROLE": "worker"},
        grace=BEAT_GRACE,
    )


def _sandbox(house: House, code: str, port: int, address: str) -> Program:
    store = house.folder / f"{code}.db"
    where = ("--host", HOST, "--port", str(port), "--throughline", house.web)
    auto = () if house.auto is None else ("--auto", str(house.auto))
    return Program(
        name=code,
        command=(sys.executable, "-m", f"sandbox.{code}", *where, "--store", str(store), *auto),
        is_ready=lambda: answers(f"{address}/healthz"),
        environment={
            "SANDBOX_SECRET_IN": wire_secret(code, "outbound"),
            "SANDBOX_SECRET_OUT": wire_secret(code, "inbound"),
        },
    )


def _worker_answers(broker_url: str) -> bool:
    with Celery(broker=broker_url, set_as_current=False) as broker:
        return bool(broker.control.ping(timeout=0.3))


_CELERY = (sys.executable, "-m", "celery", "-A", "config.celery")


def _quiet(house: House) -> dict[str, str]:
    """Log what matters: a line per second about nothing fills a disk."""
    return {**house.environment, "LOG_LEVEL": "WARNING"}
