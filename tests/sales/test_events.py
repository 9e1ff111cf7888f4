"""Recorded events: which version of which document, in whose name, and because of what."""

from __future__ import annotations

import pytest

from crm.actors import System
from sales.models import SalesEvent
from sales.services.events import caused_by, record_event
from sales.services.order_invoices import invoice_order
from tests.factories import Market
from tests.sales.order_steps import drafted, submitted

Type = SalesEvent.Type


def test_takes_the_document_to_its_next_version_whatever_the_copy_in_memory_says(
    market: Market,
) -> None:
    order = drafted(market, "1")
    order.refresh_from_db()
    stored, order.version = order.version, 1

    event = record_event(Type.ORDER_DRAFT_CHANGED, order, actor=market.rep, data={"changed": []})

    assert event.subject_version == order.version == stored + 1
    order.refresh_from_db()
    assert order.version == stored + 1
    assert event.data == {"changed": []}


def test_names_the_order_as_root_of_what_is_said_about_its_invoice(market: Market) -> None:
    order = submitted(market, "1")
    invoice = invoice_order(order.pk, actor=market.rep, what="all")

    event = SalesEvent.objects.get(subject_id=invoice.pk)

    assert (event.subject_type, event.subject_number, event.subject_version) == ("invoice", "", 1)
    assert (event.root_type, event.root_id) == ("order", order.pk)


def test_names_the_person_or_the_connection_it_came_from(market: Market) -> None:
    order = drafted(market, "1")

    typed = record_event(Type.ORDER_DRAFT_CHANGED, order, actor=market.rep)
    reported = record_event(Type.ORDER_DRAFT_CHANGED, order, actor=System("ERP", connection="erp"))

    assert (typed.actor_kind, typed.actor_id, typed.origin) == ("person", market.rep.pk, "")
    assert typed.actor_name == str(market.rep)
    assert (reported.actor_kind, reported.actor_id, reported.origin) == ("connection", None, "erp")
    assert reported.actor_name == "ERP"


def test_stores_what_caused_it_only_inside_of_the_cause(market: Market) -> None:
    order = drafted(market, "1")

    with caused_by("msg_1", "run_7"):
        inside = record_event(Type.ORDER_DRAFT_CHANGED, order, actor=market.rep)
    with caused_by("msg_2"):
        alone = record_event(Type.ORDER_DRAFT_CHANGED, order, actor=market.rep)
    after = record_event(Type.ORDER_DRAFT_CHANGED, order, actor=market.rep)

    assert [(each.causation_id, each.correlation_id) for each in (inside, alone, after)] == [
        ("msg_1", "run_7"),
        ("msg_2", "msg_2"),
        ("", ""),
    ]


@pytest.mark.django_db(transaction=True)
def test_records_nothing_outside_of_a_transaction() -> None:
    market = Market()
    order = drafted(market, "1")
    count = SalesEvent.objects.count()

    with pytest.raises(RuntimeError, match="inside transaction"):
        record_event(Type.ORDER_DRAFT_CHANGED, order, actor=market.rep)

    assert SalesEvent.objects.count() == count
