"""Order of locks: what an operator does to a connection and what others save wait in one order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.db import connection as database
from django.utils import timezone
from pytest_httpserver import HTTPServer

from fulfilment.models import Connection, ExternalRef, Handoff, Health, Lane, Secret
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import replay_all
from fulfilment.services.connections import (
    resume_connection,
    retry_after_repair,
    rotate_secret,
)
from fulfilment.services.duties import assign_duties
from sales.services.orders import hold_order
from tests.deadlocks import somebody_waits
from tests.factories import Market
from tests.fulfilment.conftest import ORDER_EVENTS, FarEnd, connect, submitted_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def far_end(httpserver: HTTPServer, transactional_db: None) -> FarEnd:
    return connect(httpserver, "warehouse", ORDER_EVENTS)


@pytest.fixture
def seller(transactional_db: None) -> Market:
    return Market()


@contextmanager
def meanwhile(action: Callable[[], Any], *, locked: Lane | None) -> Iterator[None]:
    """Go on with a lane locked once an action waits for us, or ended; both come to their end."""
    failed: list[OperationalError] = []

    def run() -> None:
        try:
            with transaction.atomic():
                action()
        except OperationalError as error:
            failed.append(error)
        finally:
            database.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        lock(locked) if locked else lock_health()
        thread.start()
        until = time.monotonic() + 5
        while thread.is_alive() and not somebody_waits() and time.monotonic() < until:
            time.sleep(0.02)
        yield
    thread.join()
    assert failed == []


def lock(lane: Lane) -> None:
    Lane.objects.select_for_update(no_key=True).get(pk=lane.pk)


def lock_health() -> None:
    Health.objects.select_for_update(no_key=True).get()


def two_lanes(seller: Market) -> tuple[Lane, Lane]:
    """Two lanes by their id; the second one is found first, and due first."""
    submitted_order(seller)
    submitted_order(seller)
    first, second = Lane.objects.order_by("pk")
    Lane.objects.filter(pk=first.pk).update(due_at=timezone.now())
    return first, second


@pytest.mark.parametrize(
    "action",
    [
        resume_connection,
        retry_after_repair,
        lambda each: rotate_secret(each, Secret.Purpose.INBOUND),
    ],
    ids=["resume", "repair", "rotate"],
)
def test_lanes_are_locked_by_their_id(
    seller: Market, far_end: FarEnd, action: Callable[[Connection], Any]
) -> None:
    first, second = two_lanes(seller)

    with meanwhile(lambda: action(far_end.connection), locked=first):
        lock(second)


def test_a_group_is_sent_again_lane_after_lane(seller: Market, far_end: FarEnd) -> None:
    first, second = two_lanes(seller)
    hold_order(first.root_id, actor=seller.rep, reason="Credit check")
    drain()
    later = Handoff.objects.filter(lane=first).order_by("id")[1:].values("pk")
    group = Handoff.objects.filter(pk__in=[*later.values_list("pk", flat=True)])
    group |= Handoff.objects.filter(lane=second)

    with meanwhile(lambda: replay_all(group.order_by("id"), actor=seller.rep), locked=first):
        lock(second)


def test_a_save_that_refers_to_the_connection_does_not_wait(
    seller: Market, far_end: FarEnd
) -> None:
    lane, _other = two_lanes(seller)

    with meanwhile(lambda: resume_connection(far_end.connection), locked=lane):
        ExternalRef.objects.create(
            connection=far_end.connection,
            record_type="order",
            record_id=lane.root_id,
            external_id="W-1",
        )


def test_the_health_of_a_connection_is_locked_before_it(seller: Market, far_end: FarEnd) -> None:
    two_lanes(seller)

    with meanwhile(lambda: resume_connection(far_end.connection), locked=None):
        Connection.objects.update(status=Connection.Status.AUTH_FAILED)


def test_a_save_of_a_company_document_does_not_wait_for_its_duties(
    seller: Market, far_end: FarEnd
) -> None:
    lane, _other = two_lanes(seller)

    def save() -> None:
        assign_duties(far_end.connection, ships=[], bills=[])
        retry_after_repair(far_end.connection)

    with meanwhile(save, locked=lane), database.cursor() as cursor:
        cursor.execute("SELECT FROM sales_company FOR KEY SHARE")
