"""Texts that workers store: templates with their values, written for whoever reads them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crm.actors import System
from crm.models import User
from fulfilment.inbound.intake import receive
from fulfilment.inbound.message_actions import set_aside
from fulfilment.inbound.schemas import parse_message
from fulfilment.models import Attempt, Discrepancy, Handoff, Health, InboundMessage
from fulfilment.monitoring.alerts import alerts_for
from fulfilment.monitoring.integration_log import read_exchange
from fulfilment.monitoring.metrics import collect_metrics
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import (
    replay_handoff,
    settle_handoff,
    skip_handoff,
    stuck_like,
    stuck_reason,
)
from fulfilment.services.discrepancies import resolve_discrepancy
from sales.models import Invoice, Order
from sales.services.orders import hold_order
from tests.catalogues import use_catalogue
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, event, refuse, shipment_event, submitted_order
from tests.fulfilment.messages import posted, receive_from
from web.pages.handoff_list import causes_among
from web.record_urls import record_url

State = Handoff.State

REFUSED = "%(name)s refused: %(reason)s"
UNAVAILABLE = "%(name)s is not available (%(status)s)."
GERMAN = {
    REFUSED: "%(name)s hat abgelehnt: %(reason)s",
    UNAVAILABLE: "%(name)s antwortet nicht (%(status)s).",
    "Skipped by %(actor)s: %(reason)s": "Übergangen von %(actor)s: %(reason)s",
    "Invoice total differs by %(difference)s.": "Rechnungsbetrag weicht um %(difference)s ab.",
    "on hold": "angehalten",
    "%(actor)s: %(reason)s": "%(actor)s meint: %(reason)s",
}


@pytest.fixture
def in_german(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a German catalogue from now on."""
    use_catalogue(monkeypatch, GERMAN)


@pytest.fixture
def stuck(market: Market, warehouse: FarEnd) -> Handoff:
    """A handoff that the warehouse refused until it needs attention."""
    submitted_order(market)
    refuse(warehouse)
    return Handoff.objects.get(state=State.NEEDS_ATTENTION)


def stored(row: Any, name: str) -> tuple[str, Any]:
    row.refresh_from_db()
    return getattr(row, name), getattr(row, f"{name}_parameters")


def test_stores_the_cause_as_a_template_with_its_values(stuck: Handoff) -> None:
    values = {"name": "Warehouse", "reason": "Unknown SKU AX-9"}

    assert stored(stuck, "cause") == (REFUSED, values)
    assert stuck.display_cause == "Warehouse refused: Unknown SKU AX-9"
    attempts = Attempt.objects.values_list("detail", "detail_parameters")
    assert set(map(str, attempts)) == {str((REFUSED, values))}


def test_stores_why_a_connection_failed_last(order: Order, warehouse: FarEnd) -> None:
    warehouse.will_answer(503)

    drain()

    health = Health.objects.get(connection=warehouse.connection)
    values = {"name": "Warehouse", "status": 503}
    assert stored(health, "last_failure") == (UNAVAILABLE, values)
    assert health.display_last_failure == "Warehouse is not available (503)."


def test_forgets_the_values_of_a_cause_with_the_cause(stuck: Handoff) -> None:
    replay_handoff(stuck.pk, actor=System("Test"))

    drain()

    assert stored(stuck, "cause") == ("", None)
    assert stuck.display_cause == ""


@pytest.mark.usefixtures("in_german")
def test_the_page_of_a_handoff_shows_its_cause_translated(
    stuck: Handoff, clerk: User, client: Client
) -> None:
    client.force_login(clerk)

    page = client.get(f"/handoffs/{stuck.pk}/").text
    listed = client.get("/handoffs/").text

    assert page.count("Warehouse hat abgelehnt: Unknown SKU AX-9") > 2  # and its attempts
    assert "Warehouse hat abgelehnt: Unknown SKU AX-9" in listed
    assert "refused: Unknown" not in page + listed
    assert "%(" not in page + listed


