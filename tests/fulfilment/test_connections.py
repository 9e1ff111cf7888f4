"""Connections: registration, pause and resume, rotation of secrets."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_httpserver import HTTPServer

from common.errors import IllegalTransition
from demo.registration import register_connection
from fulfilment import signing
from fulfilment.models import (
    Attempt,
    Connection,
    Handoff,
    Health,
    InvalidConnection,
    Secret,
)
from fulfilment.outbound.drain import drain
from fulfilment.services.connections import (
    add_secret,
    disable_connection,
    live_secrets,
    pause_connection,
    resume_connection,
    retry_after_repair,
    revoke_old_secrets,
    rotate_secret,
)
from tests.factories import Market
from tests.fulfilment.conftest import (
    SECRET_IN,
    SECRET_OUT,
    FarEnd,
    connect,
    outcomes,
    spoil_secret,
    submitted_order,
)

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
    return register_connection(**({"code": "erp"} | options | changes))


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
        ({"url": "ftp://erp.example/"}, "ftp://erp.example/ does not begin with https://"),
        ({"url": "https://10.1.2.3/"}, "10.1.2.3 is an address written as a number"),
        ({"event_types": ["order.drafted"]}, "order.drafted"),
        ({"payload_version": 2}, "There is no payload version 2"),
        ({"config": []}, "The settings of ERP are “\\[\\]”: write an object"),
        ({"config": {"tolerance": "0.01", "colour": "red"}}, "ERP has no setting “colour”"),
        ({"config": {"tolerance": {"invoice_vat": "0.01"}}}, "ERP names “invoice_vat”"),
        ({"config": {"tolerance": "1e400"}}, "The tolerance of ERP is “1e400”"),
        ({"config": {"tolerance": float("inf")}}, "The tolerance of ERP is “inf”"),
        ({"url": "http://2130706433/"}, "2130706433 is another way to write 127.0.0.1"),
        ({"deadline_seconds": 0}, "greater than or equal to 1"),
        ({"config": {"tolerance": "much"}}, "The tolerance of ERP is “much”"),
        ({"config": {"tolerance": "0.0_1"}}, "The tolerance of ERP is “0.0_1”"),
        ({"secret_in": "whsec_AAAA"}, "whsec_"),
    ],
)
def test_refuses_a_wrong_setting_and_registers_nothing(
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

    with pytest.raises(IllegalTransition, match="ERP is disabled: resume it first"):
        pause_connection(erp)

    assert Connection.objects.get().status == Connection.Status.DISABLED


@pytest.mark.parametrize(
    ("typed", "tolerated"),
    [(None, "0"), ("0.01", "0.01"), (0.01, "0.01"), ({"invoice_tax": "0.02"}, "0.02"), ({}, "0")],
)
def test_tolerates_one_amount_for_all_figures_or_one_for_each(
    typed: object, tolerated: str
) -> None:
    connection = Connection(name="ERP", config={} if typed is None else {"tolerance": typed})

    connection.clean()

    assert connection.tolerance("invoice_tax") == Decimal(tolerated)


@pytest.mark.parametrize("typed", ["a cent", "NaN", "-0.01", "", [1], {"invoice_total": "much"}])
def test_refuses_a_tolerance_that_is_no_amount(typed: object) -> None:
    connection = Connection(name="ERP", config={"tolerance": typed})

    with pytest.raises(ValidationError, match=r"The tolerance of ERP is “.*”: write"):
        connection.clean()


@pytest.mark.django_db
def test_refuses_a_wrong_setting_of_a_connection_that_exists() -> None:
    erp = erp_connection()

    with pytest.raises(InvalidConnection):
        erp_connection(url="https://ada:S3cret@erp.example/")

    erp.refresh_from_db()
    assert erp.url == "https://erp.example/hooks"


def test_others_go_on_while_the_secret_of_one_cannot_be_read(
    market: Market, warehouse: FarEnd, httpserver: HTTPServer
) -> None:
    archive = connect(httpserver, "archive", ["order.submitted"])
    spoil_secret(warehouse.connection, Secret.Purpose.OUTBOUND)
    submitted_order(market)

    drain()

    assert (len(archive.received), len(warehouse.received)) == (1, 0)
    stuck = Handoff.objects.get(lane__connection=warehouse.connection)
    assert (stuck.state, stuck.refusal_count) == (State.RETRYING, 0)
    assert sorted(outcomes()) == [("push", "done"), ("push", "unsigned")]
    health = Health.objects.get(connection=warehouse.connection)
    assert health.display_last_failure.startswith(
        "Warehouse has no secret to sign with that can be read"
    )
    assert health.not_before is not None
    assert health.not_before > timezone.now() + dt.timedelta(minutes=14)
    assert (drain(), len(outcomes())) == (0, 2)

    add_secret(warehouse.connection, Secret.Purpose.OUTBOUND, SECRET_OUT)
    retry_after_repair(warehouse.connection)
    drain()

    assert len(warehouse.received) == 1


def test_others_go_on_while_the_address_of_one_is_wrong(
    market: Market, warehouse: FarEnd, httpserver: HTTPServer
) -> None:
    archive = connect(httpserver, "archive", ["order.submitted"])
    address = "http://ada:S3cret@127.0.0.1/?code=S3cret"
    Connection.objects.filter(code="warehouse").update(url=address)
    submitted_order(market)

    drain()

    assert len(archive.received) == 1
    [wrong] = Attempt.objects.filter(handoff__lane__connection=warehouse.connection)
    assert (wrong.outcome, wrong.url) == ("blocked", "http://127.0.0.1/?…")
    assert wrong.display_detail.startswith("Warehouse: http://127.0.0.1/?… holds a user name")


def test_keeps_what_waits_while_disabled_and_delivers_it_when_resumed(
    market: Market, warehouse: FarEnd
) -> None:
    submitted_order(market)
    before = list(Handoff.objects.values_list("pk", "state", "payload__sha256"))

    assert disable_connection(warehouse.connection) == 1

    assert (drain(), len(warehouse.received)) == (0, 0)
    assert list(Handoff.objects.values_list("pk", "state", "payload__sha256")) == before
    resume_connection(warehouse.connection)
    drain()
    assert len(warehouse.received) == 1
    assert Handoff.objects.get().state == State.ACCEPTED


@pytest.mark.django_db
def test_revokes_old_secrets_at_once(httpserver: HTTPServer) -> None:
    erp, other = erp_connection(), connect(httpserver, "other", [])
    new = rotate_secret(erp, Secret.Purpose.INBOUND)
    rotate_secret(other.connection, Secret.Purpose.INBOUND)

    assert revoke_old_secrets(erp) == 1

    assert live_secrets(erp, Secret.Purpose.INBOUND) == [new]
    assert live_secrets(erp, Secret.Purpose.OUTBOUND) == [SECRET_OUT]
    assert len(live_secrets(other.connection, Secret.Purpose.INBOUND)) == 2
    assert revoke_old_secrets(erp) == 0


def test_signs_with_no_secret_that_was_revoked_or_has_expired(
    market: Market, warehouse: FarEnd
) -> None:
    new = rotate_secret(warehouse.connection, Secret.Purpose.OUTBOUND)
    revoke_old_secrets(warehouse.connection)
    warehouse.will_answer(200, '{"reference": "WH-1"}')
    submitted_order(market)

    drain()

    [request] = warehouse.received
    assert len(request.headers["webhook-signature"].split(" ")) == 1
    assert signing.verify(dict(request.headers), request.get_data(), [new])


@pytest.mark.django_db
def test_never_makes_an_old_secret_valid_for_longer() -> None:
    other = "whsec_YW5vdGhlci1zZWNyZXQtb2YtdGhlLXRlc3RzLW9mLWl0"
    erp = erp_connection()
    rotate_secret(erp, Secret.Purpose.INBOUND)
    soon = timezone.now() + dt.timedelta(minutes=5)
    Secret.objects.filter(expires_at__isnull=False).update(expires_at=soon)

    erp_connection(secret_in=other)

    assert Secret.objects.filter(expires_at=soon).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["person", "Person", "partner", "system", "connection"])
def test_no_code_says_what_kind_of_actor_reported_something(code: str) -> None:
    with pytest.raises(InvalidConnection) as refused:
        erp_connection(code=code)

    assert str(refused.value) == (
        f"“{code}” cannot be the code of a connection: what people, partners and Throughline "
        "itself enter is kept under such names. Choose another code."
    )
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_a_connection_that_has_such_a_code_already_goes_on() -> None:
    Connection.objects.bulk_create([Connection(code="partner", name="P", url="https://p.example")])

    assert Connection.objects.get().problem == ""
