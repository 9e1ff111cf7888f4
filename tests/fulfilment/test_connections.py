"""Connections: registration, pause and resume, rotation of secrets."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from common.errors import IllegalTransition
from fulfilment.models import Connection, Handoff, Health, Secret
from fulfilment.outbound.drain import drain
from fulfilment.services.connections import (
    InvalidConnection,
    live_secrets,
    pause_connection,
    register_connection,
    resume_connection,
    rotate_secret,
)
from tests.factories import Market
from tests.fulfilment.conftest import SECRET_IN, SECRET_OUT, FarEnd, submitted_order

State = Handoff.State


def erp_connection(**changes: Any) -> Connection:
    """Register the connection to an ERP."""
    options = {
        "name": "ERP",
        "url": "https://erp.example/hooks",
        "event_types": ["invoice.issued"],
        "secret_out": SECRET_OUT,
        "secret_in": SECRET_IN,
    }
    return register_connection("erp", **(options | changes))


def break_down(connection: Connection, status: Connection.Status) -> None:
    """Open the circuit breaker and set a status that only an operator can repair."""
    Connection.objects.filter(pk=connection.pk).update(status=status)
    Health.objects.filter(connection=connection).update(
        breaker=Health.Breaker.OPEN,
        openings=3,
        not_before=timezone.now() + dt.timedelta(minutes=1),
    )


def state_of(connection: Connection) -> tuple[str, str, int, dt.datetime | None]:
    """Status and circuit breaker as they are stored."""
    stored = Connection.objects.select_related("health").get(pk=connection.pk)
    health = stored.health
    return stored.status, health.breaker, health.openings, health.not_before


@pytest.mark.django_db
def test_registers_a_connection_once_however_often_it_is_asked() -> None:
    first, again = erp_connection(), erp_connection()

    assert first == again
    assert Secret.objects.count() == 2
    assert live_secrets(first, Secret.Purpose.OUTBOUND) == [SECRET_OUT]


@pytest.mark.django_db
def test_keeps_the_old_secret_valid_for_a_day_after_a_rotation() -> None:
    erp = erp_connection()

    new = rotate_secret(erp, Secret.Purpose.INBOUND)

    assert live_secrets(erp, Secret.Purpose.INBOUND) == [new, SECRET_IN]
    Secret.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now())
    assert live_secrets(erp, Secret.Purpose.INBOUND) == [new]
    assert live_secrets(erp, Secret.Purpose.OUTBOUND) == [SECRET_OUT]


def test_queues_while_paused_and_delivers_when_resumed(market: Market, warehouse: FarEnd) -> None:
    pause_connection(warehouse.connection)
    submitted_order(market)
    assert drain() == 0
    assert Handoff.objects.get().state == State.QUEUED

    resume_connection(warehouse.connection)
    drain()

    assert Handoff.objects.get().state == State.ACCEPTED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"allowed_networks": ["10.0.0.0/40"]}, "“10.0.0.0/40” is not a network like 10.0.0.0/8."),
        ({"secret_in": "whsec_AAAA"}, "whsec_"),
    ],
)
def test_refuses_a_wrong_network_or_secret_and_registers_nothing(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidConnection, match=message):
        erp_connection(**changes)

    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_closes_the_circuit_breaker_when_the_address_is_corrected() -> None:
    erp = erp_connection()
    break_down(erp, Connection.Status.GONE)
    before = state_of(erp)

    erp_connection()
    assert state_of(erp) == before
    erp_connection(url="https://erp.example/new")

    assert state_of(erp) == ("active", "closed", 0, None)


@pytest.mark.django_db
def test_keeps_a_replaced_secret_valid_for_a_day() -> None:
    other = "whsec_YW5vdGhlci1zZWNyZXQtb2YtdGhlLXRlc3RzLW9mLWl0"
    erp = erp_connection()

    erp_connection(secret_in=other)

    assert live_secrets(erp, Secret.Purpose.INBOUND) == [other, SECRET_IN]
    assert Secret.objects.filter(expires_at__isnull=True).count() == 2


@pytest.mark.django_db
def test_refuses_to_pause_what_is_disabled() -> None:
    erp = erp_connection(status=Connection.Status.DISABLED)

    with pytest.raises(IllegalTransition, match="ERP is disabled: enable it first"):
        pause_connection(erp)

    assert Connection.objects.get().status == Connection.Status.DISABLED