def test_the_log_and_an_alert_are_translated(
    order: Order, warehouse: FarEnd, request: pytest.FixtureRequest
) -> None:
    warehouse.will_answer(503)
    drain()
    Health.objects.update(breaker=Health.Breaker.OPEN)

    request.getfixturevalue("in_german")

    assert any(
        "Warehouse antwortet nicht (503)." in str(each) for each in read_exchange(order).entries
    )
    [alert] = [each for each in alerts_for(collect_metrics()) if each.code == "not_answering"]
    assert alert.text.endswith(": Warehouse antwortet nicht (503).")


@pytest.mark.usefixtures("in_german")
def test_what_a_person_typed_stays_a_value(stuck: Handoff, clerk: User) -> None:
    skip_handoff(stuck.pk, actor=clerk, reason=" 100 % %(actor)s ")

    assert stored(stuck, "resolution") == (
        "Skipped by %(actor)s: %(reason)s",
        {"actor": str(clerk), "reason": "100 % %(actor)s"},
    )
    assert stuck.display_resolution == f"Übergangen von {clerk}: 100 % %(actor)s"


def test_cuts_a_long_reason_and_keeps_the_template(stuck: Handoff, clerk: User) -> None:
    settle_handoff(stuck.pk, actor=clerk, reason="x" * 400)

    assert stored(stuck, "resolution") == (
        "Handled outside by %(actor)s: %(reason)s",
        {"actor": str(clerk), "reason": "x" * 300},
    )


def test_groups_by_the_template_with_its_values(
    stuck: Handoff, market: Market, warehouse: FarEnd, clerk: User
) -> None:
    submitted_order(market)
    refuse(warehouse, detail="Closed")
    before = Handoff.objects.exclude(pk=stuck.pk).get()
    submitted_order(market)
    refuse(warehouse)
    alike = {stuck.pk, Handoff.objects.latest("id").pk}

    causes = causes_among(Handoff.objects.all(), clerk)

    assert [(each.text, each.counted) for each in causes] == [
        ("Warehouse refused: Unknown SKU AX-9", "2 handoffs"),
        ("Warehouse refused: Closed", "1 handoff"),
    ]
    assert {each.pk for each in stuck_like(stuck)} == alike
    cause = "Warehouse refused: Closed"
    assert [each.pk for each in stuck_reason(warehouse.connection, cause)] == [before.pk]
    assert not stuck_reason(warehouse.connection, REFUSED).exists()


def test_shows_a_cause_from_before_as_it_is(stuck: Handoff, warehouse: FarEnd) -> None:
    before = "Warehouse refused: 100 % full"
    Handoff.objects.update(cause=before, cause_parameters=None)
    stuck.refresh_from_db()

    assert stuck.display_cause == before
    assert [each.pk for each in stuck_like(stuck)] == [stuck.pk]
    assert [each.pk for each in stuck_reason(warehouse.connection, before)] == [stuck.pk]


def test_stores_what_became_of_a_message(
    invoice: Invoice, erp: FarEnd, request: pytest.FixtureRequest
) -> None:
    receipt = receive(
        erp.connection, parse_message(posted(invoice, "SI-1", tax="20.01", total="120.01"))
    )

    found = InboundMessage.objects.get()
    tax, total = (
        {
            "template": f"{figure} differs by %(difference)s.",
            "values": {"difference": "+0.01"},
        }
        for figure in ("Invoice tax", "Invoice total")
    )
    assert stored(found, "detail") == ("%(1)s %(2)s", {"1": tax, "2": total})
    english = "Invoice tax differs by +0.01. Invoice total differs by +0.01."
    assert (receipt.detail, found.display_detail) == (english, english)
    request.getfixturevalue("in_german")
    assert found.display_detail == (
        "Invoice tax differs by +0.01. Rechnungsbetrag weicht um +0.01 ab."
    )


def test_shows_a_message_as_it_was_stored_with_a_sentence_of_before(
    invoice: Invoice, erp: FarEnd
) -> None:
    receive(erp.connection, parse_message(posted(invoice, "SI-1", total="120.01")))
    before = {"kind": {"label": "Invoice total differs"}, "difference": "+0.01"}

    InboundMessage.objects.update(detail="%(kind)s by %(difference)s.", detail_parameters=before)

    assert InboundMessage.objects.get().display_detail == "Invoice total differs by +0.01."


