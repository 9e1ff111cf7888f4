"""Invoices and credit notes of the supply-chain system: issued, with its numbers and its cents."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Invoice, Order
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.errors import BilledElsewhere
from sales.services.integrity.verification import verify
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import connect_supply, mapped_product
from tests.fulfilment.supply_trading import LINE, SupplyTrading, part


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, which ships and bills, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    market.company.billed_by = market.company.shipped_by = "supply"
    market.company.save()
    return far_end


@pytest.fixture
def theirs(tmp_path: Path) -> SupplyTrading:
    """What its clerk works in."""
    return SupplyTrading(tmp_path)


def hear(supply: FarEnd, theirs: SupplyTrading) -> list[str]:
    """Receive what it reports; returns what was done with each."""
    return [receive_from(supply, message) for message in theirs.messages()]


def figures(invoice: Invoice) -> list[tuple[Any, ...]]:
    lines = invoice.lines.order_by("position")
    return [
        (each.quantity, each.net, each.header_discount, each.tax_rate, each.tax) for each in lines
    ]


def waiting() -> list[str]:
    """Why messages wait."""
    return [message.display_detail for message in InboundMessage.objects.waiting()]


def test_an_invoice_of_theirs_comes_in_issued_with_their_number_and_cents(
    supply: FarEnd, theirs: SupplyTrading, market: Market
) -> None:
    there = theirs.enter(LINE, header_discount="1.00", header_charges="4.90")
    theirs.post(there, "deliver", lines=part(there, _0="2"))
    theirs.post(there, "invoice", lines=part(there, _0="1"))

    assert set(hear(supply, theirs)) == {"applied"}, waiting()

    order, invoice = Order.objects.get(), Invoice.objects.get()
    assert (invoice.number, invoice.origin, invoice.status, invoice.owner) == (
        *("SI-000001", "supply", "issued"),
        order.owner,
    )
    assert figures(invoice) == [
        (1, Decimal("16.67"), Decimal("0.33"), Decimal("0.2"), Decimal("3.27"))
    ]
    assert (invoice.freight, invoice.total) == (Decimal("4.90"), Decimal("24.51"))
    assert invoice.due_on == invoice.issued_on + dt.timedelta(days=30)  # type: ignore[operator]  # it is issued
    line = order.lines.get()
    assert line.invoiced_quantity == 1
    assert line.open_to_bill == 2
    assert (order.billing_status, order.fulfilment_status) == ("partly", "partly_shipped")
    assert not any(verify().values())


def test_parts_of_theirs_make_the_order_and_nothing_is_asked(
    supply: FarEnd, theirs: SupplyTrading
) -> None:
    there = theirs.enter(LINE, header_charges="4.90")
    theirs.post(there, "deliver")
    for _part in range(3):
        theirs.post(there, "invoice", lines=part(there, _0="1"))

    assert set(hear(supply, theirs)) == {"applied"}, waiting()

    order = Order.objects.get()
    assert sum(each.total for each in Invoice.objects.all()) == order.total
    assert (order.status, order.billing_status) == ("completed", "invoiced")
    assert not Discrepancy.objects.exists()
    assert not any(verify().values())


def test_the_same_invoice_under_another_message_is_taken_in_once(
    supply: FarEnd, theirs: SupplyTrading
) -> None:
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "invoice")
    messages = theirs.messages()
    for message in messages:
        receive_from(supply, message)

    receive_from(supply, messages[-1] | {"id": "msg_again"})

    assert Invoice.objects.count() == 1
    assert Order.objects.get().lines.get().invoiced_quantity == 3


@pytest.mark.parametrize(
    ("bill_again", "left", "billing"), [(True, 1, "partly"), (False, 0, "invoiced")]
)
def test_a_credit_note_of_theirs_is_for_good_or_bills_again(
    supply: FarEnd, theirs: SupplyTrading, bill_again: bool, left: int, billing: str
) -> None:
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "invoice")
    theirs.post(there, "credit", lines=part(there, _0="1"), bill_again=bill_again)

    assert set(hear(supply, theirs)) == {"applied"}, waiting()

    order, note = Order.objects.get(), Invoice.objects.get(kind="credit_note")
    line = order.lines.get()
    assert (note.number, note.credits and note.credits.number) == ("SC-000001", "SI-000001")
    assert figures(note) == [(1, Decimal("16.67"), 0, Decimal("0.2"), Decimal("3.33"))]
    assert (line.credited_quantity, line.closed_quantity) == (1, 0 if bill_again else 1)
    assert line.open_to_bill == left
    assert order.billing_status == billing
    assert Invoice.objects.get(kind="invoice").outstanding == Decimal("40.00")
    assert not any(verify().values())


def test_a_returned_unit_is_credited_and_what_is_kept_is_billed(
    supply: FarEnd, theirs: SupplyTrading
) -> None:
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "return", lines=part(there, _0="1"))
    theirs.post(there, "invoice")
    theirs.post(there, "credit")

    assert set(hear(supply, theirs)) == {"applied"}, waiting()

    order = Order.objects.get()
    line = order.lines.get()
    assert (line.invoiced_quantity, line.closed_quantity, line.closed_returned_quantity) == (
        3,
        1,
        1,
    )
    assert (order.status, order.fulfilment_status) == ("completed", "partly_returned")
    assert not Discrepancy.objects.exists()
    assert not any(verify().values())


def test_a_credit_note_may_go_beyond_the_invoice_that_it_names(
    supply: FarEnd, theirs: SupplyTrading
) -> None:
    there = theirs.enter(LINE, header_charges="4.90")
    theirs.post(there, "deliver")
    theirs.post(there, "invoice", lines=part(there, _0="1"))
    theirs.post(there, "invoice", lines=part(there, _0="2"))
    theirs.post(there, "credit", lines=part(there, _0="3"), invoice="SI-000001")

    assert set(hear(supply, theirs)) == {"applied"}, waiting()

    note = Invoice.objects.get(kind="credit_note")
    assert note.total == Order.objects.get().total
    assert [each.quantity for each in note.lines.order_by("position")] == [1, 2]
    assert Order.objects.get().billing_status == "credited"
    assert not any(verify().values())


def test_sums_that_differ_at_the_end_are_named(supply: FarEnd, theirs: SupplyTrading) -> None:
    line = LINE | {"discount": "0", "charge": "0", "quantity": "1", "price": "0.43"}
    there = theirs.enter(*([line] * 4))
    theirs.post(there, "deliver")
    theirs.post(there, "invoice", lines=part(there, _0="1", _1="1"))
    assert set(hear(supply, theirs)) == {"applied"}, waiting()
    assert not Discrepancy.objects.exists()

    theirs.post(there, "invoice")
    hear(supply, theirs)

    found = Discrepancy.objects.get()
    assert (found.kind, found.ours, found.theirs, found.difference) == (
        *("invoice_tax", "0.34", "0.36", "+0.02"),
    )
    assert found.display_rule == (
        "SO-000001 is billed in full by Supply, with tax at 20% of €0.36, not €0.34."
    )
    supply.connection.config = {"tolerance": "0.02"}
    supply.connection.save()
    theirs.edit(there, "edit", customer_reference="PO-2")
    hear(supply, theirs)
    assert not Discrepancy.objects.open().exists()
    assert not any(verify().values())


def test_more_than_is_open_waits_and_is_applied_once_there_is_room(
    supply: FarEnd, theirs: SupplyTrading, market: Market
) -> None:
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "invoice")
    *before, invoice = theirs.messages()
    for message in before:
        receive_from(supply, message)
    order = Order.objects.get()
    more = {**invoice["data"]["invoice"]["lines"][0], "quantity": "4", "invoiced": "4"}
    invoice["data"]["invoice"]["lines"] = [more]

    assert receive_from(supply, invoice) == "quarantined"
    retry_deferred()
    assert waiting() == [
        "Espresso machine: Only 3 of this line are open: enter at most 3 instead of 4."
    ]
    assert not Invoice.objects.exists()

    lines = {order.lines.get().pk: {"quantity": Decimal(4)}}
    change_order(order.pk, Changes(lines=lines), actor=market.rep)
    retry_deferred()

    assert Invoice.objects.get().lines.get().quantity == 4
    assert waiting() == []


def test_an_invoice_waits_for_its_order(supply: FarEnd, theirs: SupplyTrading) -> None:
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "invoice")
    theirs.post(there, "credit", lines=part(there, _0="1"))

    results = [receive_from(supply, message) for message in reversed(theirs.messages())]

    assert results[0] == "deferred"
    for _round in range(2):
        retry_deferred()
    assert set(Invoice.objects.values_list("number", flat=True)) == {"SC-000001", "SI-000001"}
    assert not any(verify().values())


def test_an_invoice_without_an_order_waits_for_a_person(
    supply: FarEnd, theirs: SupplyTrading
) -> None:
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "invoice")
    message = theirs.messages()[-1]
    message["data"]["order"] = None

    assert receive_from(supply, message) == "quarantined"

    assert waiting() == [
        "SI-000001 is about no order: have it posted for one in Supply, or set this message aside."
    ]


def test_figures_that_do_not_add_up_are_refused(supply: FarEnd, theirs: SupplyTrading) -> None:
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "invoice")
    *before, invoice = theirs.messages()
    for message in before:
        receive_from(supply, message)
    invoice["data"]["invoice"]["totals"]["total"] = "61.00"

    assert receive_from(supply, invoice) == "quarantined"

    assert waiting() == [
        (
            "The lines and freight of SI-000001 come to €60.00, not to its total of €61.00: "
            "correct it there, and send it again."
        )
    ]
    assert not Invoice.objects.exists()


def test_nobody_here_credits_an_invoice_of_theirs(
    supply: FarEnd, theirs: SupplyTrading, market: Market
) -> None:
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "invoice")
    hear(supply, theirs)
    market.company.billed_by = ""
    market.company.save()

    with pytest.raises(BilledElsewhere, match="was issued by “supply”"):
        credit_invoice(Invoice.objects.get().pk, actor=market.rep, reason="Ours")

    assert Invoice.objects.count() == 1
