"""Inbox: each message is stored and applied once, and a late one not at all."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import close_old_connections, connection

from fulfilment.connectors.base import Record
from fulfilment.inbound.deferral import retry_deferred
from fulfilment.inbound.documents import Effect
from fulfilment.inbound.effects import EFFECTS
from fulfilment.inbound.intake import receive
from fulfilment.inbound.schemas import parse_message
from fulfilment.models import Handoff, InboundMessage
from fulfilment.outbound.drain import drain
from sales.models import Order, SalesEvent
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, event, shipment_event, submitted_order
from tests.fulfilment.messages import paid, posted, receive_from, status_event
from tests.sales.order_steps import billed


def test_stores_a_late_report_as_stale_without_applying_it(order: Order, warehouse: FarEnd) -> None:
    early, late = status_event(order, "accepted"), status_event(order, "packed")
    receive_from(warehouse, late)
    version = Order.objects.get().version

    assert receive_from(warehouse, early) == "stale"

    order.refresh_from_db()
    assert (order.processing_status, order.version) == ("packed", version)
    assert set(InboundMessage.objects.values_list("result", flat=True)) == {"applied", "stale"}


def test_confirms_the_handoff_of_a_reported_document(order: Order, warehouse: FarEnd) -> None:
    drain()
    receive_from(warehouse, status_event(order))

    assert Handoff.objects.get().state == Handoff.State.CONFIRMED


def states(order: Order) -> list[tuple[int, str]]:
    """Each version of an order that was sent, and what became of it."""
    handoffs = Handoff.objects.filter(event__subject_id=order.pk).order_by("position")
    return list(handoffs.values_list("event__subject_version", "state"))


def changed_and_sent(order: Order, market: Market) -> None:
    """Hold an order, release it, and send both."""
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    release_order(order.pk, actor=market.rep)
    drain()
    order.refresh_from_db()


def test_confirms_only_the_versions_that_a_message_knows(market: Market, httpserver: Any) -> None:
    far_end = connect(httpserver, "warehouse", ["order.submitted", "order.held", "order.released"])
    order = submitted_order(market)
    first = order.version
    drain()
    changed_and_sent(order, market)

    receive_from(far_end, status_event(order, knows=f"{first + 1:020d}"))
    assert states(order) == [
        (first, "confirmed"),
        (first + 1, "confirmed"),
        (first + 2, "accepted"),
    ]
    receive_from(far_end, status_event(order, "packed", knows="9" * 20))
    assert [state for _version, state in states(order)] == ["confirmed"] * 3


def test_confirms_nothing_for_who_knows_no_version(order: Order, warehouse: FarEnd) -> None:
    drain()

    receive_from(warehouse, status_event(order, knows="0"))

    assert Handoff.objects.get().state == Handoff.State.ACCEPTED


def test_a_message_that_waited_confirms_nothing_that_was_accepted_after_it_came(
    market: Market, warehouse: FarEnd
) -> None:
    early = {"order": f"O-{market.company.today().year}-00001", "status": "accepted"}
    assert receive_from(warehouse, event("warehouse.order.status", early)) == "deferred"
    order = submitted_order(market)
    drain()

    assert retry_deferred() == 1

    assert InboundMessage.objects.get().result == "applied"
    assert states(order) == [(order.version, "accepted")]


def test_applies_a_report_that_arrives_before_the_answer(order: Order, warehouse: FarEnd) -> None:
    assert receive_from(warehouse, status_event(order)) == "applied"
    drain()

    assert Handoff.objects.get().state == Handoff.State.ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_applies_the_same_message_once_when_it_comes_fifty_times_at_once(httpserver: Any) -> None:
    far_end = connect(httpserver, "warehouse", ["order.submitted"])
    order = submitted_order(Market())
    message = parse_message(shipment_event(order, "WH-1", "shipped", "4"))
    results: list[str] = []
    barrier = threading.Barrier(10)

    def report() -> None:
        barrier.wait()
        results.extend(receive(far_end.connection, message).result for _ in range(5))
        connection.close()

    threads = [threading.Thread(target=report) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()

    assert sorted(results) == ["applied"] + ["duplicate"] * 49
    assert SalesEvent.objects.filter(type="shipment.recorded").count() == 1
    assert order.lines.get().shipped_quantity == 4


def test_records_an_unexpected_failure_on_its_message_and_answers_it(
    order: Order, warehouse: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Effect:
        Order.objects.update(notes="x" * 20_000)
        raise RuntimeError("nul \x00 byte")

    monkeypatch.setitem(EFFECTS, "warehouse.order.status", fail)
    message = status_event(order)

    assert receive_from(warehouse, message) == "quarantined"
    assert receive_from(warehouse, message) == "duplicate"

    stored = InboundMessage.objects.get()
    assert stored.display_detail == (
        "An unexpected error (RuntimeError) kept it from being applied; the log has the details. "
        "Apply it again once that is mended."
    )
    assert Order.objects.get().notes == ""


@pytest.mark.django_db(transaction=True)
def test_records_what_only_the_commit_refuses(
    httpserver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    far_end = connect(httpserver, "warehouse", ["order.submitted"])
    order = submitted_order(Market())

    def change_without_an_event(*_: object) -> Effect:
        Order.objects.filter(pk=order.pk).update(version=order.version + 1)
        return Effect(Record("order", order.pk, order.number or ""), has_changed=True)

    monkeypatch.setitem(EFFECTS, "warehouse.order.status", change_without_an_event)

    assert receive_from(far_end, status_event(order)) == "quarantined"

    version = order.version
    order.refresh_from_db()
    assert order.version == version


@pytest.mark.parametrize("number", [1e20, 18446744073709551616.0, -1e25, 1e308, 1.5])
def test_a_large_number_in_an_unknown_key_holds_up_no_later_report(
    order: Order, market: Market, erp: FarEnd, number: float
) -> None:
    invoice = billed(order, market, what="all")
    first = posted(invoice, "SI-1")
    first["data"]["total_weight"] = number

    assert receive_from(erp, first) == "applied"
    assert receive_from(erp, first) == "duplicate"
    assert receive_from(erp, paid(invoice, "SI-1")) == "applied"
    invoice.refresh_from_db()
    assert invoice.status == "paid"


def test_a_deferred_report_with_a_large_number_is_applied_later(
    order: Order, market: Market, erp: FarEnd
) -> None:
    first = billed(order, market, what="percentage", rate=Decimal("0.5"))
    report = posted(first, "SI-2")
    next_number = str(first.number).replace("00001", "00002")
    report["data"] |= {"invoice": next_number, "total_weight": 1e20}

    assert receive_from(erp, report) == "deferred"
    assert billed(order, market, what="all").number == next_number
    retry_deferred()

    assert InboundMessage.objects.get().result == "applied"