def test_repeats_the_answer_to_a_message_that_is_known(order: Order, warehouse: FarEnd) -> None:
    data = {"order": "ORD-7", "status": "packed"}
    message = parse_message(event("warehouse.order.status", data))
    receive(warehouse.connection, message)

    again = receive(warehouse.connection, message)

    assert again.detail == "Waits for its document before. ORD-7 is not known here yet."


def test_stores_our_value_of_a_discrepancy(
    order: Order, warehouse: FarEnd, clerk: User, request: pytest.FixtureRequest
) -> None:
    drain()
    hold_order(order.pk, actor=clerk, reason="Credit check")
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "1"))
    found = Discrepancy.objects.get()

    assert stored(found, "ours") == ("on hold", {})
    assert found.display_ours == "on hold"
    request.getfixturevalue("in_german")
    assert found.display_ours == "angehalten"


def test_stores_what_a_person_decided(
    invoice: Invoice, erp: FarEnd, clerk: User, request: pytest.FixtureRequest
) -> None:
    receive_from(erp, posted(invoice, "SI-1", total="120.01"))
    resolve_discrepancy(Discrepancy.objects.get(), actor=clerk, reason="They round")

    decision = ("%(actor)s: %(reason)s", {"actor": str(clerk), "reason": "They round"})
    assert stored(Discrepancy.objects.get(), "resolution") == decision
    request.getfixturevalue("in_german")
    assert Discrepancy.objects.get().decision == f"{clerk} meint: They round"


@pytest.mark.usefixtures("in_german")
def test_the_page_of_a_message_shows_why_it_was_set_aside_translated(
    order: Order, warehouse: FarEnd, clerk: User, client: Client
) -> None:
    client.force_login(clerk)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "1"))
    InboundMessage.objects.update(result="quarantined")
    found = InboundMessage.objects.get()

    set_aside(found.pk, actor=clerk, reason="A sample")

    assert f"{clerk} meint: A sample" in client.get(record_url(found)).text


@pytest.mark.usefixtures("in_german")
def test_the_admin_shows_each_text_translated(
    order: Order, warehouse: FarEnd, admin_client: Client, clerk: User
) -> None:
    refuse(warehouse)
    stuck = Handoff.objects.get()
    skip_handoff(stuck.pk, actor=clerk, reason="By phone")
    hold_order(order.pk, actor=clerk, reason="Credit check")
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "1"))
    found, message = Discrepancy.objects.get(), InboundMessage.objects.get()
    InboundMessage.objects.update(result="quarantined")
    set_aside(message.pk, actor=clerk, reason="A sample")
    text = {"last_failure": UNAVAILABLE, "last_failure_parameters": {"name": "WMS", "status": 503}}
    Health.objects.update(**text)

    shown = {
        row: admin_client.get(f"/admin/fulfilment/{kind}/{row.pk}/change/").text
        for kind, row in {
            "handoff": stuck,
            "discrepancy": found,
            "inboundmessage": message,
            "connection": warehouse.connection,
        }.items()
    }

    assert shown[stuck].count("Warehouse hat abgelehnt: Unknown SKU AX-9") > 1
    assert f"Übergangen von {clerk}: By phone" in shown[stuck]
    assert "angehalten" in shown[found]
    assert f"{clerk} meint: A sample" in shown[message]
    assert "WMS antwortet nicht (503)." in shown[warehouse.connection]
    assert "%(" not in "".join(shown.values())
    lists = [
        admin_client.get(f"/admin/fulfilment/{kind}/").text
        for kind in ("handoff", "discrepancy", "inboundmessage", "connection")
    ]
    assert "Warehouse hat abgelehnt: Unknown SKU AX-9" in lists[0]
    assert "angehalten" in lists[1]
    assert "WMS antwortet nicht (503)." in lists[3]
    assert "%(" not in "".join(lists)
