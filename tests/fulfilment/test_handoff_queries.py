from __future__ import annotations

import pytest
from django.db.models import Q
from pytest_httpserver import HTTPServer

from fulfilment.models import Handoff
from sales.models import AnyDocument, Invoice, Order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice, draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import hold_order, submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market
from tests.fulfilment.conftest import INVOICE_EVENTS, ORDER_EVENTS, connect, submitted_order

DOCUMENTS = {
    "quote": ["quote.accepted"],
    "order": [
        "order.submitted",
        "invoice.issued",
        "invoice.issued",
        "invoice.credited",
        "order.held",
    ],
    "invoice of the order": ["invoice.issued", "invoice.credited"],
    "credit note of the order": ["invoice.issued"],
    "invoice without order": ["invoice.issued"],
    "other order": ["order.submitted"],
}
"""Each document with the events that one connection was sent about it, oldest first."""


@pytest.fixture
def documents(market: Market, httpserver: HTTPServer) -> dict[str, AnyDocument]:
    """A sale from its quote to a credit note, and two documents that are not part of it."""
    for code in ("warehouse", "erp"):
        connect(httpserver, code, ["quote.accepted", *ORDER_EVENTS, *INVOICE_EVENTS])
    rep = market.rep
    quote = draft_quote(actor=rep, account=market.account, name="Refit")
    add_line(quote, actor=rep, product=market.product("100.00"))
    order = accept_quote(activate_quote(quote.pk, actor=rep).pk, actor=rep, name="Émile")
    submit_order(order.pk, actor=rep)
    invoice = issue_invoice(invoice_order(order.pk, actor=rep, what="all").pk, actor=rep)
    credit = credit_invoice(invoice.pk, actor=rep, reason="Damaged")
    hold_order(order.pk, actor=rep, reason="Stock take")
    repair = draft_invoice(actor=rep, account=market.account, name="Repair")
    add_line(repair, actor=rep, product=market.product("80.00"))
    return {
        "quote": quote,
        "order": order,
        "invoice of the order": invoice,
        "credit note of the order": credit,
        "invoice without order": issue_invoice(repair.pk, actor=rep),
        "other order": submitted_order(market),
    }


def by_subject_or_lane(document: AnyDocument) -> Q:
    """The condition that `about` replaces; it reads every handoff of a large database."""
    keys = [document.pk]
    if isinstance(document, Order):
        keys += Invoice.objects.filter(order=document).values_list("pk", flat=True)
    return Q(event__subject_id__in=keys) | Q(lane__root_id=document.pk)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_finds_by_lane_or_subject_what_an_or_over_both_finds(
    documents: dict[str, AnyDocument], name: str
) -> None:
    replaced = Handoff.objects.filter(by_subject_or_lane(documents[name]))

    found = Handoff.objects.about(documents[name]).order_by("id")

    assert list(found) == list(replaced.order_by("id"))
    sent = found.filter(lane__connection__code="erp").values_list("event__type", flat=True)
    assert list(sent) == DOCUMENTS[name]
