"""What people do with handoffs that are stuck, and the story they read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pgtrigger
import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from common.errors import IllegalTransition
from crm import roles
from crm.models import User
from fulfilment.models import Discrepancy, ExternalRef, Handoff, Lane, Payload
from fulfilment.monitoring.integration_log import entries_for
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import (
    replay_all,
    replay_handoff,
    sent_between,
    settle_handoff,
    skip_handoff,
    stuck_like,
)
from fulfilment.outbound.leases import claim
from fulfilment.outbound.payload_diff import preview_replay
from fulfilment.services.discrepancies import (
    AlreadyResolved,
    ReasonMissing,
    resolve_discrepancy,
)
from sales.models import Invoice, Order, PaymentTerms
from sales.services.integrity.verification import verify
from sales.services.invoices import record_payment
from sales.services.orders import hold_order
from tests.database_assertions import sql
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd, event, make_due, send, shipment_event, submitted_order

State = Handoff.State


@pytest.fixture
def clerk(db: None) -> User:
    clerk: User = UserFactory.create(role=roles.BACK_OFFICE, first_name="Ada", last_name="Ruiz")
    return clerk


def refuse(warehouse: FarEnd, times: int = 6, body: str = '{"detail": "Unknown SKU AX-9"}') -> None:
    for _ in range(times):
        warehouse.will_answer(422, body)
    for _ in range(times):
        drain()
        make_due()


@pytest.fixture
def stuck(order: Order, market: Market, warehouse: FarEnd) -> Handoff:
    """A refused handoff, with a second one of the same order behind it."""
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    refuse(warehouse)
    return Handoff.objects.get(state=State.NEEDS_ATTENTION)


def test_a_replay_sends_the_same_bytes_again_and_frees_the_lane(
    stuck: Handoff, warehouse: FarEnd, clerk: User
) -> None:
    replay_handoff(stuck.pk, actor=clerk)
    drain()

    bodies = [request.get_data() for request in warehouse.received]
    assert len(bodies) == 8
    assert len(set(bodies[:7])) == 1
    assert set(Handoff.objects.values_list("state", flat=True)) == {State.ACCEPTED}
    stuck.refresh_from_db()
    assert stuck.resolution == f"Replayed by {clerk}"
    assert Lane.objects.get().pending == 0


def test_a_second_press_is_refused(stuck: Handoff, clerk: User) -> None:
    replay_handoff(stuck.pk, actor=clerk)

    with pytest.raises(IllegalTransition, match="is queued already"):
        replay_handoff(stuck.pk, actor=clerk)

    assert Lane.objects.get().pending == 2


def test_replays_what_was_accepted_too(order: Order, warehouse: FarEnd, clerk: User) -> None:
    drain()
    [handoff] = Handoff.objects.all()

    replay_handoff(handoff.pk, actor=clerk)
    drain()

    first, second = warehouse.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Lane.objects.get().pending == 0


def test_refuses_while_it_is_being_sent(order: Order, warehouse: FarEnd, clerk: User) -> None:
    claim(64)

    with pytest.raises(IllegalTransition, match="being sent at this moment"):
        skip_handoff(Handoff.objects.get().pk, actor=clerk, reason="No")

    assert Handoff.objects.get().state == State.SENDING


def test_a_skipped_handoff_is_never_sent_and_the_next_one_is(
    stuck: Handoff, warehouse: FarEnd, clerk: User
) -> None:
    skip_handoff(stuck.pk, actor=clerk, reason="They have it by phone")
    drain()

    assert [e["type"].rpartition(".")[2] for e in warehouse.events[6:]] == ["held"]
    stuck.refresh_from_db()
    assert stuck.state == State.SKIPPED
    assert stuck.resolution == f"Skipped by {clerk}: They have it by phone"


def test_a_reason_is_asked_for(stuck: Handoff, clerk: User) -> None:
    for deed in (skip_handoff, settle_handoff):
        with pytest.raises(ReasonMissing):
            deed(stuck.pk, actor=clerk, reason="  ")

    stuck.refresh_from_db()
    assert stuck.state == State.NEEDS_ATTENTION


def test_what_was_handled_outside_keeps_the_reference(
    stuck: Handoff, order: Order, clerk: User
) -> None:
    settle_handoff(stuck.pk, actor=clerk, reason="Entered by hand", reference="WH-77")

    stuck.refresh_from_db()
    assert (stuck.state, stuck.reference) == (State.ACCEPTED, "WH-77")
    assert ExternalRef.objects.get(record_id=order.pk).external_id == "WH-77"


def test_replays_a_whole_group_by_its_cause(market: Market, warehouse: FarEnd, clerk: User) -> None:
    for _ in range(3):
        submitted_order(market)
    refuse(warehouse, 18)
    other = submitted_order(market)
    refuse(warehouse, 6, '{"detail": "Unknown customer"}')
    cause = "Warehouse refused: Unknown SKU AX-9"
    group = stuck_like(warehouse.connection, cause)
    assert group.count() == 3

    assert replay_all(group, actor=clerk) == 3
    drain()

    states = dict(Handoff.objects.values_list("event__subject_number", "state"))
    assert states.pop(other.number or "") == State.NEEDS_ATTENTION
    assert set(states.values()) == {State.ACCEPTED}


def test_a_dry_run_says_what_has_changed_since(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    drain()
    window = sent_between(
        warehouse.connection,
        timezone.now() - dt.timedelta(hours=1),
        timezone.now() + dt.timedelta(seconds=1),
    )
    assert [each.changed for each in preview_replay(window)] == [[]]
    body = Payload.objects.get().body

    hold_order(order.pk, actor=market.rep, reason="Credit check")

    first = next(iter(preview_replay(window)))
    assert first.event == f"Order submitted {order.number}"
    assert [(each.path, each.then, each.now) for each in first.changed] == [
        ("order.version", "3", "4"),
        ("order.is_on_hold", "false", "true"),
    ]
    assert Payload.objects.order_by("id")[0].body == body
    assert len(warehouse.received) == 1


def test_a_dry_run_asks_as_little_for_many_as_for_one(market: Market, warehouse: FarEnd) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            previews = list(preview_replay(Handoff.objects.order_by("id")))
        assert [bool(each.changed) for each in previews[::2]] == [True] * (len(previews) // 2)
        return len(asked)

    def submit_and_hold() -> None:
        hold_order(submitted_order(market, "4", "1").pk, actor=market.rep, reason="Credit check")

    submit_and_hold()
    for_one = statements()
    for _ in range(4):
        submit_and_hold()

    assert statements() == for_one


def test_a_dry_run_compares_an_invoice_as_it_was_told(market: Market, erp: FarEnd) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    market.payment_terms.save()
    submitted_order(market, "1")
    invoice = Invoice.objects.get()

    record_payment(
        invoice.pk, actor=market.rep, amount=Decimal(20), received_on=dt.date(2026, 11, 22)
    )

    issued, paid = preview_replay(Handoff.objects.order_by("id"))
    assert [(each.path, each.then, each.now) for each in issued.changed] == [
        ("invoice.version", "2", "3"),
        ("invoice.status", "issued", "partly_paid"),
        ("invoice.paid", "0.00 EUR", "20.00 EUR"),
    ]
    assert paid.changed == []


def test_verify_names_a_message_that_was_tampered_with(order: Order, warehouse: FarEnd) -> None:
    assert found_by_verify() == []

    with pgtrigger.ignore():
        sql("UPDATE fulfilment_payload SET body = replace(body, 'submitted', 'cancelled')")

    [difference] = found_by_verify()
    assert difference.startswith(f"{order.number}, order.submitted: message sent is ")


def found_by_verify() -> list[str]:
    return [str(difference) for found in verify().values() for difference in found]


def test_a_difference_is_decided_once_and_with_a_reason(
    order: Order, warehouse: FarEnd, clerk: User
) -> None:
    send(shipment_event(order, "WH-1", "shipped", "11"))
    difference = Discrepancy.objects.get()
    with pytest.raises(ReasonMissing):
        resolve_discrepancy(difference, actor=clerk, reason="")

    resolve_discrepancy(difference, actor=clerk, reason="They counted a sample")

    with pytest.raises(AlreadyResolved):
        resolve_discrepancy(difference, actor=clerk, reason="Again")
    difference.refresh_from_db()
    assert difference.resolution == f"{clerk}: They counted a sample"


def test_the_story_is_told_in_plain_words(order: Order, market: Market, warehouse: FarEnd) -> None:
    for _ in range(3):
        warehouse.will_answer(500)
    for _ in range(4):
        drain()
        make_due()
    send(event("warehouse.order.status", {"order": order.number, "status": "packed"}))
    send(
        event(
            "warehouse.order.status",
            {"order": order.number, "status": "accepted"},
            sequence="0" * 20,
        )
    )
    send(shipment_event(order, "WH-1", "shipped", "4"))
    send(shipment_event(order, "WH-2", "shipped", "7"))
    hold_order(order.pk, actor=market.rep, reason="Credit check")

    n = order.number
    too_much = "Espresso machine: 11 shipped in all, but only 10 are ordered."
    assert [str(entry) for entry in entries_for(order)] == [
        f"Order submitted {n}: Warehouse is not available (500). (3 times)",
        f"Warehouse took “Order submitted {n}” as REF-000001.",
        f"Warehouse says {n} is packed.",
        f"Warehouse says {n} is accepted. A late report, only noted.",
        "Warehouse says WH-1 is shipped (DHL TRACK-WH-1).",
        f"Warehouse says WH-2 is shipped (DHL TRACK-WH-2). {too_much}",
        "Quantity differs: ours 10, Warehouse has 11.",
        f"“Order put on hold {n}” waits to be sent to Warehouse.",
    ]
    drawn = Template("{% load fulfilment_pages %}{% story order %}").render(
        Context({"order": order})
    )
    told = [escape(str(entry)) for entry in reversed(entries_for(order))]
    places = [drawn.index(f">{words}<") for words in told]
    assert places == sorted(places)


def test_a_long_story_costs_as_many_statements_as_a_short_one(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    counts = []
    for number in range(3):
        drain()
        send(shipment_event(order, f"WH-{number}", "shipped", "1"))
        with CaptureQueriesContext(connection) as captured:
            entries_for(order)
        counts.append(len(captured))

    assert counts[0] == counts[2]


ADMIN_PAGES = ["connection", "handoff", "inboundmessage", "discrepancy", "shipment"]


def test_the_admin_shows_the_machinery_and_replays(
    stuck: Handoff, order: Order, warehouse: FarEnd, admin_client: Client
) -> None:
    send(shipment_event(order, "WH-1", "shipped", "11"))
    for page in ADMIN_PAGES:
        assert admin_client.get(f"/admin/fulfilment/{page}/").status_code == 200
        assert admin_client.get(f"/admin/fulfilment/{page}/?q=x").status_code == 200
    shown = admin_client.get(f"/admin/fulfilment/handoff/{stuck.pk}/change/")
    assert "Unknown SKU AX-9" in shown.content.decode()
    form = {"action": "replay", "_selected_action": [str(stuck.pk)]}

    admin_client.post("/admin/fulfilment/handoff/", form)

    stuck.refresh_from_db()
    assert stuck.state == State.QUEUED
    kept = admin_client.post(f"/admin/fulfilment/handoff/{stuck.pk}/delete/", {"post": "yes"})
    assert kept.status_code == 403


def test_a_rep_does_not_get_into_the_machinery(order: Order, market: Market) -> None:
    client = Client()
    client.force_login(market.rep)
    for page in ADMIN_PAGES:
        assert client.get(f"/admin/fulfilment/{page}/").status_code in {302, 403}
