"""Ends of reports in any order of arrival: which values count, and what is named for a person."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from fulfilment.models import InboundMessage
from sales.models import Invoice
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order
from tests.fulfilment.invoice_reports import (
    corrected,
    reports_of_a_corrected_payment,
    reports_of_a_reversal_of_what_was_paid_twice,
    reports_of_other_numbers,
)
from tests.fulfilment.messages import posted
from tests.fulfilment.test_message_order import (
    reports_of_a_shipment,
    reports_of_too_much,
    send_all,
    state_of_invoice,
    state_of_order,
)


def test_an_order_ends_as_its_reports_say(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market, "10", "3")
    send_all(warehouse, reports_of_a_shipment(order), (4, 1, 0, 3, 2))

    end = state_of_order(order)

    assert end["lines"] == [(6, 0, 0, 0), (1, 0, 0, 0)]
    assert end["statuses"] == ("submitted", "partly_shipped", "part shipped")
    [shipment] = end["shipments"]
    assert shipment[2:5] == ("shipped", "UPS", "1Z999")


def test_what_fits_is_recorded_and_every_line_is_named(market: Market, warehouse: FarEnd) -> None:
    order = submitted_order(market, "10", "3")
    send_all(warehouse, reports_of_too_much(order), (0, 1, 2, 3))

    end = state_of_order(order)

    assert end["lines"] == [(10, 4, 0, 0), (3, 3, 0, 0)]
    assert end["discrepancies"] == [
        ("failed", "WH-3", "", "–", "failed", "report 3"),
        ("quantity", "", "a line", "10", "12", "report 2"),
        ("quantity", "", "a line", "3", "4", "report 2"),
        ("quantity", "WH-2", "0199f3c1-0000-7000-8000-000000000000", "0", "1", "report 0"),
    ]


def test_an_invoice_ends_as_its_reports_say(invoice: Invoice, erp: FarEnd) -> None:
    send_all(erp, reports_of_a_corrected_payment(invoice), (3, 1, 0, 4, 2))

    end = state_of_invoice(invoice)

    assert end["status"] == ("partly_paid", Decimal(33), Decimal(0), Decimal(87))
    assert end["payments"] == {"PAY-number": Decimal(33)}
    assert end["official"][:2] == ("number-SI1", "part paid")
    assert end["discrepancies"] == [("payment", "CB-2", "PAY-number", "-7", "-9", "report 4")]


@pytest.mark.parametrize("arrival", [(0, 1, 2, 3), (0, 3, 2, 1), (2, 3, 1, 0)])
def test_a_reversed_payment_leaves_no_credit(
    invoice: Invoice, erp: FarEnd, arrival: tuple[int, ...]
) -> None:
    send_all(erp, reports_of_a_reversal_of_what_was_paid_twice(invoice), arrival)

    end = state_of_invoice(invoice)

    assert end["status"] == ("paid", Decimal(120), Decimal(0), Decimal(0))
    assert end["surplus"] == (0, 0, 0)
    assert end["discrepancies"] == []
    assert Invoice.objects.get(pk=invoice.pk).official_status == "paid"


def test_the_latest_number_is_shown_and_the_other_one_named(invoice: Invoice, erp: FarEnd) -> None:
    send_all(erp, reports_of_other_numbers(invoice), (4, 0, 3, 1, 2))

    end = state_of_invoice(invoice)

    assert end["official"][0] == "number-SI2"
    assert end["discrepancies"] == [
        ("invoice_tax", "", "", "20", "19", "report 4"),
        ("reference", "", "official_number", "number-SI2", "number-SI3", "report 3"),
    ]


@pytest.mark.parametrize("arrival", list(itertools.permutations(range(4))))
def test_a_number_that_becomes_free_is_given_to_who_waits_for_it(
    invoice: Invoice, market: Market, erp: FarEnd, arrival: tuple[int, ...]
) -> None:
    """Of one number on two invoices; the first says later that it has another one."""
    other = Invoice.objects.get(order=submitted_order(market, "1"))
    messages = [
        posted(invoice, "X-10"),
        posted(invoice, "X-11"),
        posted(other, "X-11", total="121.00"),
        corrected(posted(invoice, "X-12")),
    ]

    send_all(erp, messages, arrival)

    first, second = state_of_invoice(invoice), state_of_invoice(other)
    assert (first["official"][0], first["discrepancies"]) == ("X-12", [])
    assert (second["official"][0], second["official"][4]) == ("X-11", 121)
    assert second["discrepancies"] == [("invoice_total", "", "", "120", "121", "report 0")]
    assert not InboundMessage.objects.filter(result="conflict", resolved_at=None).exists()


@pytest.mark.parametrize("arrival", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
def test_an_older_number_does_not_give_a_newer_one_free(
    invoice: Invoice, market: Market, erp: FarEnd, arrival: tuple[int, ...]
) -> None:
    other = Invoice.objects.get(order=submitted_order(market, "1"))
    messages = [posted(invoice, "X-10"), posted(invoice, "X-11"), posted(other, "X-11")]

    send_all(erp, messages, arrival)

    assert state_of_invoice(invoice)["official"][0] == "X-11"
    assert state_of_invoice(invoice)["discrepancies"] == [
        ("reference", "", "official_number", "X-11", "X-10", "report 0")
    ]
    assert state_of_invoice(other)["official"][0] == ""
    assert state_of_invoice(other)["discrepancies"] == [
        ("reference", "", "official_number", "", "X-11", "report 0")
    ]
