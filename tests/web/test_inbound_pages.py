"""Reports that need a person, on the list of handoffs and on the pages of order and invoice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from crm import roles
from crm.models import User
from fulfilment.inbound.deferral import retry_deferred
from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Invoice, Order
from sales.services.change_orders import Changes, change_order
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd, event, shipment_event, submitted_order
from tests.fulfilment.messages import paid, receive_from, returned, status_event, stop_reporting
from web.record_urls import record_url

HANDOFFS = "/handoffs/"


@pytest.fixture
def clerk(clerk: User, client: Client) -> User:
    """A user of the back office, signed in."""
    client.force_login(clerk)
    return clerk


def undecided(client: Client, url: str) -> str:
    """The card of what is undecided on a page; empty if there is none."""
    page = client.get(url).content.decode()
    if 'id="undecided"' not in page:
        return ""
    return page.split('id="undecided"')[1].split("</section>")[0]


def test_shows_cause_owner_and_age_on_the_handoffs_and_the_order(
    order: Order, market: Market, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    three_hours = timezone.now() - dt.timedelta(hours=3)
    InboundMessage.objects.update(received_at=three_hours)
    Discrepancy.objects.update(opened_at=three_hours)

    for url in (HANDOFFS, record_url(order)):
        card = undecided(client, url)
        assert "Espresso machine: 12 shipped in all, but only 10 are ordered." in card
        assert "Espresso machine: ours 10, Warehouse 12 (+2)" in card
        assert card.count("3 hours ago") == 2
        assert card.count(str(market.rep)) == 2


def test_one_connection_does_not_hide_what_another_reported(
    order: Order, market: Market, warehouse: FarEnd, erp: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(erp, shipment_event(order, "FOREIGN", "shipped", "1"))
    for number in range(25):
        receive_from(warehouse, returned(submitted_order(market), f"R-{number}", "1"))
    alerts = [each.url for each in client.get(HANDOFFS).context["alerts"] if "=erp" in each.url]

    first, all_of_them = undecided(client, HANDOFFS), undecided(client, f"{HANDOFFS}?reports=all")

    assert [first.count("R-"), "FOREIGN" in first] == [20, False]
    assert 'href="?reports=all#undecided"' in first
    assert [all_of_them.count("R-"), "FOREIGN" in all_of_them] == [25, True]
    assert alerts == ["/handoffs/?connection=erp&reports=all#undecided"]
    assert "FOREIGN" in undecided(client, alerts[0])
    assert "R-" not in undecided(client, alerts[0])


def test_shows_a_payment_that_was_not_recorded_on_the_invoice(
    invoice: Invoice, erp: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(erp, paid(invoice, "SI-1", "0.00"))

    card = undecided(client, record_url(invoice))

    assert f"PAY-{invoice.number}: ours 0, ERP 0" in card
    assert "Enter an amount above zero." in card


def test_says_nothing_when_nothing_is_undecided(
    order: Order, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "4"))

    assert undecided(client, HANDOFFS) == ""
    assert undecided(client, record_url(order)) == ""


def test_applies_a_message_again_with_one_click(
    order: Order, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    stored = InboundMessage.objects.get()
    page = client.get(record_url(stored)).content.decode()
    assert f'action="/messages/{stored.pk}/apply/"' in page
    raised = Changes(lines={order.lines.get().pk: {"quantity": Decimal(12)}})
    change_order(order.pk, raised, actor=clerk, reason="They need more")

    client.post(f"/messages/{stored.pk}/apply/")

    stored.refresh_from_db()
    assert (stored.result, order.lines.get().shipped_quantity) == ("applied", 12)


def test_says_why_a_message_is_still_not_applied(
    order: Order, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    stop_reporting(warehouse)
    receive_from(warehouse, returned(order, "WH-R1", "3"))
    stored = InboundMessage.objects.latest("id")

    answer = client.post(f"/messages/{stored.pk}/apply/", follow=True)

    assert "may not report warehouse.return.received" in answer.content.decode()
    stored.refresh_from_db()
    assert stored.is_open


def test_sets_a_message_aside_and_decides_a_discrepancy(
    order: Order, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    stored, found = InboundMessage.objects.get(), Discrepancy.objects.get()

    client.post(f"/messages/{stored.pk}/set-aside/", {"reason": "A sample"})
    client.post(f"/discrepancies/{found.pk}/decide/", {"reason": "They counted a sample"})

    stored.refresh_from_db()
    found.refresh_from_db()
    assert stored.display_resolution == f"{clerk}: A sample"
    assert found.decision == f"{clerk}: They counted a sample"
    assert undecided(client, HANDOFFS) == ""
    assert "They counted a sample" in client.get(record_url(found)).content.decode()


def test_shows_what_a_connection_may_not_report_on_the_document_that_it_names(
    order: Order, market: Market, erp: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(erp, shipment_event(order, "FOREIGN", "shipped", "1"))

    for url in (HANDOFFS, record_url(order)):
        card = undecided(client, url)
        assert "ERP may not report warehouse.shipment.reported" in card
        assert "ERP reported FOREIGN as shipped" in card
        assert str(market.rep) in card
        assert "/apply/" in card
        assert "/set-aside/" in card


def test_shows_what_waits_for_its_document_with_owner_age_and_actions(
    warehouse: FarEnd, market: Market, clerk: User, client: Client
) -> None:
    unknown = status_event(Order(number="ORD-77"))
    assert receive_from(warehouse, unknown) == "deferred"
    InboundMessage.objects.update(received_at=timezone.now() - dt.timedelta(hours=3))
    stored = InboundMessage.objects.get()

    card = undecided(client, HANDOFFS)
    [alert] = [each for each in client.get(HANDOFFS).context["alerts"] if "document" in each.text]

    assert "ORD-77 is not known here yet." in card
    assert "Back office" in card
    assert "3 hours ago" in card
    assert f'action="/messages/{stored.pk}/apply/"' in card
    assert alert.url == "/handoffs/?connection=warehouse&reports=all#undecided"
    assert "ORD-77" in undecided(client, alert.url)
    answered = client.post(f"/messages/{stored.pk}/apply/", follow=True).content.decode()
    assert "ORD-77 is not known here yet." in answered
    client.post(f"/messages/{stored.pk}/set-aside/", {"reason": "A test of theirs"})
    assert undecided(client, HANDOFFS) == ""
    retry_deferred()
    stored.refresh_from_db()
    assert (stored.result, stored.is_waiting) == ("deferred", False)


def test_shows_on_a_document_what_named_it_before_it_was_there(
    order: Order, market: Market, warehouse: FarEnd, client: Client
) -> None:
    receive_from(warehouse, status_event(Order(number="ORD-77")))
    InboundMessage.objects.update(result="quarantined", subject=order.number, give_up_at=None)
    stored = InboundMessage.objects.get()
    client.force_login(market.rep)

    card = undecided(client, record_url(order))

    assert record_url(stored) in card
    assert str(market.rep) in card
    assert record_url(stored) in undecided(client, HANDOFFS)
    assert str(order) in client.get(record_url(stored)).content.decode()


def test_tells_two_reports_with_one_cause_apart(
    order: Order, erp: FarEnd, clerk: User, client: Client
) -> None:
    messages = [shipment_event(order, f"F-{number}", "shipped", "1") for number in range(2)]
    for message in messages:
        receive_from(erp, message)

    for url in (HANDOFFS, record_url(order)):
        card = undecided(client, url)
        for number, message in enumerate(messages):
            assert f"ERP reported F-{number} as shipped" in card
            assert message["id"] in card
            assert f"sequence {int(message['sequence'])}" in card


def test_names_the_report_and_the_rule_of_a_discrepancy(
    order: Order, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    message = shipment_event(order, "WH-1", "shipped", "12")
    receive_from(warehouse, message)
    found = Discrepancy.objects.get()

    page = client.get(record_url(found)).content.decode()
    card = undecided(client, record_url(order))

    assert "12 shipped in all, but only 10 are ordered." in page
    assert message["id"] in page
    assert record_url(InboundMessage.objects.get()) in page
    assert "Warehouse reported WH-1 as shipped" in page
    assert card.count(message["id"]) >= 2
    assert f"/discrepancies/{found.pk}/decide/" in card


def test_shows_an_overpayment_on_invoice_order_and_handoffs(
    invoice: Invoice, erp: FarEnd, clerk: User, client: Client
) -> None:
    receive_from(erp, paid(invoice, "SI-1", "150.00"))
    assert invoice.order is not None

    for url in (HANDOFFS, record_url(invoice), record_url(invoice.order)):
        card = undecided(client, url)
        assert f"{invoice}: ours 120, ERP 150 (+30)" in card
        assert "€30.00 became customer credit." in card


def test_shows_a_rep_only_what_is_about_their_documents(
    order: Order, market: Market, warehouse: FarEnd, client: Client
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    receive_from(warehouse, event("warehouse.order.status", {"order": "X", "status": "accepted"}))
    InboundMessage.objects.filter(subject="X").update(result="quarantined", detail="Lost")
    about_order = InboundMessage.objects.get(root_id=order.pk)
    client.force_login(market.rep)

    card = undecided(client, HANDOFFS)

    assert "12 shipped in all" in card
    assert "Lost" not in card
    assert "/apply/" not in client.get(record_url(about_order)).content.decode()
    assert client.post(f"/messages/{about_order.pk}/apply/").status_code == 403
    client.force_login(UserFactory.create(role=roles.SALES_REP))
    assert undecided(client, HANDOFFS) == ""
    assert client.get(record_url(about_order)).status_code == 404
    assert client.get(record_url(Discrepancy.objects.get())).status_code == 404
