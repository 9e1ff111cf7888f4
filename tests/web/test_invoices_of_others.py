"""Page of an invoice that another system has issued: whose figures it has, and who credits it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from sales.models import Invoice
from tests.factories import Market
from tests.sales.orders_from_elsewhere import SCM, submitted
from tests.sales.test_posted_invoices import invoiced
from web.record_urls import record_url


@pytest.fixture
def invoice(market: Market) -> Invoice:
    """An invoice of one unit, issued by another system."""
    return invoiced(submitted(market, owner=market.rep), "29.99", "6.01")


def test_says_whose_number_and_figures_it_has(rep: Client, invoice: Invoice) -> None:
    page = rep.get(record_url(invoice))

    facts = {fact.label: fact.value for fact in page.context["facts"]}
    assert page.context["heading"] == "SI-1"
    assert facts["Issued by"] == (
        f"“{SCM.connection}”, with its number and its figures: they are changed there"
    )


def test_is_not_credited_here(rep: Client, invoice: Invoice) -> None:
    [credit] = [
        action
        for action in rep.get(record_url(invoice)).context["actions"].all
        if action.label == "Credit note"
    ]

    assert credit.reason == "SI-1 was issued by “scm”: have it credited there."


def test_is_counted_as_any_other(rep: Client, invoice: Invoice) -> None:
    assert invoice.order is not None
    page = rep.get(record_url(invoice.order))

    assert page.status_code == 200
    assert invoice.outstanding == Decimal("36.00")
