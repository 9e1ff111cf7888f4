"""Webhook endpoints of partners: what the database holds them to, and what resuming does."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.errors import IllegalTransition, StaleVersion
from crm.models import Partner
from fulfilment.models import Connection, DisabledPeriod
from fulfilment.services.connections import (
    disable_connection,
    pause_connection,
    resume_connection,
)
from fulfilment.services.webhook_endpoints import (
    NotVerified,
    change_endpoint,
    lock_endpoint,
    register_endpoint,
    remove_endpoint,
    verify_endpoint,
)

pytestmark = pytest.mark.django_db
Status = Connection.Status
URL = "https://shop.example.com/hooks"


@pytest.fixture
def endpoint() -> Connection:
    """An endpoint that was registered, and not verified."""
    partner = Partner.objects.create(name="Reseller")
    return register_endpoint(partner, url=URL, event_types=["order.held"])[0]


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("connection_of_partner_only_receives", {"reports_as": ["warehouse"]}),
        ("connection_of_partner_only_receives", {"kind": "supply"}),
        ("connection_of_partner_is_verified", {"status": "active"}),
        ("connection_of_partner_is_verified", {"status": "paused"}),
        ("connection_of_partner_is_verified", {"partner": None}),
        ("connection_of_partner_is_verified", {"verified_at": timezone.now()}),
        ("connection_removed_is_disabled", {"removed_at": timezone.now()}),
    ],
)
def test_the_database_refuses_what_no_endpoint_is(
    endpoint: Connection, rule: str, fields: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Connection.objects.filter(pk=endpoint.pk).update(**fields)


def test_is_neither_paused_nor_resumed_before_it_is_verified(endpoint: Connection) -> None:
    for act in (pause_connection, resume_connection):
        with pytest.raises(IllegalTransition, match="is not verified: its partner"):
            act(endpoint)
    disable_connection(endpoint)
    with pytest.raises(IllegalTransition, match="is not verified: its partner"):
        resume_connection(endpoint)

    endpoint.refresh_from_db()
    assert endpoint.status == Status.DISABLED


def test_stays_disabled_once_its_partner_deleted_it(endpoint: Connection) -> None:
    verify_endpoint(endpoint)
    remove_endpoint(endpoint)

    with pytest.raises(IllegalTransition, match="was deleted by its partner: it stays disabled"):
        resume_connection(endpoint)

    assert not endpoint.secrets.filter(expires_at=None).exists()
    assert not DisabledPeriod.objects.exists()


def test_is_not_verified_at_an_address_that_was_changed_meanwhile(endpoint: Connection) -> None:
    with transaction.atomic():
        change_endpoint(lock_endpoint(endpoint.pk), url="https://other.example.com/hooks")

    with pytest.raises(StaleVersion) as refusal:
        verify_endpoint(endpoint)

    assert str(refusal.value) == (
        "The address of Reseller: other.example.com was changed while it was verified: read the "
        "endpoint again, and have its new address verified."
    )
    assert Connection.objects.get().verified_at is None


def test_is_not_verified_once_an_administrator_disabled_it(endpoint: Connection) -> None:
    disable_connection(endpoint)

    with pytest.raises(IllegalTransition) as refusal:
        verify_endpoint(endpoint)

    assert str(refusal.value) == (
        "Reseller: shop.example.com was disabled by an administrator: ask them to resume it."
    )
    assert (refusal.value.code, Connection.objects.get().verified_at) == ("illegal_state", None)


def test_has_no_other_address_than_one_that_answered(endpoint: Connection) -> None:
    verify_endpoint(endpoint)
    other = "https://other.example.com/hooks"

    with pytest.raises(NotVerified), transaction.atomic():
        change_endpoint(lock_endpoint(endpoint.pk), url=other, answered=f"{other}/2")
    with transaction.atomic():
        change_endpoint(lock_endpoint(endpoint.pk), url=other, answered=other)

    changed = Connection.objects.get()
    assert (changed.url, changed.name) == (other, "Reseller: other.example.com")
    assert changed.status == Status.ACTIVE
