"""The seven programs of a run: web, worker, beat, relay, and the three systems of the sandbox."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from celery import Celery

from demo.connections import Addresses
from demo.http import is_healthy
from demo.ports import HOST
from demo.signing_secrets import ERP, SUPPLY, WAREHOUSE, signing_secret
from demo.supervisor import Program

CELERY = (sys.executable, "-m", "celery", "-A", "config.celery")
BEAT_GRACE = 5.0
WORKER_GRACE = 30.0
"""Seconds; a delivery in progress may need its whole deadline."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The ports, the folder and the environment of the programs of one run."""

    web_port: int
    warehouse_port: int
    erp_port: int
    supply_port: int
    folder: Path
    broker_url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    auto: float | None = None

    @property
    def web(self) -> str:
        """URL of the browser UI."""
        return f"http://{HOST}:{self.web_port}"

    @property
    def warehouse(self) -> str:
        """URL of the warehouse."""
        return f"http://{HOST}:{self.warehouse_port}"

    @property
    def erp(self) -> str:
        """URL of the ERP."""
        return f"http://{HOST}:{self.erp_port}"

    @property
    def supply(self) -> str:
        """URL of the supply-chain system."""
        return f"http://{HOST}:{self.supply_port}"


def addresses_of(deployment: Deployment) -> Addresses:
    """Return the URLs that Throughline sends to."""
    return Addresses(deployment.warehouse, deployment.erp, deployment.supply)


def programs_for(deployment: Deployment) -> list[Program]:
    """List the programs in the order in which they start."""
    return [
        _sandbox(deployment, WAREHOUSE, deployment.warehouse_port, deployment.warehouse),
        _sandbox(deployment, ERP, deployment.erp_port, deployment.erp),
        _sandbox(deployment, SUPPLY, deployment.supply_port, deployment.supply),
        _web(deployment),
        _worker(deployment),
        _beat(deployment),
        _relay(deployment),
    ]


def _web(deployment: Deployment) -> Program:
    serve = ("-m", "config.serve", "--host", HOST, "--port", str(deployment.web_port))
    return Program(
        name="web",
        command=(sys.executable, *serve, "--workers", "1", "--threads", "4"),
        is_ready=lambda: is_healthy(f"{deployment.web}/healthz"),
        environment={**deployment.environment, "ROLE": "web", "SITE_URL": deployment.web},
    )


def _worker(deployment: Deployment) -> Program:
    options = ("--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat")
    return Program(
        name="worker",
        command=(*CELERY, "worker", *options, "--loglevel", "WARNING"),
        is_ready=lambda: _worker_responds(deployment.broker_url),
        environment={**_with_less_logging(deployment), "ROLE": "worker"},
        grace=WORKER_GRACE,
    )


def _beat(deployment: Deployment) -> Program:
    schedule = deployment.folder / "beat-schedule"
    return Program(
        name="beat",
        command=(*CELERY, "beat", "--schedule", str(schedule), "--loglevel", "WARNING"),
        is_ready=lambda: True,
        environment={**_with_less_logging(deployment), "ROLE": "worker"},
        grace=BEAT_GRACE,
    )


def _relay(deployment: Deployment) -> Program:
    return Program(
        name="relay",
        command=(sys.executable, "manage.py", "relay"),
        is_ready=lambda: True,
        environment=_with_less_logging(deployment),
        grace=WORKER_GRACE,
    )


def _sandbox(deployment: Deployment, code: str, port: int, address: str) -> Program:
    store = deployment.folder / f"{code}.db"
    where = ("--host", HOST, "--port", str(port), "--throughline", deployment.web)
    auto = () if deployment.auto is None else ("--auto", str(deployment.auto))
    return Program(
        name=code,
        command=(sys.executable, "-m", f"sandbox.{code}", *where, "--store", str(store), *auto),
        is_ready=lambda: is_healthy(f"{address}/healthz"),
        environment={
            "SANDBOX_SECRET_IN": signing_secret(code, "outbound"),
            "SANDBOX_SECRET_OUT": signing_secret(code, "inbound"),
        },
    )


def _worker_responds(broker_url: str) -> bool:
    with Celery(broker=broker_url, set_as_current=False) as broker:
        return bool(broker.control.ping(timeout=0.3))


def _with_less_logging(deployment: Deployment) -> dict[str, str]:
    """Log warnings only: beat would write a line per second."""
    return {**deployment.environment, "LOG_LEVEL": "WARNING"}
