"""Deadlocks with other transactions: what PostgreSQL ends is run again, once and as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import OperationalError
from django.db import connection as database
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common import transactions
from common.identifiers import uuid7
from crm.admin.users import TeamAdmin, UserAdmin
from crm.models import Team, User
from fulfilment.admin.connections import ConnectionAdmin
from fulfilment.inbound.intake import receive, received_columns
from fulfilment.inbound.schemas import parse_message
from fulfilment.models import Connection, Discrepancy, InboundMessage, Lane
from sales.models import Order, SalesEvent
from sales.services.orders import hold_order
from tests.deadlocks import planted_deadlock
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd, send, shipment_event, submitted_order
from tests.fulfilment.messages import receive_from
from tests.fulfilment.test_connection_admin import add
from tests.sales.admin_pages import address, pressed
from web.form_fields import IDEMPOTENCY_KEY
from web.models import Submission
from web.submissions import CLAIM

pytestmark = pytest.mark.django_db(transaction=True)

BUSY = "Somebody else changes the same documents at this moment. Nothing was changed: try again."
Plant = Callable[[], Any]


@pytest.fixture
def clerk(clerk: User, client: Client) -> User:
    """A user of the back office, signed in."""
    client.force_login(clerk)
    return clerk


@pytest.fixture
def admin(client: Client) -> Client:
    """Somebody who may do everything, signed in."""
    client.force_login(UserFactory.create(is_superuser=True, is_staff=True))
    return client


def locked(model: type[Any], **named: Any) -> Plant:
    return lambda: list(model.objects.select_for_update(of=("self",)).filter(**named))


def claimed(key: uuid.UUID, user: User) -> Plant:
    """Claim the key of a form, as the same form sent at the same moment would."""

    def claim() -> None:
        with database.cursor() as cursor:
            cursor.execute(CLAIM, (key, user.pk, "/", timezone.now()))

    return claim


def waiting_message(order: Order, warehouse: FarEnd) -> InboundMessage:
    """A shipment that did not apply, and would now."""
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "4"))
    InboundMessage.objects.update(result="quarantined")
    return InboundMessage.objects.get()


def messages_of(answer: Any) -> list[str]:
    return [str(each) for each in get_messages(answer.wsgi_request)]


def test_a_message_is_applied_again(
    order: Order, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    stored = waiting_message(order, warehouse)
    form = {IDEMPOTENCY_KEY: str(uuid7())}

    with planted_deadlock(locked(Order), locked(InboundMessage)):
        answer = client.post(f"/messages/{stored.pk}/apply/", form)

    stored.refresh_from_db()
    assert (answer.status_code, stored.result) == (302, "applied")
    assert messages_of(answer) == ["The message is applied."]
    assert Submission.objects.get().messages == [[25, "The message is applied."]]


def test_a_decision_is_recorded_once(
    order: Order, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    opened, key = Discrepancy.objects.get(), uuid7()
    form = {IDEMPOTENCY_KEY: str(key), "reason": "They are right"}

    with planted_deadlock(locked(Discrepancy), claimed(key, clerk)):
        answer = client.post(f"/discrepancies/{opened.pk}/decide/", form)

    opened.refresh_from_db()
    assert (answer.status_code, opened.decided_by) == (302, clerk)
    assert messages_of(answer) == ["The decision is recorded."]


def test_a_message_is_received(order: Order, warehouse: FarEnd) -> None:
    message = parse_message(shipment_event(order, "WH-1", "shipped", "4"))
    ours = warehouse.connection

    def same_message() -> None:
        InboundMessage.objects.create(
            connection=ours, message_id=message.id, result="deferred", **received_columns(message)
        )

    with planted_deadlock(locked(Order), same_message):
        receipt = receive(ours, message)

    assert (receipt.result, order.lines.get().shipped_quantity) == ("applied", 4)


def test_a_message_that_always_fails_is_asked_for_again(
    order: Order, warehouse: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    message = parse_message(shipment_event(order, "WH-1", "shipped", "4"))

    def same_message() -> None:
        InboundMessage.objects.create(
            connection=warehouse.connection,
            message_id=message.id,
            result="deferred",
            **received_columns(message),
        )

    with planted_deadlock(locked(Order), same_message):
        answer = send(message.body)

    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert (answer["Content-Type"], answer.json()["code"], answer.json()["detail"]) == (
        "application/problem+json",
        "busy",
        BUSY,
    )
    assert not InboundMessage.objects.exists()


def test_an_action_of_the_administration_is_done_for_each(
    market: Market, order: Order, admin: Client
) -> None:
    other = submitted_order(market)
    for each in (order, other):
        hold_order(each.pk, actor=market.rep, reason="Credit check")

    with planted_deadlock(locked(Lane, root_id=order.pk), locked(Order, pk=order.pk)):
        answer = admin.post(address(Order), pressed("release", order, other))

    assert answer.status_code == 302
    assert sorted(messages_of(answer)) == sorted(f"{each} is released." for each in (order, other))
    assert SalesEvent.objects.filter(type="order.released").count() == 2


def test_an_action_of_the_administration_says_what_was_not_done(
    market: Market, order: Order, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    with planted_deadlock(locked(Lane), locked(Order)):
        answer = admin.post(address(Order), pressed("release", order))

    order.refresh_from_db()
    assert (answer.status_code, messages_of(answer)) == (302, [f"{order}: {BUSY}"])
    assert order.is_on_hold


@pytest.mark.parametrize("key", ["", str(uuid7())], ids=["without a key", "with a key"])
def test_a_form_that_always_fails_says_so(
    order: Order,
    warehouse: FarEnd,
    clerk: User,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    stored = waiting_message(order, warehouse)

    with planted_deadlock(locked(Order), locked(InboundMessage)):
        answer = client.post(f"/messages/{stored.pk}/apply/", {IDEMPOTENCY_KEY: key})

    stored.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, f"/messages/{stored.pk}/")
    assert messages_of(answer) == [BUSY]
    assert (stored.result, Submission.objects.count()) == ("quarantined", 0)


def test_a_page_of_the_administration_says_that_nothing_was_saved(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object) -> None:
        raise OperationalError from psycopg.errors.DeadlockDetected()

    monkeypatch.setattr(ConnectionAdmin, "save_model", lose)

    answer = add(admin)

    assert (answer.status_code, answer["Location"]) == (303, address(Connection, "add"))
    assert (messages_of(answer), Connection.objects.count()) == ([BUSY], 0)


def test_a_page_of_the_administration_is_saved_again(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = ConnectionAdmin.save_model
    lost: list[Any] = []

    def lose_once(*given: Any) -> None:
        save(*given)
        if not lost:
            lost.append(given)
            raise OperationalError from psycopg.errors.DeadlockDetected()

    monkeypatch.setattr(ConnectionAdmin, "save_model", lose_once)

    add(admin)

    assert (len(lost), Connection.objects.count()) == (1, 1)


@pytest.mark.parametrize("model", [Team, User])
def test_a_record_is_deleted_again(
    admin: Client, monkeypatch: pytest.MonkeyPatch, model: type[Team | User]
) -> None:
    record = UserFactory.create() if model is User else Team.objects.create(name="North")
    delete = TeamAdmin.delete_model
    lost: list[Any] = []

    def lose_once(*given: Any) -> None:
        delete(*given)
        if not lost:
            lost.append(given)
            raise OperationalError from psycopg.errors.DeadlockDetected()

    for pages in (TeamAdmin, UserAdmin):
        monkeypatch.setattr(pages, "delete_model", lose_once)

    admin.post(address(model, "delete", record.pk), {"post": "yes"})

    assert (len(lost), model.objects.filter(pk=record.pk).count()) == (1, 0)


@pytest.mark.parametrize("page", ["add", "password"])
def test_a_user_is_saved_again(admin: Client, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    log = UserAdmin.log_addition if page == "add" else UserAdmin.log_change
    lost: list[Any] = []

    def lose_once(*given: Any) -> Any:
        entry = log(*given)
        if not lost:
            lost.append(given)
            raise OperationalError from psycopg.errors.DeadlockDetected()
        return entry

    monkeypatch.setattr(UserAdmin, log.__name__, lose_once)
    record = UserFactory.create(email="lee@example.com")
    password = {"usable_password": "true", "password1": "Sail-2026!", "password2": "Sail-2026!"}
    url = address(User, "add")
    if page == "password":
        url = reverse("admin:auth_user_password_change", args=[record.pk])

    name = {"email": "kim@example.com", "first_name": "Kim", "last_name": "Lee"}
    answer = admin.post(url, {**name, **password})

    made = User.objects.get(email="kim@example.com") if page == "add" else record
    made.refresh_from_db()
    assert (answer.status_code, len(lost), made.check_password("Sail-2026!")) == (302, 1, True)
    assert User.objects.filter(email="kim@example.com").count() == (page == "add")
    assert LogEntry.objects.filter(object_id=made.pk).count() == 1
